import base64
import os
import re
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import i18n
from services.host.state_files import state_folder, write_private
from services.models.text import UNSAFE
from tests.tools.tmux import Tmux, needs_tmux
from tui.runtime.runtime_app import RuntimeApp
from tui.terminal.notifications import notification_sequence, ring
from tui.terminal.passthrough import pass_through
from tui.terminal.terminal_app import OSC_LIMIT, clipboard_sequence, copy

PLAIN: dict[str, str] = {"TERM": "xterm-256color"}
TMUX = {"TERM": "tmux-256color", "TMUX": "/run/tmux,1,0"}
SCREEN = {"TERM": "screen", "STY": "1.pts"}


class Writer:
    is_headless = False

    def __init__(self) -> None:
        self.written = ""

    def send_control(self, sequence: str) -> None:
        self.written += sequence

    def bell(self) -> None:
        self.written += "\x07"


def app_of(writer: Any) -> RuntimeApp:
    return cast("RuntimeApp", writer)


@pytest.fixture(autouse=True)
def english() -> None:
    i18n.use("en")


def test_a_text_goes_to_the_terminals_clipboard():
    writer = Writer()
    words = copy(app_of(writer), "記録 one", PLAIN)
    assert words == "Copied to the terminal's clipboard: 6 characters"
    match = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", writer.written)
    assert base64.b64decode(match[1]).decode() == "記録 one"


def test_half_a_surrogate_pair_is_copied_as_a_question_mark():
    writer = Writer()
    copy(app_of(writer), "\ud800", PLAIN)
    assert base64.b64encode(b"?").decode() in writer.written


@pytest.mark.parametrize(
    ("text", "environ", "headless"),
    [("x" * OSC_LIMIT, PLAIN, False), ("x", {"TERM": "linux"}, False), ("x", PLAIN, True)],
)
def test_what_the_terminal_cannot_take_is_filed(text, environ, headless):
    writer = Writer()
    writer.is_headless = headless
    words = copy(app_of(writer), text, environ)
    path = state_folder("clipboard.txt")
    assert str(path) in words
    assert path.read_text() == text
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert writer.written == ""


def test_a_full_disk_for_the_file_is_reported(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "below"))
    assert copy(app_of(Writer()), "x" * OSC_LIMIT, PLAIN).startswith("Not copied: ")


def test_tmux_is_addressed_directly_and_passed_through():
    direct = "\x1b]52;c;eA==\x07"
    assert clipboard_sequence("eA==", TMUX) == f"{direct}\x1bPtmux;\x1b{direct}\x1b\\"


def test_screen_is_passed_in_pieces_it_can_take():
    sequence = clipboard_sequence("A" * 5000, SCREEN)
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sequence, re.DOTALL)
    assert "".join(pieces) == "\x1b]52;c;" + "A" * 5000 + "\x07"
    assert all(len(piece) < 768 for piece in pieces)


def test_nothing_between_means_nothing_around():
    assert pass_through("\x1b]9;x\x07", PLAIN) == "\x1b]9;x\x07"


@given(st.text(max_size=400))
def test_a_notification_is_one_sequence_whatever_it_says(text):
    body = notification_sequence(text, PLAIN).removeprefix("\x1b]9;Toban: ").removesuffix("\x07")
    assert UNSAFE.search(body) is None
    assert len(body) < 250


def test_ringing_is_one_bell_and_one_notification(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    writer = Writer()
    ring(app_of(writer), "alb-5xx ALARM")
    assert writer.written == "\x07\x1b]9;Toban: alb-5xx ALARM\x07"
    monkeypatch.setenv("TERM", "linux")
    writer = Writer()
    ring(app_of(writer), "x")
    assert writer.written == "\x07"


def test_a_private_file_replaces_what_others_could_read(tmp_path):
    path = tmp_path / "new" / "file"
    path.parent.mkdir(mode=0o755)
    path.write_text("old")
    os.chmod(path, 0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_a_private_file_is_never_written_through_a_link(tmp_path):
    target = tmp_path / "target"
    target.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_private(link, "new")
    assert target.read_text() == "mine"
    assert not link.is_symlink()


@needs_tmux
def test_inside_tmux_it_is_tmux_that_takes_it(tmp_path):
    environ = {**os.environ, "TERM": "tmux-256color"}
    with Tmux(tmp_path, environ) as tmux:
        tmux.start(40, 10, "cat")
        writer = Writer()
        words = copy(app_of(writer), "記録 one", {**environ, "TMUX": f"{tmux.socket},1,0"})
        assert words == "Copied to tmux and the terminal's clipboard: 6 characters"
        assert tmux.run("show-buffer") == "記録 one"
        assert writer.written == ""


def test_an_unresponsive_tmux_is_addressed_by_sequence():
    writer = Writer()
    words = copy(app_of(writer), "x", TMUX)
    assert words == "Copied to the terminal's clipboard: 1 characters"
    assert "\x1bPtmux;" in writer.written
