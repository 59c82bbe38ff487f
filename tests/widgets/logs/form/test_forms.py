import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.models.logs import LogFormId, LogLine
from tests.conftest import assert_in
from tests.widgets.logs.form.drawn import body, painter, rows, store_of, style_of
from widgets.logs.drawing.strips import HEAD_WIDTH
from widgets.logs.form.group_form import FormChoice, GroupForm, form_named, forms
from widgets.logs.form.json_lines import JsonLines
from widgets.logs.form.layout import REST, STREAM
from widgets.logs.form.line_form import LineParts
from widgets.logs.store.store import LogStore
from widgets.logs.text.search import SearchQuery

REQUEST = (
    '{"timestamp":"t","level":"INFO","message":"予約一覧を取得しました","requestId":"5f","method":"GET",'
    '"path":"/api/v1/reservations","statusCode":200,"durationMs":12,"userId":"u1"}'
)
FAILED = (
    '{"timestamp":"t","level":"ERROR","message":"データベースに接続できません","requestId":"60","method":"POST",'
    '"path":"/api/v1/reservations","statusCode":503,"durationMs":30012,"userId":"u1","error":{"type":'
    '"org.postgresql.util.PSQLException","message":"FATAL: remaining connection slots are reserved","stack":"x"}}'
)
STARTED = '{"timestamp":"t","level":"INFO","message":"HikariPool-1 - Start completed."}'
CLIENT = "2026-11-26 06:10:52 UTC:10.0.12.135(32196):facility@facility:[812]:"
SLOTS = "remaining connection slots are reserved for roles with the SUPERUSER attribute"
BLOCKED = json.dumps(
    {
        "timestamp": 1,
        "formatVersion": 1,
        "webaclId": "arn:aws:wafv2:x",
        "terminatingRuleId": "AWS-AWSManagedRulesCommonRuleSet",
        "action": "BLOCK",
        "ruleGroupList": [{"terminatingRule": {"ruleId": "SizeRestrictions_BODY", "action": "BLOCK"}}],
        "httpRequest": {
            "clientIp": "203.0.113.24",
            "country": "NL",
            "uri": "/wp-login.php",
            "args": "id=1",
            "httpMethod": "GET",
            "headers": [{"name": "Host", "value": "staff.example.lg.jp"}],
        },
    }
)
ALLOWED = BLOCKED.replace("BLOCK", "ALLOW", 1).replace("AWS-AWSManagedRulesCommonRuleSet", "Default_Action")


def test_json_is_columns_and_the_names_of_fields_are_gone():
    app = painter(REQUEST, FAILED, STARTED)
    assert body(app, REQUEST) == "200     12 GET  /api/v1/reservations 予約一覧を取得しました"
    assert app.group_form.layout.header() == "HTTP    ms request                   message"
    assert style_of(app, FAILED, "503") == "error"


def test_what_went_wrong_follows_the_message():
    app = painter(REQUEST, FAILED, width=184)
    assert body(app, FAILED).endswith(
        "データベースに接続できません  PSQLException: FATAL: remaining connection slots are reserved"
    )
    assert style_of(app, FAILED, "FATAL: remaining") == "error"


def test_a_line_without_any_column_begins_with_its_message():
    assert body(painter(REQUEST, STARTED), STARTED) == "HikariPool-1 - Start completed."


def test_a_narrow_pane_leaves_the_message_its_share():
    for width in (80, 60, 40):
        app = painter(REQUEST, FAILED, width=width)
        assert "予約一覧を取" in body(app, REQUEST), width
        assert app.group_form.layout.width <= (width - HEAD_WIDTH) * 0.56


def test_a_path_that_does_not_fit_shows_its_end():
    long = REQUEST.replace("/api/v1/reservations", "/api/v1/facilities/12/equipment/inspections")
    assert "…" in body(painter(long, width=80), long)
    assert "/inspections 予約" in body(painter(long, width=80), long)


def test_json_of_unknown_fields_keeps_all_of_them_behind_the_message():
    line = '{"msg":"paid","amount":1200,"shop":{"id":"a b"},"level":"info"}'
    assert body(painter(line), line) == 'paid  amount=1200  shop.id="a b"'


def test_a_json_line_without_message_shows_its_fields():
    assert body(painter('{"a":1,"b":null}'), '{"a":1,"b":null}') == "a=1  b=null"


