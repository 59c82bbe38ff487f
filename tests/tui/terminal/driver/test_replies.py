import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser

from tests.tui.terminal.driver.test_safe_driver_pty import REPLIES
from tui.terminal.driver.replies import KEY_WAIT, PASTE_LIMIT, PASTE_WAIT, REPLY_WAIT, InputFilter, Item

LATIN = {name: reply.decode("latin-1") for name, reply in REPLIES.items() if not name.startswith("UTF-8")}
NO_KEYS = ("\x1b[1;2R", "\x1b[1;5R", "\x1b[1;6R", "\x9b")
"""In Textual's table, but a cursor report and an introducer first of all."""
ASKED = ["\x1b[?2026;2$y", "\x1b[?2048;0$y"]
OTHER_INPUT = [
    "\x1b[I",
    "\x1b[O",
    "\x1b[<0;10;5M",
    "\x1b[<35;1;1m",
    "\x1b[97;;97u",
    "\x1b[57441;2u",
    "\x1b[1;5A",
]
pieces = st.one_of(
    st.sampled_from(
        [*LATIN.values(), *ASKED, *OTHER_INPUT, "\x1b[200~", "\x1b[201~", "\x1b", "\x1b[", "\x1bO"]
    ),
    st.text(st.characters(max_codepoint=0xFF), max_size=6),
    st.text(max_size=3),
    st.from_regex(r"\x1b\[[0-9:;<=>?]{0,12}[ -/]?[@-~]", fullmatch=True),
)


def told(items: list[Item]) -> str:
    return "".join(item if isinstance(item, str) else f"<{item.text}>" for item in items)


def all_of(text: str, chunks: list[str] | None = None) -> str:
    filter_ = InputFilter()
    output = "".join(told(filter_.feed(chunk, 0.0)) for chunk in chunks or [text])
    while (deadline := filter_.deadline) is not None:
        output += told(filter_.expire(deadline))
    return output


@pytest.mark.parametrize("name", LATIN)
def test_an_unrequested_reply_is_dropped(name):
    assert all_of(f"a{LATIN[name]}b") == "ab"


@pytest.mark.parametrize("sequence", [*ASKED, *OTHER_INPUT])
def test_requested_replies_and_keys_pass(sequence):
    assert all_of(f"a{sequence}b") == f"a{sequence}b"


def test_every_key_that_textual_knows_passes():
    for sequence in ANSI_SEQUENCES_KEYS.keys() - NO_KEYS:
        assert all_of(sequence) == sequence
        if not sequence.endswith("$"):
            assert all_of(f"{sequence}\x1b[A") == f"{sequence}\x1b[A"


@pytest.mark.parametrize("key", [f"\x1b{each}" for each in string.printable if each not in "[]O_^PX"])
def test_alt_with_a_key_passes(key):
    assert all_of(key) == key


def test_a_size_report_passes_only_when_it_was_asked_for():
    report = "\x1b[48;20;100;600;800t"
    assert all_of(report) == ""
    filter_ = InputFilter()
    filter_.takes_resize = True
    assert told(filter_.feed(report, 0.0)) == report


def test_a_reply_to_our_query_is_consumed():
    taken: list[str] = []

    def take(sequence: str) -> bool:
        taken.append(sequence)
        return len(taken) == 1

    filter_ = InputFilter(take)
    assert told(filter_.feed("\x1b[3;4R\x1b[5;6Rk\x1b[0n", 0.0)) == "k"
    assert taken == ["\x1b[3;4R", "\x1b[5;6R", "\x1b[0n"]
    assert filter_.dropped == 2


@given(st.lists(pieces, max_size=6).map("".join), st.data())
@example("\x1b[200~a\x1b[201~b", None)
def test_how_it_is_cut_into_reads_makes_no_difference(text, data):
    whole = all_of(text)
    assert all_of(text, [*text]) == whole
    if data is not None and len(text) > 1:
        cut = data.draw(st.integers(1, len(text) - 1))
        assert all_of(text, [text[:cut], text[cut:]]) == whole


@given(st.lists(pieces, max_size=8))
def test_textuals_parser_survives_whatever_passes(chunks):
    parser = XTermParser()
    filter_ = InputFilter()
    for chunk in chunks:
        for item in filter_.feed(chunk, 0.0):
            if isinstance(item, str):
                for message in parser.feed(item):
                    assert not isinstance(message, events.Paste), "pastes never come from the parser"


@given(st.lists(st.sampled_from([*LATIN.values(), *LATIN.values(), "あ", "x"]), max_size=8))
def test_replies_among_keys_leave_the_keys(chunks):
    assert all_of("".join(chunks)) == "".join(chunk for chunk in chunks if len(chunk) == 1)


def test_an_escape_alone_is_a_key_after_a_moment():
    filter_ = InputFilter()
    assert filter_.feed("\x1b", 5.0) == []
    assert filter_.deadline == 5.0 + KEY_WAIT
    assert filter_.expire(5.0) == []
    assert filter_.expire(5.0 + KEY_WAIT) == ["\x1b"]
    assert filter_.deadline is None


def test_a_reply_cut_short_is_forgotten():
    filter_ = InputFilter()
    for start in ("\x1b]11;rgb", "\x1b[?1;2", "\x1bP1$r"):
        assert filter_.feed(start, 0.0) == []
        assert filter_.deadline == REPLY_WAIT
        assert filter_.expire(REPLY_WAIT) == []
        assert told(filter_.feed("k", REPLY_WAIT)) == "k"


def test_a_paste_without_an_end_ends_by_itself():
    filter_ = InputFilter()
    assert filter_.feed("\x1b[200~one", 0.0) == []
    assert filter_.feed(" two\x1b[20", 1.0) == []
    assert filter_.deadline == 1.0 + PASTE_WAIT
    assert told(filter_.expire(1.0 + PASTE_WAIT)) == "<one two>"
    while (deadline := filter_.deadline) is not None:
        assert filter_.expire(deadline) == []
    assert told(filter_.feed("k", 9.0)) == "k"


def test_a_paste_is_text_of_bounded_length():
    assert all_of("\x1b[200~a\x1b[Aq\x00\tb\r\n\x1b[201~") == "<a[Aq\tb\r\n>"
    [paste] = InputFilter().feed(f"\x1b[200~{'x' * (PASTE_LIMIT + 5)}\x1b[201~", 0.0)
    assert isinstance(paste, events.Paste)
    assert len(paste.text) == PASTE_LIMIT
