"""By the examples of AWS's API reference; patterns made at random against a plain evaluator."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.errors import AwsErrorResponse
from services.demo.logs.filter_patterns import compile_pattern
from tests.services.demo.client import ask, refused

ACCESS = [
    '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534',
    '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324',
    '127.0.0.1 - frank [10/Oct/2000:13:50:35 -0700] "GET /apache_pb.gif HTTP/1.0" 200 4355',
]
PAGES = [
    '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534',
    '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /about-us/index.html HTTP/1.0" 200 5324',
    '127.0.0.1 - frank [10/Oct/2000:13:50:35 -0700] "GET /apache_pb.gif HTTP/1.0" 404 4355',
    '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /products/index.html HTTP/1.0" 400 1534',
]
APPLICATION = [
    "02 May 2014 00:34:12,525 [INFO] Starting the application",
    "02 May 2014 00:34:16,142 [ERROR] Unhanded exception: InvalidQueryException",
    "02 May 2014 00:34:16,224 [ERROR] Terminating the application",
]
HEAD = {"$1": "127.0.0.1", "$2": "-", "$3": "frank"}
FIRST = HEAD | {"$4": "10/Oct/2000:13:25:15 -0700"}


@pytest.mark.parametrize(
    ("filter_pattern", "messages", "numbers", "values"),
    [
        (
            "[ip, identity, user_id, timestamp, request, status_code, size]",
            ACCESS,
            [0, 1, 2],
            {
                "$ip": "127.0.0.1",
                "$identity": "-",
                "$user_id": "frank",
                "$timestamp": "10/Oct/2000:13:25:15 -0700",
                "$request": "GET /apache_pb.gif HTTP/1.0",
                "$status_code": "200",
                "$size": "1534",
            },
        ),
        (
            "[..., size]",
            ACCESS,
            [0, 1, 2],
            FIRST | {"$5": "GET /apache_pb.gif HTTP/1.0", "$6": "200", "$size": "1534"},
        ),
        ("[]", ACCESS, [0, 1, 2], FIRST | {"$5": "GET /apache_pb.gif HTTP/1.0", "$6": "200", "$7": "1534"}),
        (
            "[..., status_code=200, size]",
            ACCESS,
            [0, 2],
            FIRST | {"$5": "GET /apache_pb.gif HTTP/1.0", "$status_code": "200", "$size": "1534"},
        ),
        (
            "[..., request=*.html*, status_code=4*,]",
            PAGES,
            [0, 3],
            FIRST | {"$request": "GET /index.html HTTP/1.0", "$status_code": "404", "$7": "1534"},
        ),
        ('"[ERROR]"', APPLICATION, [1, 2], {}),
        ('"[ERROR]" Exception', APPLICATION, [1], {}),
        (
            '{ $.level = "ERROR" && $.codes[0] >= 500 }',
            ['{"level": "ERROR", "codes": [503]}', "{}"],
            [0],
            {"$.level": "ERROR", "$.codes[0]": "503"},
        ),
    ],
)
async def test_the_examples_of_the_api_reference(empty_aws, filter_pattern, messages, numbers, values):
    answer = await ask(
        empty_aws.url, "logs", "TestMetricFilter", filterPattern=filter_pattern, logEventMessages=messages
    )
    assert [match["eventNumber"] for match in answer["matches"]] == numbers
    assert [match["eventMessage"] for match in answer["matches"]] == [messages[number] for number in numbers]
    assert answer["matches"][0]["extractedValues"] == values


async def test_refusals(empty_aws):
    for filter_pattern, message in (
        ("foo.bar", "Invalid character(s) in term 'foo.bar'"),
        ('ERROR "open', "Invalid character(s) in term '\"open'"),
        ("{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"),
        ("[a, b", "If a filter pattern starts with '[' it must end with ']'"),
        ("{ $.a == 1 }", "Invalid filter pattern"),
        ("[..., a, ...]", "Invalid filter pattern"),
    ):
        code, status, text = await refused(
            empty_aws.url, "logs", "TestMetricFilter", filterPattern=filter_pattern, logEventMessages=["x"]
        )
        assert (code, status, text) == ("InvalidParameterException", 400, message)
    code, _, _ = await refused(
        empty_aws.url, "logs", "TestMetricFilter", filterPattern="x", logEventMessages=["x"] * 51
    )
    assert code == "InvalidParameterException"


_KEYS = st.sampled_from(["a", "b", "c-d"])
_LEAVES = st.integers(-3, 3) | st.sampled_from(["x", "xy", "zy"]) | st.booleans() | st.none()
_TESTS = (
    st.tuples(_KEYS, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.integers(-3, 3))
    | st.tuples(_KEYS, st.sampled_from(["=", "!="]), st.sampled_from(["x", "x*", "*y", "*"]))
    | st.tuples(_KEYS, st.sampled_from(["EXISTS", "NOT EXISTS", "IS NULL", "IS TRUE", "IS FALSE"]), st.none())
)
_PATTERNS: st.SearchStrategy[Any] = st.recursive(
    _TESTS,
    lambda inner: st.tuples(
        st.sampled_from(["&&", "||"]), st.lists(inner, min_size=2, max_size=3), st.none()
    ),
    max_leaves=10,
)


def written(tree: Any) -> str:
    match tree:
        case (("&&" | "||") as sign, list(parts), None):
            return "(" + f" {sign} ".join(map(written, parts)) + ")"
        case (key, sign, None):
            return f"$.{key} {sign}"
        case (key, sign, operand):
            return f"$.{key} {sign} {operand}"
    raise AssertionError(tree)


def evaluated(tree: Any, document: dict[str, Any]) -> bool:
    match tree:
        case ("&&", list(parts), None):
            return all(evaluated(part, document) for part in parts)
        case ("||", list(parts), None):
            return any(evaluated(part, document) for part in parts)
        case (key, ("EXISTS" | "NOT EXISTS") as word, None):
            return (key in document) is (word == "EXISTS")
        case (key, word, None):
            constant = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}[word]
            return key in document and document[key] is constant
        case (key, sign, operand):
            return compared(document.get(key), sign, operand)
    raise AssertionError(tree)


def compared(value: Any, sign: str, operand: int | str) -> bool:
    if value is None:
        return False
    if sign in ("<", "<=", ">", ">="):
        numeric = isinstance(value, int) and not isinstance(value, bool)
        return numeric and bool(eval(f"{value} {sign} {operand}"))
    return same(value, operand) is (sign == "=")


def same(value: Any, operand: int | str) -> bool:
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    if isinstance(operand, int):
        return not isinstance(value, bool) and text == str(operand)
    head, tail = operand.startswith("*"), operand.endswith("*")
    body = operand.strip("*")
    if operand == "*" or (head and tail):
        return body in text
    return text.endswith(body) if head else text.startswith(body) if tail else text == body


@given(_PATTERNS, st.lists(st.dictionaries(_KEYS, _LEAVES), min_size=1, max_size=5))
def test_a_json_pattern_means_what_its_parts_do(tree, documents):
    matches = compile_pattern("{ " + written(tree) + " }").matches
    assert [matches(json.dumps(document)) for document in documents] == [
        evaluated(tree, document) for document in documents
    ]


_WORDS = st.text("ab1_é", min_size=1, max_size=3)


@given(
    st.lists(st.tuples(st.sampled_from(["", "?", "-"]), _WORDS), min_size=1, max_size=5),
    st.lists(_WORDS, max_size=6).map(" ".join),
)
def test_terms_mean_what_the_guide_says(terms, line):
    needed = [word for sign, word in terms if not sign]
    optional = [word for sign, word in terms if sign == "?"]
    excluded = [word for sign, word in terms if sign == "-"]
    expected = (
        all(word in line for word in needed)
        and not any(word in line for word in excluded)
        and (bool(needed) or not optional or any(word in line for word in optional))
    )
    for phrase in ("{}", '"{}"'):
        text = " ".join(sign + phrase.format(word) for sign, word in terms)
        assert compile_pattern(text).matches(line) is expected


@given(
    st.lists(
        st.text('ab[]"%,.-0 é', max_size=12).map(lambda text: text.strip() or "x"), min_size=1, max_size=6
    )
)
def test_the_fields_of_a_line_are_its_words(line):
    words = [word.replace('"', "").replace("[", "").replace("]", "") or "x" for word in line]
    quoted = " ".join(f'"{word}"' for word in words)
    values = compile_pattern("[...]").values(quoted)
    assert list(values.values()) == words
    names = ", ".join(f"f{place}" for place in range(len(words)))
    assert compile_pattern(f"[{names}]").matches(quoted)
    assert not compile_pattern(f"[{names}, more]").matches(quoted)


def test_a_pattern_nested_to_its_limit_is_read():
    for depth, read in ((50, True), (51, False)):
        text = "{" + "(" * depth + "$.a = 1" + ")" * depth + "}"
        if read:
            assert compile_pattern(text).matches('{"a": 1}')
        else:
            with pytest.raises(AwsErrorResponse):
                compile_pattern(text)
