import json
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logs.masking.further import SECONDS
from services.logs.masking.kinds import HIDDEN
from services.logs.masking.mask import Masker, mask
from services.logs.masking.of_runbook import masker_of
from services.logs.masking.personal_data import is_luhn, is_my_number
from services.runbook.loader import loads
from tests.services.runbook.small import SYSTEM

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0YXJvIn0.c2lnbmF0dXJl"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("text", "masked", "kind"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "***", "aws-key"),
        (f"aws_secret_access_key = {AWS_SECRET}", "aws_secret_access_key = ***", "token"),
        ("?X-Amz-Signature=9f86d081884c7d65&a=1", "?X-Amz-Signature=***&a=1", "token"),
        (f"jwt {JWT} sent", "jwt *** sent", "token"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "***", "token"),
        ("key AIza" + "Sy0123456789abcdefghijABCDEFGHIJ01", "key ***", "token"),
        ("with sk-" + "proj-0123456789abcdefghijABCDEFGH", "with ***", "token"),
        ("with sk_" + "live_0123456789abcdefghijABCDEFGH", "with ***", "token"),
        ('{"sessionId": "9f86d081884c7d65"}', '{"sessionId": "***"}', "token"),
        ("session_id=9f86d081884c7d65 ok", "session_id=*** ok", "token"),
        ("otp: 493027", "otp: ***", "token"),
        ("password=pa55 host=db", "password=*** host=db", "password"),
        ("パスワード：ひみつ です", "パスワード：*** です", "password"),
        ("login failed, password => hunter2x", "login failed, password => ***", "password"),
        ("concat('password: ', 'hunter2')", "concat('password: ', '***')", "password"),
        ("パスワード: 482913", "パスワード: ***", "password"),
        ("PIN: 4829 user: taro", "PIN: *** user: taro", "password"),
        ("認証コード: 482913 件名: 通知", "認証コード: *** 件名: 通知", "token"),
        ("password: 3days", "password: ***", "password"),
        ('{"password": "a\\"b", "n": 1}', '{"password": "***", "n": 1}', "password"),
        (r'{"body":"{\"pwd\":\"x\",\"n\":1}"}', r'{"body":"{\"pwd\":\"***\",\"n\":1}"}', "password"),
        (r'{"to":"taro\u0040example.jp"}', '{"to":"***"}', "mail"),
        (r"GET /?token\u003dabcdef123 end", r"GET /?token\u003d*** end", "token"),
        ("GET /?next=%2Flogin%3Fpassword%3Dx HTTP", "GET /?next=%2Flogin%3Fpassword%3D*** HTTP", "password"),
        ("q=%7B%22password%22%3A%22x%22%7D end", "q=%7B%22password%22%3A%22***%22%7D end", "password"),
        ("to=%2Fi%3Femail%3Dtaro%40example.com%26a", "to=%2Fi%3Femail%3D***%26a", "mail"),
        ("mail=%22taro@example.com%22", "mail=%22***%22", "mail"),
        ("tel%3D090-8765-4321 end", "tel%3D*** end", "telephone"),
        ("shop%user@example.com", "shop%***", "mail"),
        ("DB_PASS=abc n=1", "DB_PASS=*** n=1", "password"),
        ("dbPass: abc", "dbPass: ***", "password"),
        (r'{"b":"{\"pass\":\"x\"}"}', r'{"b":"{\"pass\":\"***\"}"}', "password"),
        ("postgres://app:hunter2@db:5432/x", "postgres://app:***@db:5432/x", "password"),
        ("ALTER USER app PASSWORD 'it''s';", "ALTER USER app PASSWORD '***';", "password"),
        ("authorization: Bearer abc.def next", "authorization: Bearer *** next", "header"),
        ("sent bearer abcdef1234567 to", "sent bearer *** to", "header"),
        ("Cookie: SESSION=abc; theme=dark", "Cookie: ***", "header"),
        (
            '{"name":"Host","value":"a"},{"name":"Cookie","value":"s=1"}',
            '{"name":"Host","value":"a"},{"name":"Cookie","value":"***"}',
            "header",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----␊MIIE␊-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----",
            "private-key",
        ),
        ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2, "***", "private-key"),
        ("  Bs7Yt0aQ9mR2wLkPzX1c+A==", "  ***", "private-key"),
        ("xoxb-123456789012-abcdef", "***", "slack"),
        ("https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack.com/services/***", "slack"),
        ("宛先 taro.yamada+x@city.example.jp へ", "宛先 *** へ", "mail"),
        ("GET /u?mail=taro%40example.jp&n=1", "GET /u?mail=***&n=1", "mail"),
        ("090-1234-5678", "***", "telephone"),
        ("03-1234-5678 まで", "*** まで", "telephone"),
        ("0422-12-3456", "***", "telephone"),
        ("0120-123-456", "***", "telephone"),
        ("(045) 123-4567", "***", "telephone"),
        ("03(1234)5678", "***", "telephone"),
        ("電話０９０－１２３４－５６７８。", "電話***。", "telephone"),
        ("０３ー１２３４ー５６７８", "***", "telephone"),
        ("09012345678", "***", "telephone"),
        ("tel:0312345678", "tel:***", "telephone"),
        ("+81-90-1234-5678", "***", "telephone"),
        ("+81 (0)3 1234 5678", "***", "telephone"),
        ("+819012345678", "***", "telephone"),
        ("番号 123456789018", "番号 ***", "my-number"),
        ("1234-5678-9018", "***", "my-number"),
        ("個人番号：１２３４５６７８９０１２", "個人番号：***", "my-number"),
        ('{"n":123456789018,"m":1}', '{"n":"***","m":1}', "my-number"),
        ("4111 1111 1111 1111", "***", "card"),
        ("3530111333300000", "***", "card"),
        ("3782-822463-10005", "***", "card"),
    ],
)  # fmt: skip
def test_what_is_masked(text, masked, kind):
    answer = mask(text)
    assert answer.text == masked
    assert answer.counts == {kind: 1}
    assert mask(answer.text) == (masked, {})


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28T09:10:31.123Z START RequestId: 8b6e2b8a-1234-4abc-8def-123456789018 Version: $LATEST",
        "x-amzn-trace-id: Root=1-67891233-abcdef012345678912345678;Sampled=1",
        "10.0.12.135(32196) 192.168.0.1:5432 fe80::1ff:fe23:4567:890a",
        "arn:aws:iam::123456789018:role/toban 202611280910 20261128091031",
        "1764321031123 1764321031123456 1764321031123456789",
        "duration: 1234.567 ms statusCode=500 bytes=4111111 build 01-05-2026",
        "postgres@facility-prod-db.abc.ap-northeast-1.rds.amazonaws.com pkg@1.2.3 user@host",
        "password authentication failed for user app; no password supplied",
        "Unexpected token: } at 1; tokens=512; token=null; basic authentication required",
        "session closed; sessions: 1234567; task-0123456789abcdefghijkl; disk-0123456789abcdefghijkl; adopted: 1234567",
        "cache key: user:1 primary_key=12345678 key=12 keys: 3",
        "0312345678 4111111111111112 123456789012 R-00012345",
        "/facilities/0120/bookings/03-12 v03.1234.5678",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "/ecs/StaffApi1/facilities/bookings/reservations/history/pages/next",
    ],
)
def test_what_an_operator_needs_stays(text):
    assert mask(text) == (text, {})


