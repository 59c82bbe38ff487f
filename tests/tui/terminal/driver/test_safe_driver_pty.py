import signal
from pathlib import Path

import pytest

from tests.tui.script_console import ScriptConsole, ready

pytestmark = pytest.mark.pty

REPLIES = {
    "DA1": b"\x1b[?1;2;4c",
    "DA2": b"\x1b[>84;0;0c",
    "DA3": b"\x1bP!|00000000\x1b\\",
    "XTVERSION": b"\x1bP>|tmux 3.5a\x1b\\",
    "DECRQSS": b"\x1bP1$r0 q\x1b\\",
    "title": b"\x1b]lq\x1b\\",
    "icon": b"\x1b]Lq\x1b\\",
    "OSC 52": b"\x1b]52;c;cXE=\x07",
    "OSC 11": b"\x1b]11;rgb:1111/2222/3333\x1b\\",
    "size": b"\x1b[8;20;100t",
    "pixels": b"\x1b[4;600;800t",
    "state": b"\x1b[1t",
    "status": b"\x1b[0n",
    "CPR": b"\x1b[12;40R",
    "DECXCPR": b"\x1b[?12;40;1R",
    "DECRPM": b"\x1b[?2004;1$y",
    "ANSI mode": b"\x1b[4;2$y",
    "kitty": b"\x1b[?25u",
    "colours": b"\x1b[?997;1n",
    "parameters": b"\x1b[2;1;1;112;112;1;0x",
    "graphics": b"\x1b_Gi=31;OK\x1b\\",
    "8-bit DA1": b"\x9b?1;2c",
    "8-bit title": b"\x9dlq\x9c",
    "UTF-8 8-bit DA1": "\x9b?1;2c".encode(),
    "privacy": b"\x1b^q\x1b\\",
    "size in band, unasked": b"\x1b[48;20;100;600;800t",
}


def test_no_reply_of_a_terminal_presses_a_key(tmp_path):
    with ready(tmp_path) as console:
        for reply in REPLIES.values():
            console.send(reply)
        console.send("k")
        console.wait_event("key k")
        assert console.keys == ["k"]


@pytest.mark.slow
def test_a_reply_that_dribbles_in_presses_no_key(tmp_path):
    # A terminal sends no other answer in the middle of one.
    with ready(tmp_path, answers=False) as console:
        for name in ("DA1", "title", "size"):
            for byte in REPLIES[name]:
                beats = console.beats
                console.send(bytes([byte]))
                if byte != 0x1B:
                    console.wait(lambda: console.beats > beats, "a tenth of a second")  # noqa: B023
        console.send("k")
        console.wait_event("key k")
        assert console.keys == ["k"]


def test_keys_arrive(tmp_path):
    with ready(tmp_path) as console:
        console.send(b"a\x1b[A\x1b[1;5B\x1bOH\x1bx\x1b[97;5u\x1b[24~\r\t\x7f" + "あ".encode())
        console.wait(lambda: len(console.keys) >= 11, "the keys")
        console.send(b"\x1b")
        console.wait_event("key escape")
        assert console.keys == [
            "a", "up", "ctrl+down", "home", "alt+x", "ctrl+a", "f12", "enter", "tab", "backspace", "あ", "escape",
        ]  # fmt: skip


def test_bytes_that_are_no_text_are_survived(tmp_path):
    with ready(tmp_path) as console:
        console.send(b"\xff\xfe\xc3(\xe3\x81")
        console.send(b"k")
        console.wait_event("key k")
        console.wait_beats(2)
        assert console.process.poll() is None


def test_an_endless_sequence_is_survived(tmp_path):
    with ready(tmp_path) as console:
        console.send(b"\x1b[" + b"1;" * 2000)
        console.send(b"\x18\x1b[0nk")
        console.wait_event("key k")
        console.wait_beats(2)


def test_a_paste_arrives_whole_and_presses_nothing(tmp_path):
    with ready(tmp_path) as console:
        console.send(b"\x1b[200~one\r\ntwo \x1b[31mq\x1b[0m\x00 \x1b]0;x\x07end\x1b[201~k")
        console.wait_event("key k")
        assert "paste 'one\\r\\ntwo [31mq[0m ]0;xend'" in console.events
        assert console.keys == ["k"]


@pytest.mark.slow
def test_a_paste_without_an_end_does_not_block_the_keyboard(tmp_path):
    with ready(tmp_path) as console:
        console.send(b"\x1b[200~q and more")
        console.wait_event("paste 'q and more'")
        console.send(b"k")
        console.wait_event("key k")
        assert console.keys == ["k"]


@pytest.mark.parametrize("output", ["cells", "textual"])
def test_a_stalled_terminal_stops_no_loop_and_is_right_afterwards(tmp_path, output):
    with ready(tmp_path, "chatty", size=(40, 160), env={"TOBAN_OUTPUT": output}) as console:
        console.wait_beats(15, reading=False, limit=15)
        # Keys work, too, while nothing can be seen of it.
        console.send("k")
        console.wait_event("key k", reading=False)
        length = len(console.raw)
        latest = console.beats
        console.wait(lambda: f"beat {latest}" in console.text or _beat(console) > latest, "the newest screen")
        shown = console.lines
        assert shown[0].startswith("Ready.")
        rows = [line for line in shown if line.startswith("row ")]
        assert len(rows) == 34
        assert all(line.rstrip().endswith("#") for line in rows)
        assert len(console.raw) - length < 400_000, "what was missed is not sent after all"
        console.signal(signal.SIGTERM)
        console.wait_exit()
        console.assert_restored()
        assert console.events[-1].endswith("dropped=0") == (output == "cells")


def _beat(console: ScriptConsole) -> int:
    line = next((line for line in console.lines if line.startswith("beat ")), "beat 0")
    return int(line.split()[1])


def test_an_idle_keyboard_wakes_nothing(tmp_path):
    with ScriptConsole(tmp_path, "quiet") as console:
        console.wait_text("Ready.")
        console.wait(console.is_raw, "raw mode")
        thread = _thread_named(console, "terminal-input")
        console.wait(lambda: _switches(thread) == _switches(thread), "it to have started")
        before = _switches(thread)
        console.send("k")
        console.wait_event("key k")
        after_key = _switches(thread)
        assert after_key > before
        # One second of the test's own waiting, at the old rate ten wake-ups.
        with pytest.raises(AssertionError):
            console.wait(lambda: _switches(thread) > after_key + 2, limit=1.0)


def _thread_named(console: ScriptConsole, name: str) -> Path:
    tasks = Path(f"/proc/{console.process.pid}/task")
    threads = sorted(tasks.iterdir(), key=lambda path: int(path.name))
    named = [path for path in threads if (path / "comm").read_text().strip() == name[:15]]
    # Python names its threads for the kernel from 3.14 on; before that the input thread is the fourth: the main one,
    # the one that hears signals and the one that writes come first.
    return named[0] if named else threads[3]


def _switches(thread: Path) -> int:
    status = (thread / "status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:\t")[1].split("\n")[0])
