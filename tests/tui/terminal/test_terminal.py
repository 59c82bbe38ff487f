import io
from types import SimpleNamespace

import pytest

from services import i18n
from tui.terminal.checks import check_terminal, forget_textual_settings


class Tty(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    i18n.use("en")
    streams = SimpleNamespace(stdin=io.StringIO(), stdout=Tty(io.BytesIO(), encoding="utf-8"))
    monkeypatch.setattr("tui.terminal.checks.sys", streams)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    return streams


def test_an_ordinary_terminal_is_taken():
    assert check_terminal() is None


@pytest.mark.parametrize("name", ["C", "POSIX", "", "ja_JP.utf8", "en_US.UTF-8@euro", "ja_JP"])
def test_a_locale_that_names_no_other_encoding_is_taken(monkeypatch, name):
    monkeypatch.setenv("LANG", name)
    assert check_terminal() is None


@pytest.mark.parametrize("name", ["ja_JP.eucJP", "ja_JP.SJIS", "en_US.ISO-8859-1"])
def test_a_locale_with_another_encoding_is_refused(monkeypatch, name):
    monkeypatch.setenv("LANG", name)
    monkeypatch.setenv("LC_CTYPE", "C.UTF-8")  # as Python sets it by itself
    refusal = check_terminal()
    assert refusal is not None
    assert name.partition(".")[2] in refusal
    assert "LC_ALL=C.UTF-8" in refusal
    assert refusal.isascii()
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert check_terminal() is None


def test_python_writing_in_another_encoding_is_refused(streams):
    streams.stdout = Tty(io.BytesIO(), encoding="latin-1")
    assert "'latin-1'" in str(check_terminal())


@pytest.mark.parametrize("term", ["", "dumb", "unknown"])
def test_a_terminal_without_a_cursor_is_refused(monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    assert f"TERM='{term}'" in str(check_terminal())


def test_a_pipe_is_refused(streams):
    streams.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert "standard output" in str(check_terminal())


@pytest.mark.parametrize("name", ["stdin", "stdout"])
def test_a_closed_stream_is_refused(streams, name):
    setattr(streams, name, None)
    assert check_terminal() is not None


def test_settings_of_textual_are_forgotten():
    environ = {
        "TEXTUAL": "devtools",
        "TEXTUAL_PRESS": "q",
        "TEXTUAL_DRIVER": "x:Y",
        "TEXTUAL_COLOR_SYSTEM": "256",
        "A": "b",
    }
    forget_textual_settings(environ)
    assert environ == {"TEXTUAL_COLOR_SYSTEM": "256", "A": "b"}


@pytest.mark.parametrize("size", ["²", "９", "0", "-1", "", "x", "99999", "1e3", " 80"])
def test_a_size_that_is_none_is_forgotten(size):
    environ = {"COLUMNS": size, "LINES": "24"}
    forget_textual_settings(environ)
    assert environ == {"LINES": "24"}
