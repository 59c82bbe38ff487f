"""Filter patterns: explained in words, ids in quotation marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import i18n
from services.demo.logs.filter_patterns import compile_pattern
from services.logs.filter_patterns.explain import explain
from services.logs.filter_patterns.quoting import as_pattern, combined
from services.models.filter_patterns import PatternError, parse, phrase


def _accepted_here(text: str) -> bool:
    try:
        parse(text)
    except PatternError as error:
        return not 0 <= error.at <= len(text)
    return True


@given(st.text(max_size=40))
def test_any_text_gets_an_explanation(text):
    answer = explain(text)
    assert answer.words
    assert (answer.error_at is None) == _accepted_here(answer.pattern)


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30))
def test_a_phrase_matches_itself(text):
    assert compile_pattern(phrase(text)).matches(f"before {text} after")


_IDS = st.one_of(
    st.uuids().map(str),
    st.from_regex(r"\A1-[0-9a-f]{8}-[0-9a-f]{24}\Z"),
    st.from_regex(r"\ARoot=1-[0-9a-f]{8}-[0-9a-f]{24}\Z"),
    st.ip_addresses().map(str),
    st.from_regex(r"\A/api/[a-z]{1,9}/[0-9]{1,5}\Z"),
)


@given(_IDS)
def test_an_id_typed_by_a_person_matches_the_line_that_holds_it(text):
    answer = explain(text)
    assert answer.error_at is None
    assert compile_pattern(answer.pattern).matches(f'{{"requestId":"{text}","level":"INFO"}}')


@pytest.mark.parametrize(
    ("text", "pattern", "words"),
    [
        ("", "", "every line"),
        ("ERROR", "ERROR", "lines with “ERROR”"),
        ('ERROR -Exiting "one of"', 'ERROR -Exiting "one of"', "lines with “ERROR” and “one of”, without “Exiting”"),
        ("?ERROR ?WARN", "?ERROR ?WARN", "lines with “ERROR” or “WARN”"),
        ("-health", "-health", "lines without “health”"),
        ("ERROR ?x", "ERROR ?x", "lines with “ERROR”; “x” changes nothing beside the others"),
        (
            "abc-123 -x/y",
            '"abc-123" -"x/y"',
            'lines with “abc-123”, without “x/y”; in quotation marks, as CloudWatch needs it: "abc-123" -"x/y"',
        ),
        ("%4[0-9]{2}%", "%4[0-9]{2}%", "lines with what matches /4[0-9]{2}/"),
        (
            '{ $.level = "ERROR" && ($.status >= 500 || $.path != "/api/*") }',
            '{ $.level = "ERROR" && ($.status >= 500 || $.path != "/api/*") }',
            "JSON lines in which level = “ERROR” and (status ≥ 500 or path does not begin with “/api/”)",
        ),
        ("{ $.a NOT EXISTS || $.b IS NULL }", "{ $.a NOT EXISTS || $.b IS NULL }",
         "JSON lines in which a does not exist or b is null"),
        ("[ip, user, status = 5*]", "[ip, user, status = 5*]",
         "lines of 3 fields (ip, user, status) in which status begins with “5”"),
        ("[ip, ..., bytes > 10]", "[ip, ..., bytes > 10]",
         "lines of 2 or more fields (ip, …, bytes) in which bytes > 10"),
    ],
)  # fmt: skip
def test_words(text, pattern, words):
    answer = explain(text)
    assert (answer.pattern, answer.words, answer.error_at) == (pattern, words, None)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ('ERROR "open', 6, "character 7: the quotation mark is not closed"),
        ("{ $.status > high }", 13, "character 14: > compares with a number"),
        ("{ $.a = 1", 9, "character 10: &&, || or } is missing"),
        ("{ level = 1 }", 2, "character 3: a selector such as $.level is missing"),
        ("[a, ..., ...]", 9, "character 10: … may stand only once"),
        ("%a(b)%", 2, "character 3: “(” is not supported in a regular expression"),
        ("  { $.a } ", 8, "character 9: a comparison is missing: =, !=, <, <=, >, >="),
    ],
)
def test_mistakes_are_said_with_their_place(text, at, words):
    answer = explain(text)
    assert (answer.words, answer.error_at) == (words, at)


def test_in_japanese():
    i18n.use("ja")
    assert explain("ERROR -Exiting").words == "「ERROR」を含み、「Exiting」を含まない行"


def test_what_is_ready_stays_as_typed():
    for text in ("ERROR", '"a b" -"c"', "?x ?y", "{ $.a = b-c }", "[a-b, c]", "%x y%"):
        assert as_pattern(text) == (text, ())


@pytest.mark.parametrize(
    ("present", "further", "whole"),
    [
        ("", '-"a b"', '-"a b"'),
        ("ERROR", "", "ERROR"),
        ("ERROR", '-"a b"', 'ERROR -"a b"'),
        ("ERROR", " ERROR ", "ERROR"),
        ('{ $.a = "x" }', "{ $.b != 1 }", '{ ($.a = "x") && ($.b != 1) }'),
        ("{ $.a = 1 || $.a = 2 }", "{ $.b != 1 }", "{ ($.a = 1 || $.a = 2) && ($.b != 1) }"),
        ("?ERROR ?WARN", "-health", None),
        ("ERROR", "{ $.b != 1 }", None),
        ("[a, b]", "{ $.b != 1 }", None),
        ("abc-1", "-health", None),
        ("abc-1", "b/2", None),
        ('"' + "a" * 600 + '"', '"' + "b" * 600 + '"', None),
    ],
)
def test_lines_that_match_both(present, further, whole):
    assert combined(present, further) == whole
