"""`clean` and `clean_block`: whatever comes in, what comes out is safe to draw."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.models import text as text_module
from services.models.text import LIMIT, LINE_LIMIT, UNSAFE, clean, clean_block, is_plain

MARK = len("…(+1234567890)")
NASTY = "\x00\x07\x08\t\n\r\x1b\x7f\x80\x9b\x9d\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200d\u200e\u202e\u2028\u2066\u3164\ufe0f\ufeff\uffa0\ud800\udfff\ufffe\U000e0041\U0001d173\u0301\u20dd\u1161\U0001f3fb"
hostile = st.text(
    st.one_of(st.sampled_from(NASTY), st.characters(), st.sampled_from("ab あ[]\\…(+1)")), max_size=200
)
limits = st.integers(1, 60)


@given(hostile, limits)
@example("x" * 9 + "…(+1)", 9)
@example("\u200b" * 9 + "…(+1)", 9)
@example("\r\n" * 5, 9)
def test_what_comes_out_is_safe_bounded_and_stays_as_it_is(text, limit):
    line = clean(text, limit)
    assert UNSAFE.search(line) is None
    assert len(line) <= limit + MARK
    assert clean(line, limit) == line

    block = clean_block(text, limit)
    assert UNSAFE.search(block.replace("\n", "")) is None
    assert len(block) <= limit + MARK
    assert clean_block(block, limit) == block


@given(hostile)
def test_nothing_that_steers_hides_or_turns_is_left(text):
    for character in clean(text):
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(character) not in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        }  # fmt: skip
    clean(text).encode("utf-8")


@given(hostile)
def test_at_most_two_combining_marks_are_on_a_base(text):
    run = 0
    for character in clean(text):
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        assert run <= 2


@given(st.binary(max_size=200))
def test_bytes_are_read_as_utf8(data):
    assert clean(data) == clean(data.decode("utf-8", "replace"))
    assert clean(bytearray(data)) == clean(data)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=100))
def test_plain_text_is_unchanged(text):
    assert clean(text) == text
    assert clean_block(text) == text


@given(st.text(st.sampled_from("施設予約システム 運用　担当者ｱｲｳ、。ーがぱ①㈱é½→✓■"), max_size=100))
def test_japanese_is_unchanged(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ""),
        (12, "12"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x1b[2J", "␛[2J"),
        ("a\tb\nc\r", "a  b␊c␍"),
        ("\x7f", "␡"),
        ("\x9b2J", "<9B>2J"),
        ("user\u202egnp.exe", "user<RLO>gnp.exe"),
        ("\u2066x\u2069", "<LRI>x<PDI>"),
        ("pay\u200bpal", "pay<200B>pal"),
        ("soft\u00adhyphen", "soft<AD>hyphen"),
        ("a\u2028b", "a<LS>b"),
        ("👩\u200d🚒\ufe0f", "👩🚒"),
        ("half \ud83d", "half \ufffd"),
        (b"\xff\xe3\x81", "\ufffd\ufffd"),
        ("\U000e0041", "<E0041>"),
        ("e" + "\u0301" * 9, "e\u0301\u0301"),
        ("x" + "\u20dd" * 9, "x\u20dd\u20dd"),
        ("\uac00" + "\u1161" * 9, "\uac00\u1161\u1161"),
        ("か\u3099", "か\u3099"),
        ("[/] [@click=app.quit]x[/]", "[/] [@click=app.quit]x[/]"),
    ],
)
def test_what_is_shown(text, expected):
    assert clean(text) == expected


def test_a_block_keeps_its_lines():
    assert clean_block("a\r\n\tb\n\x1b[1mc\rd") == "a\n  b\n␛[1mc␍d"


def test_a_long_text_is_cut_and_says_by_how_much():
    assert clean("x" * 10, limit=4) == "xxxx…(+6)"
    assert clean("\u202e" * 4, limit=8) == "<RLO><RL…(+12)"
    assert len(clean("あ" * 10**6)) <= LIMIT + MARK


@pytest.mark.parametrize("unit", ["x", "\x1b", "\u202e", "あ", "\u0301", "\t", "[", "\x00"])
def test_of_a_megabyte_only_the_shown_part_is_processed(unit, monkeypatch):
    lengths: list[int] = []
    make_safe = text_module._make_safe

    def counted(text, *, keep_lines):
        lengths.append(len(text))
        return make_safe(text, keep_lines=keep_lines)

    monkeypatch.setattr(text_module, "_make_safe", counted)
    clean(unit * 10**6, LINE_LIMIT)
    assert max(lengths, default=0) <= LINE_LIMIT


@given(st.one_of(hostile, st.text(st.characters(max_codepoint=0x90), max_size=200)))
@example("x" * 64)
@example("x" * 64 + "\x7f")
def test_plain_text_is_printable_ascii(text):
    assert is_plain(text) == (text.isascii() and text.isprintable())