UUIDS = st.uuids().map(str)
TIMES = st.datetimes().map(lambda at: at.isoformat())
MILLISECONDS = st.integers(10**12, 2 * 10**12 - 1).map(str)
ADDRESSES = st.ip_addresses().map(str)
TRACES = st.from_regex(r"\A1-[0-9a-f]{8}-[0-9a-f]{24}\Z")


@given(st.lists(st.one_of(UUIDS, TIMES, MILLISECONDS, ADDRESSES, TRACES), max_size=8))
def test_ids_times_and_addresses_stay_readable(parts):
    text = " ".join(parts)
    assert mask(text) == (text, {})
    line = json.dumps({f"field{number}": part for number, part in enumerate(parts)})
    assert mask(line) == (line, {})


@given(st.text(max_size=200), st.sampled_from(["taro@example.jp", "090-1234-5678", "AKIAIOSFODNN7EXAMPLE"]))
def test_a_secret_is_masked_whatever_stands_around_it(around, secret):
    assert secret not in mask(f"{around} {secret} {around}").text


BEGINNINGS = (
    "pwd=", "PWD\t", "password=$1 ", "password -> ", 'password,"', '{password,"', '">>,<<"', "パスワードです。\n", "パスワードを変更した:", "?code=",
    "PDO('", "crypt('", "a:b@tcp(", "SecureString\t", "--name /a/password --value ", '{"secret":{"value":', "$(", "string(9) ", "'\\''",
)  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(BEGINNINGS), st.text(max_size=3)), max_size=6))
def test_what_ends_where_a_value_is_expected_is_masked_like_anything_else(parts):
    text = "".join(parts)
    masked = mask(text)
    assert (masked.text != text) == bool(masked.counts)
    assert "hunter2!A" not in mask(f"{text}\npassword=hunter2!A").text


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing(text):
    once = mask(text).text
    assert mask(once).text == once


@given(st.dictionaries(st.sampled_from(["password", "tel", "myNumber", "n", "token"]), st.one_of(
    st.text(max_size=40), st.integers(0, 10**16), st.sampled_from(["090-1234-5678", "taro@example.jp"]))))  # fmt: skip
def test_json_stays_json(record):
    for line in (
        json.dumps(record),
        json.dumps(record, ensure_ascii=False),
        json.dumps({"m": json.dumps(record)}),
    ):
        assert isinstance(json.loads(mask(line).text), dict)


@given(st.from_regex(r"\A[0-9]{11}\Z"))
def test_check_digits(digits):
    assert sum(is_my_number(digits + last) for last in "0123456789") == 1
    assert sum(is_luhn(digits + last) for last in "0123456789") == 1


