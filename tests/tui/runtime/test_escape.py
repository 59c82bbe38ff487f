import pytest
from textual.events import Key

from tests.tui.typed import messages
from tui.terminal.driver.keyboard import AltKey
from tui.terminal.driver.replies import KEY_WAIT, REPLY_WAIT, InputFilter

ESC = "\x1b"


def apart(*reads: str) -> list[str]:
    """The keys of `reads`, escape and a key taken for two."""
    keys: list[str] = []
    for message in messages(*reads):
        keys += [key.key for key in message.apart] if isinstance(message, AltKey) else []
        keys += [message.key] if isinstance(message, Key) else []
    return keys


@pytest.mark.parametrize("key", ["2", "f", "b", ":", "/", "\r", " ", "あ", "G", "?", "-"])
@pytest.mark.parametrize("cut", [False, True])
def test_escape_and_a_key_within_a_moment_are_two(key, cut):
    [expected] = apart(key)
    assert apart(*([ESC, key] if cut else [ESC + key])) == ["escape", expected]
    assert apart(f"{ESC}{key}{key}") == ["escape", expected, expected]
    assert apart(f"{ESC}{ESC}{key}") == ["escape", "escape", expected]


@pytest.mark.parametrize("key", ["[", "]", "P", "X", "^", "_", "O"])
def test_escape_and_a_key_that_may_begin_a_reply_are_two_once_nothing_follows(key):
    [expected] = apart(key)
    assert apart(ESC + key) == ["escape", expected]


@pytest.mark.parametrize("keys", ["]j", "]]]", "] ", "]日", "]\r", "]x1"])
def test_escape_and_a_bracket_swallow_nothing_of_what_is_typed_on(keys):
    expected = ["escape", *(key for each in keys for key in apart(each))]
    assert apart(ESC + keys) == apart(ESC, *keys) == expected


def test_a_key_whose_escape_was_taken_for_the_key_is_still_read():
    for rest, sequence in (("[A", f"{ESC}[A"), ("[1;5B", f"{ESC}[1;5B"), ("OH", f"{ESC}OH")):
        late = InputFilter()
        assert late.feed(ESC, 0.0) == []
        assert late.expire(KEY_WAIT) == [ESC]
        assert late.feed(rest, KEY_WAIT + 0.5) == [sequence]


def test_a_reply_whose_escape_was_taken_for_the_key_presses_nothing():
    late = InputFilter()
    late.feed(ESC, 0.0)
    late.expire(KEY_WAIT)
    assert late.feed("[12;40R", KEY_WAIT + 0.5) == []


@pytest.mark.parametrize("typed", ["[", "]", "k", "[ ", "OK", "O"])
def test_what_is_typed_after_escape_is_what_was_typed(typed):
    late = InputFilter()
    late.feed(ESC, 0.0)
    late.expire(KEY_WAIT)
    assert late.feed(typed, KEY_WAIT + 0.5) == [typed]


def test_long_after_escape_a_bracket_is_a_bracket():
    late = InputFilter()
    late.feed(ESC, 0.0)
    late.expire(KEY_WAIT)
    assert late.feed("[A", KEY_WAIT + REPLY_WAIT + 0.1) == ["[A"]
