"""Two filter patterns as one."""

import pytest

from services.logs.filter_patterns.combining import combined


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
def test_lines_that_match_both(present: str, further: str, whole: str | None) -> None:
    assert combined(present, further) == whole