def test_a_long_line_of_beginnings_is_masked_to_its_end():
    for line in (
        "a@" * 16_000,
        "0" * 32_000,
        "01-" * 10_000,
        "password=" * 3_000,
        "eyJ" * 10_000,
        '"' * 32_000,
    ):
        end = " password=hunter22"
        assert mask(line + end).text.endswith(" password=***")


class Further(NamedTuple):
    id: str
    pattern: str


def test_counts_add_up_over_texts():
    masker = Masker([Further("resident-number", r"R-[0-9]{8}")])
    assert masker.mask("R-00012345 taro@example.jp") == f"{HIDDEN} {HIDDEN}"
    assert masker.mask("R-00012346") == HIDDEN
    assert masker.counts == {"resident-number": 2, "mail": 1}


def test_the_contacts_of_the_runbook_stay_readable():
    contacts = '[[contacts]]\nrole = "PM"\ncontact = "03-1234-5678 / pm@example.jp"\n'
    masker = masker_of(loads(SYSTEM + contacts).runbook)
    text = "PM 03-1234-5678 pm@example.jp, 090-1234-5678"
    assert masker.mask(text) == "PM 03-1234-5678 pm@example.jp, ***"
    assert masker.mask("from m@example.jp to pm@example.jp.") == "from *** to pm@example.jp."


PATTERN = '[[masking]]\nid = "number"\ntitle = "番号"\nen.title = "Number"\npattern = \'{pattern}\'\n'


@pytest.mark.parametrize(
    "pattern", ["(?:a|a)+b", "(?:a|aa){1,60}b", "(a|a)" * 30 + "b", "(?:(?:a|a)(?:a|a)){20}b"]
)
def test_what_a_pattern_cannot_judge_in_time_is_masked_whole(pattern):
    # Of a text that it judges at once, only what it matches.
    masker = masker_of(loads(SYSTEM + PATTERN.format(pattern=f"{pattern}|R-[0-9]+")).runbook)
    assert masker.masked("see R-12") == ("see ***", {"number": 1})
    assert masker.masked("taro " + "a" * 60) == ("***", {"out-of-time": 1})


def test_many_matches_together_have_one_limit(monkeypatch):
    moments = iter([0.0, *(10 * SECONDS for _ in range(9))])
    monkeypatch.setattr("services.logs.masking.further.process_time", lambda: next(moments))
    assert Masker(loads(SYSTEM + PATTERN.format(pattern="x")).runbook.masking).masked("x x").text == HIDDEN


@given(st.recursive(st.text() | st.integers() | st.sampled_from(["password=hunter2", "AKIAIOSFODNN7EXAMPLE"]),
                    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["password", "n", "パスワード"]), inner)))  # fmt: skip
def test_an_answer_keeps_its_form_and_loses_its_secrets(answer):
    masked = Masker().without_secrets(answer)
    assert Masker().without_secrets(masked) == masked
    assert "hunter2" not in json.dumps(masked)
    assert shape(masked) == shape(answer)
    assert json.dumps(masked).count("AKIAIOSFODNN7EXAMPLE") == json.dumps(answer).count(
        "AKIAIOSFODNN7EXAMPLE"
    )


def shape(value):
    match value:
        case dict():
            return {key: shape(each) for key, each in value.items()}
        case list():
            return list(map(shape, value))
        case _:
            return type(value)


@pytest.mark.parametrize(
    ("column", "text", "masked"),
    [
        ("password", "himitsu", HIDDEN),
        ("db_password", "-", "-"),
        ("パスワード", "himitsu", HIDDEN),
        ("@message", "password=himitsu", "password=***"),
        ("password_count", "12", "12"),
        ("level", "himitsu", "himitsu"),
    ],
)
def test_the_name_of_a_column_tells(column, text, masked):
    masker = Masker()
    assert masker.cell(column, text) == masked
    assert sum(masker.counts.values()) == (masked != text)


@pytest.mark.parametrize(
    "text",
    [
        "Delete the old access key: its date depends on AWS (access-key-disabled:ci-cd-user+90d).",
        "access-key:ci-cd-user+90d",
        "アクセスキー: {keys}。",
        "AuthorizationException(403, 'cluster_block_exception')",
        "SQLInvalidAuthorizationSpecException: Access denied for user 'shop' (using password: YES)",
        "not authorized to perform: secretsmanager:GetSecretValue on resource: prod/app/db because",
        'Post "https://oauth2.googleapis.com/token": dial tcp: lookup failed',
        "new connections refreshed: secret=facility-prod/db stage=AWSCURRENT",
        "with the token from `TOBAN_GITHUB_TOKEN` (Secrets: write)",
        "concat('password: ', @message), concat(' password ', @message)",
        "All displays share a sticky cookie: one task is at 100 %",
        "パスワード: 3 回失敗",
        "パスワード：8〜16文字、暗証番号：４桁",
        "パスワード: 8 文字以上",
        "認証コード: あと 3 分で失効",
        "password: 3 attempts left, token: 5 件, secrets: 1,024 items",
        "password = 14 characters; PIN: 3 of 5 tries",
        "password 7 days left",
        '{"password": "8 characters or more", "パスワード": "3回失敗"}',
    ],
)
def test_what_only_speaks_of_secrets_stays(text):
    assert mask(text) == (text, {})