def test_columns_named_in_the_runbook_and_chosen_ones():
    named = painter(REQUEST, choice=FormChoice("g", columns=("requestId", "statusCode")))
    assert body(named, REQUEST) == "5f        200  予約一覧を取得しました"
    choice = FormChoice("g", columns=("requestId",), chosen=((STREAM, 0), ("statusCode", 5), (REST, 0)))
    line = body(painter(REQUEST, choice=choice), REQUEST)
    assert line.startswith("staff-api/01234567 200   予約一覧を取得しました  requestId=5f  method=GET")


def test_chosen_columns_stay_in_a_narrow_pane():
    choice = FormChoice("g", chosen=(("requestId", 20), ("path", 30), ("userId", 20)))
    assert len(painter(REQUEST, width=60, choice=choice).group_form.layout.columns) == 3


def test_postgresql_shows_the_message_first_and_no_second_time():
    database = painter(f"{CLIENT}FATAL:  {SLOTS}", width=160)
    line = body(database, f"{CLIENT}FATAL:  {SLOTS}")
    assert line == f"{SLOTS}  facility@facility  10.0.12.135  [812]"
    assert style_of(database, f"{CLIENT}FATAL:  {SLOTS}", "10.0.12.135") == "key"
    assert style_of(database, f"{CLIENT}FATAL:  {SLOTS}", SLOTS) == "fatal"
    assert body(database, "2026-11-26 06:10:52 UTC::@:[9]:LOG:  checkpoint starting: time") == (
        "checkpoint starting: time  [9]"
    )


@pytest.mark.parametrize("width", [80, 60])
def test_the_cause_of_refused_connections_is_readable_in_a_narrow_pane(width):
    line = f"{CLIENT}FATAL:  {SLOTS}"
    assert "remaining connection slots are reserved" in body(painter(line, width=width), line)


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-26 06:10:52.123 UTC [812] ",
        "2026-11-26 06:10:52.123 JST [812] app@db ",
        "2026-11-26 06:10:52 UTC:[local]:app@db:[812]:",
        "2026-11-26 06:10:52 UTC:2001:db8::1(32196):app@db:[812]:",
        "2026-11-26 06:10:52+09 [812]: [3-1] user=app,db=db,app=x,client=10.0.0.1 ",
    ],
)
def test_other_prefixes_of_postgresql(prefix):
    line = f"{prefix}ERROR:  deadlock detected"
    assert body(painter(line, choice=FormChoice("g", form="postgresql")), line).startswith(
        "deadlock detected"
    )


def test_lines_that_continue_a_message_are_set_in_with_their_name():
    statement = f"{CLIENT}STATEMENT:  INSERT INTO t␊  VALUES (1)"
    database = painter(statement, width=104)
    assert body(database, statement).startswith("  STATEMENT: INSERT INTO t ␊ VALUES (1)  facility@")
    wrapped = rows(painter(statement, width=104, wrap=True), statement)
    assert [row[HEAD_WIDTH:].strip()[:20] for row in wrapped] == [
        "STATEMENT: INSERT IN",
        "VALUES (1)  facility",
    ]


def test_waf_shows_who_asked_for_what_and_which_rule_decided():
    firewall = painter(BLOCKED, ALLOWED, choice=FormChoice("aws-waf-logs-x"), width=150)
    assert body(firewall, BLOCKED) == (
        "BLOCK   203.0.113.24    NL      CommonRuleSet/SizeRestrictions_BODY GET staff.example.lg.jp/wp-login.php?id=1"
    )
    assert style_of(firewall, BLOCKED, "BLOCK") == "warning"
    assert body(firewall, ALLOWED).split() == [
        "ALLOW",
        "203.0.113.24",
        "NL",
        "GET",
        "staff.example.lg.jp/wp-login.php?id=1",
    ]


def test_waf_keeps_client_country_and_rule_at_eighty_columns():
    text = body(painter(BLOCKED, ALLOWED, width=79), BLOCKED)
    assert_in(text, "203.0.113.24", " NL ", "Common")


def test_raw_shows_the_line_as_it_was_logged():
    for line in (REQUEST, f"{CLIENT}FATAL:  {SLOTS}", BLOCKED):
        assert rows(painter(line, raw=True, width=1000), line)[0][HEAD_WIDTH:].rstrip() == line


@pytest.mark.parametrize(
    ("group", "line", "form"),
    [
        ("/ecs/staff-api", REQUEST, "json"),
        ("/aws/rds/instance/facility-prod-db/postgresql", "", "postgresql"),
        ("/own/database", f"{CLIENT}FATAL:  {SLOTS}", "postgresql"),
        ("aws-waf-logs-facility", "", "waf"),
        ("/own/firewall", BLOCKED, "waf"),
        ("/var/log/messages", "Nov 25 09:00:00 host sshd[1]: closed", "plain"),
    ],
)
def test_a_form_is_recognised_by_its_group_or_its_lines(group, line, form):
    drawn = painter(*[line] * 3, choice=FormChoice(group)) if line else painter(choice=FormChoice(group))
    assert drawn.group_form.form.id == form


