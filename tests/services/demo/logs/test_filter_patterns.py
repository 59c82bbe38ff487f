"""The filter-pattern language, by the examples of AWS's user guide and by rules."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.errors import AwsErrorResponse
from services.demo.logs.filter_patterns import compile_pattern

# "Matching terms in log events", user guide.
MIXED = ["ERROR WARN message", "ERROR message", "WARN message"]
LINES = [
    "[ERROR] A fatal exception has occurred",
    "Exiting with ERRORCODE: -1",
    "[ERROR] Caught IllegalArgumentException",
    "[ERROR] Unhandled Exception",
    "[WARN] Failed to process the request",
    "[ERROR] Unable to continue: Failed to process the request",
]
TRAIL = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "ThisFlag": True,
}
PEOPLE = {
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
    "actions": ["GET", "PUT", "DELETE"],
    "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
}
ACCESS = [
    '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534',
    '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324',
    '127.0.0.1 - frank [10/Oct/2000:13:50:35 -0700] "GET /index.html HTTP/1.0" 404 4355',
    '127.0.0.1 - frank [10/Oct/2000:13:50:36 -0700] "GET /secret.html HTTP/1.0" 403 35',
]


def found(pattern: str, lines: list[str]) -> list[int]:
    matches = compile_pattern(pattern).matches
    return [index for index, line in enumerate(lines) if matches(line)]


@pytest.mark.parametrize(
    ("pattern", "lines", "expected"),
    [
        ("ERROR", MIXED, [0, 1]),
        ("?ERROR ?WARN", MIXED, [0, 1, 2]),
        ("ERROR WARN", MIXED, [0]),
        ("ERROR -WARN", MIXED, [1]),
        ("-ERROR", MIXED, [2]),
        ("", MIXED, [0, 1, 2]),
        ('" "', MIXED, [0, 1, 2]),
        ("?WARN message", MIXED, [0, 1, 2]),  # "?" is ignored beside other terms
        ("ERROR", LINES, [0, 1, 2, 3, 5]),
        ('"ERROR" - "Exiting"', LINES, [0, 2, 3, 5]),
        ("ERROR Exception", LINES, [2, 3]),
        ('"Failed to process the request"', LINES, [4, 5]),
        (
            "%AUTHORIZED%",
            ["[ERROR 401] UNAUTHORIZED REQUEST", "[SUCCESS 200] AUTHORIZED REQUEST", "x"],
            [0, 1],
        ),
        (r"%\[ERROR\]%", LINES, [0, 2, 3, 5]),
        (r"%colou?r%", ["color", "colour", "coloour"], [0, 1]),
        (r'"say \"no\""', ['I say "no" again', "I say no"], [0]),
        ("データベース", ["データベースに接続できません", "ok"], [0]),
    ],
)
def test_terms(pattern, lines, expected):
    assert found(pattern, lines) == expected


@pytest.mark.parametrize(
    ("pattern", "document", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', TRAIL, True),
        ("{ $.sourceIPAddress != 123.123.* }", TRAIL, True),
        ("{ $.sourceIPAddress != 111.111.* }", TRAIL, False),
        ('{ $.arrayKey[0] = "value" }', TRAIL, True),
        ("{ $.objectList[1].id = 2 }", TRAIL, True),
        ("{ $.objectList[9].id = 2 }", TRAIL, False),
        ("{ $.SomeObject IS NULL }", TRAIL, True),
        ("{ $.Nothing IS NULL }", TRAIL, False),
        ("{ $.SomeOtherObject NOT EXISTS }", TRAIL, True),
        ("{ $.SomeObject EXISTS }", TRAIL, True),
        ("{ $.ThisFlag IS TRUE }", TRAIL, True),
        ("{ $.ThisFlag IS FALSE }", TRAIL, False),
        ("{ $.eventType = *Trail }", TRAIL, True),
        ("{ $.eventType = Update* }", TRAIL, True),
        ("{ $.eventType = Up*Trail }", TRAIL, False),  # "*" inside means itself
        ("{ $.eventType = * }", TRAIL, True),
        ("{ $.eventType = %Trail% }", TRAIL, True),
        ("{ $.objectList[*].id = 2 }", TRAIL, True),
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', PEOPLE, True),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', PEOPLE, False),
        ('{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }', PEOPLE, True),
        ('{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }', PEOPLE, False),
        ("{ $.users = 1 }", {"users": [1, 2, 3]}, False),
        ("{ $.users != 1 }", {"users": [1, 2, 3]}, False),
        ("{ $.latency >= 500 }", {"latency": 500}, True),
        ("{ $.numbers[0] < 10e3 }", {"numbers": [9999]}, True),
        ("{ $.numbers[0] < 10e-3 }", {"numbers": [0.5]}, False),
        ("{ $.processes[0].averageRuntime <= 55.5 }", {"processes": [{"averageRuntime": 55.5}]}, True),
        ("{ $.errorCode != 500 }", {"errorCode": 400}, True),
        ("{ $.latency > +1000 }", {"latency": 1000}, False),
        ("{ $.account = 123456789012 }", {"account": "123456789012"}, True),
        ('{ $.level = "ERROR" && ($.statusCode >= 500 || $.path = "/api/*") }', {"level": "ERROR", "statusCode": 404, "path": "/api/x"}, True),
        ('{ $.level = "ERROR" && ($.statusCode >= 500 || $.path = "/api/*") }', {"level": "ERROR", "statusCode": 404, "path": "/x"}, False),
        ('{ $.message = "*接続*" }', {"message": "データベースに接続できません"}, True),
    ],
)  # fmt: skip
def test_json(pattern, document, expected):
    assert compile_pattern(pattern).matches(json.dumps(document, ensure_ascii=False)) is expected


@pytest.mark.parametrize(
    ("pattern", "lines", "expected"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", ACCESS, [0, 1, 2, 3]),
        ("[ip, user, username]", ACCESS, []),
        ("[..., status_code, bytes]", ACCESS, [0, 1, 2, 3]),
        ("[ip, user, ..., status_code = 4*, bytes]", ACCESS, [2, 3]),
        ("[ip, user, …]", ACCESS, [0, 1, 2, 3]),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", ACCESS, [0, 1, 2]),
        ("[ip, user, username, timestamp, request, status_code = 200, bytes]", ACCESS, [0]),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", ACCESS, [2, 3]),
        ("[ip, user, username, timestamp, request, status_code = 4* && bytes > 1000]", ACCESS, [2]),
        (
            "[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]",
            ACCESS,
            [2],
        ),
        ("[..., request=*.html*, status_code=4*,]", ACCESS, [2, 3]),
        ("[..., request=%GET .*gif%, s, b]", ACCESS, [0, 1]),
        ("[w1=ERROR, w2]", MIXED, [1]),
        ("[w1=ERROR || w1=WARN, w2]", MIXED, [1, 2]),
        ("[w1=!ERROR&&w1=!WARN, w2]", MIXED, []),
    ],
)
def test_space_delimited(pattern, lines, expected):
    assert found(pattern, lines) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "foo.bar",
        '"open',
        "{ $.level = }",
        "{ $.level }",
        "{ level = 1 }",
        "{ $.a = 1 || }",
        "{ ($.a = 1 }",
        "{ $.a = 1 } x",
        "{ $.a < abc }",
        "{ $.a = %(x)% }",
        "%a!b%",
        "%[a%",
        "[a, ..., b, ...]",
        "[a b]",
        "[a",
        "x" * 1025,
    ],
)
def test_what_aws_refuses(pattern):
    with pytest.raises(AwsErrorResponse):
        compile_pattern(pattern)


@given(st.text() | st.text('ab$.[]{}=!<>&|(),"%*- 015', max_size=60), st.text(max_size=80))
def test_any_text_is_a_pattern_or_refused(pattern, line):
    try:
        matches = compile_pattern(pattern).matches
    except AwsErrorResponse:
        return
    assert matches(line) in (True, False)
    assert matches('{"a": 1}') in (True, False)


_QUOTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(_QUOTABLE, st.text(max_size=20), st.text(max_size=20))
def test_a_quoted_phrase_finds_itself(phrase, before, after):
    quoted = '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert compile_pattern(quoted).matches(before + phrase + after)
    assert not compile_pattern("-" + quoted).matches(before + phrase + after)