def test_a_form_that_the_runbook_names_is_not_guessed():
    assert body(painter(REQUEST, choice=FormChoice("g", form="plain"), width=300), REQUEST) == REQUEST


def test_every_form_of_the_runbook_is_a_module_with_its_own_name():
    assert [form.id for form in forms()] == list(get_args(LogFormId))
    assert all(form_named(name).title for name in get_args(LogFormId))


def test_columns_appear_with_the_fields_and_then_stay():
    form = GroupForm()
    form.choose(FormChoice("g"))
    assert form.update(store_of(*[STARTED] * 10), 90)
    assert form.layout.columns == ()
    assert form.update(store_of(*[STARTED] * 10, *[REQUEST] * 30), 90)
    assert [column.name for column in form.layout.columns] == ["statusCode", "durationMs", "method", "path"]
    assert not form.update(store_of(*[STARTED] * 10, *[REQUEST] * 60), 90)


def test_a_search_in_a_field_that_is_not_drawn_shows_that_field():
    app = painter(REQUEST, FAILED)
    app.query = SearchQuery("5f")
    app.forget()
    assert "requestId=5f  予約一覧" in body(app, REQUEST)
    assert "requestId" not in body(app, STARTED)


TEXTS = st.text(max_size=60) | st.sampled_from(
    ["決済に失敗", "\x1b[2J", "\u202eabc", "e" + "\u0300" * 40, "👨\u200d👩"]
)
OBJECTS = st.dictionaries(
    st.sampled_from(["message", "msg", "status", "statusCode", "durationMs", "path", "error", "action", "httpRequest", "x"]) | TEXTS,
    st.recursive(TEXTS | st.integers() | st.floats() | st.none() | st.booleans(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6),
    max_size=8,
)  # fmt: skip
LINES = (
    TEXTS
    | OBJECTS.map(json.dumps)
    | st.tuples(OBJECTS.map(json.dumps), st.integers(1, 40)).map(lambda pair: pair[0][: -pair[1]])
    | TEXTS.map(lambda text: f"{CLIENT}ERROR:  {text}")
    | st.tuples(TEXTS, TEXTS).map(lambda pair: BLOCKED.replace("NL", json.dumps(pair[0])[1:-1]).replace("GET", json.dumps(pair[1])[1:-1]))
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(
    st.lists(LINES, min_size=1, max_size=4),
    st.sampled_from(["", *get_args(LogFormId)]),
    st.integers(18, 130),
    st.booleans(),
)
def test_any_line_fills_its_rows_and_is_clean(lines, form, width, wrap):
    drawn = painter(*lines, width=width, choice=FormChoice("g", form=form), wrap=wrap)
    drawn.query = SearchQuery("a")
    for line in lines:
        for row in rows(drawn, line):
            assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u200d" for c in row)


@settings(deadline=None, max_examples=100)
@given(
    st.text("abc予約 ", min_size=1, max_size=30).filter(str.strip),
    st.sampled_from(["json", "postgresql", "plain", "waf"]),
)
def test_no_form_loses_the_message(message, form):
    line = {
        "json": json.dumps({"statusCode": 200, "path": "/a", "message": message}),
        "postgresql": f"{CLIENT}LOG:  {message}",
        "plain": message,
        "waf": BLOCKED.replace("/wp-login.php", json.dumps(message)[1:-1]),
    }[form]
    drawn = painter(line, width=200, choice=FormChoice("g", form=form))
    assert message.strip() in body(drawn, line)
    assert message.strip() in body(painter(message, choice=FormChoice("g", form=form)), message)


@pytest.mark.parametrize(("count", "pad", "most"), [(10_000, 10, 40), (2_000, 20_000, 4)])
def test_a_sample_is_small_however_many_and_long_the_lines_are(monkeypatch, count, pad, most):
    parsed: list[str] = []
    parse = JsonLines.parse

    def counting(form: JsonLines, text: str) -> LineParts | None:
        parsed.append(text)
        return parse(form, text)

    monkeypatch.setattr(JsonLines, "parse", counting)
    store = LogStore()
    text = json.dumps({"level": "INFO", "path": "/", "pad": "x" * pad})
    store.append([LogLine(str(number), number, number, "s", text) for number in range(count)])
    form = GroupForm()
    form.update(store, 140)
    assert form.sample.fields["path"] > 0
    assert len(parsed) <= 2 * most, "once to recognise the form, once for its fields"
