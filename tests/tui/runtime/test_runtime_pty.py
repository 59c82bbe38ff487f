import os
import re
import signal
from pathlib import Path

import pytest

from tests.tui.script_console import ScriptConsole, ready

pytestmark = [pytest.mark.pty, pytest.mark.slow]
ENDED_IN_ORDER = ["draining", "drained", "unmounted filter_hits=0 dropped=0"]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_the_console_in_order(tmp_path, number):
    with ready(tmp_path) as console:
        console.end(by=number)
        assert console.events[-3:] == ENDED_IN_ORDER


def test_quitting_drains_too(tmp_path):
    with ready(tmp_path) as console:
        console.end(0, keys="\x11")
        assert console.events[-3:] == ENDED_IN_ORDER


def test_exit_from_within_drains_too(tmp_path):
    with ready(tmp_path) as console:
        console.end(0, keys="\x1bOS")
        assert "drained" in console.events


def test_an_endless_drain_is_abandoned_after_its_time(tmp_path):
    with ready(tmp_path, "slow-drain") as console:
        console.end(by=signal.SIGTERM)
        assert "drained" not in console.events
        assert console.events[-1].startswith("unmounted")


def test_a_person_who_asks_twice_does_not_wait_for_the_drain(tmp_path):
    with ready(tmp_path, "endless-drain") as console:
        console.signal(signal.SIGINT)
        console.wait_event("draining")
        console.signal(signal.SIGINT)
        assert console.wait_exit() == 128 + signal.SIGINT
        assert "drained" not in console.events
        console.assert_restored()


def test_signals_in_pairs_leave_the_drain_its_time(tmp_path):
    with ready(tmp_path, "half-drain") as console:
        console.signal(signal.SIGHUP)
        console.wait_event("draining")
        console.signal(signal.SIGTERM)
        assert console.wait_exit() == 128 + signal.SIGHUP
        assert "drained" in console.events


def test_an_end_that_hangs_is_forced_and_the_terminal_restored(tmp_path):
    with ready(tmp_path, "stuck") as console:
        console.end(by=signal.SIGTERM)


SLEEPS, READS_A_PIPE, COMPUTES, NAPS = "\x1b[18~", "\x1b[19~", "\x1b[20~", "\x1b[21~"


def blocked(folder: Path, key: str, *options: str) -> ScriptConsole:
    console = ScriptConsole(folder, *options)
    console.wait_ready()
    console.send(key)
    console.wait_event("blocked")
    return console


@pytest.mark.parametrize(
    ("key", "number"),
    [(READS_A_PIPE, signal.SIGHUP), (SLEEPS, signal.SIGTERM), (COMPUTES, signal.SIGINT)],
    ids=["reads", "sleeps", "computes"],
)
def test_a_loop_deaf_to_signals_is_ended_by_force(tmp_path, key, number):
    with blocked(tmp_path, key, "brisk-guard") as console:
        console.end(by=number)
        assert re.search(rb"stopped responding \(\w+\.py:\d+, \w+\)", console.raw)
        assert b"and was terminated" in console.raw.rpartition(b"\x1b[?1049l")[2]


def test_a_second_signal_to_a_loop_that_takes_none_is_not_kept_waiting(tmp_path):
    with blocked(tmp_path, READS_A_PIPE, "patient-guard") as console:
        console.signal(signal.SIGTERM)
        console.signal(signal.SIGINT)
        # Whichever the kernel hands over first.
        assert console.wait_exit() in (128 + signal.SIGTERM, 128 + signal.SIGINT)
        console.assert_restored()


@pytest.mark.parametrize("key", [SLEEPS, READS_A_PIPE])
def test_the_key_of_the_end_pressed_again_ends_a_hung_console(tmp_path, key):
    with blocked(tmp_path, key, "patient-guard") as console:
        console.send("\x11")
        console.send("\x11")
        console.end(128 + signal.SIGINT)


def test_a_loop_that_is_slow_ends_in_order(tmp_path):
    with blocked(tmp_path, NAPS) as console:
        console.signal(signal.SIGHUP)
        console.signal(signal.SIGTERM)
        assert console.wait_exit() in (128 + signal.SIGHUP, 128 + signal.SIGTERM)
        assert "goes on" in console.events
        assert console.events[-3:] == ENDED_IN_ORDER
        console.assert_restored()


def test_a_guard_stays_while_the_terminal_is_left_and_taken_again(tmp_path):
    with ready(tmp_path, "brisk-guard") as console:
        console.signal(signal.SIGTSTP)
        console.wait(console.is_stopped, "stopped")
        console.signal(signal.SIGCONT)
        console.wait(console.is_raw, "the terminal taken again")
        console.wait_beats(2)
        console.send(SLEEPS)
        console.wait_event("blocked")
        console.end(by=signal.SIGTERM)


def test_the_terminal_is_closed(tmp_path):
    with ready(tmp_path) as console:
        console.close_terminal()
        assert console.wait_exit(reading=False) == 128 + signal.SIGHUP
        assert console.events[-3:-1] == ENDED_IN_ORDER[:2]
        assert console.events[-1].startswith("unmounted")


def test_the_terminal_is_closed_and_hang_ups_are_ignored(tmp_path):
    with ready(tmp_path, ignore_hup=True) as console:
        console.close_terminal()
        assert console.wait_exit(reading=False) == 128 + signal.SIGHUP
        assert "drained" in console.events


@pytest.mark.parametrize("stdin", ["null", "closed"])
def test_without_a_keyboard_the_console_ends(tmp_path, stdin):
    if stdin == "closed" and "faketime" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("libfaketime opens a file of its own, which takes the closed descriptor's place")
    with ScriptConsole(tmp_path, stdin=stdin) as console:
        status = console.wait_exit()
        # A closed standard input is refused before the start; an empty one ends the console.
        assert status == (69 if stdin == "closed" else 128 + signal.SIGHUP)
        assert (b"needs a terminal" in console.raw) == (stdin == "closed")


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP])
def test_stopped_and_continued(tmp_path, number):
    with ready(tmp_path) as console:
        console.signal(number)
        console.wait(console.is_stopped, "stopped")
        if number == signal.SIGTSTP:
            console.assert_restored()
        before = len(console.raw)
        console.signal(signal.SIGCONT)
        console.wait(lambda: b"Ready." in console.raw[before:], "the whole screen anew")
        console.wait(console.is_raw, "the terminal taken again")
        console.wait_beats(2)
        console.send("k")
        console.wait_event("key k")
        assert console.keys == ["k"]
        console.end(by=signal.SIGTERM)


def test_a_failed_start_says_where_but_no_local_value(tmp_path):
    with ScriptConsole(tmp_path, "fail-mount") as console:
        console.end(70)
        assert b"mount failed 18" in console.raw
        assert b"on_mount" in console.raw
        assert b"local-secret-value'" not in console.raw


@pytest.mark.parametrize(
    ("key", "bug"), [("\x1bOP", "handler failed"), ("\x1bOQ", "timer failed"), ("\x1bOR", "worker failed")]
)
def test_a_fault_is_reported_and_survived(tmp_path, key, bug):
    with ready(tmp_path) as console:
        console.send(key)
        console.wait_event(f"bug {bug}")
        console.wait_text("Internal error")
        console.wait_beats(2)
        console.send("k")
        console.wait_event("key k")
        console.end(by=signal.SIGTERM)


def test_a_widget_that_cannot_be_drawn_leaves_the_others(tmp_path):
    with ready(tmp_path, "broken") as console:
        console.wait_text("cannot draw ␛[2J")
        assert b"cannot draw \x1b" not in console.raw
        console.wait_beats(2)


def test_a_flood_of_faults_ends_the_console(tmp_path):
    with ready(tmp_path) as console:
        console.end(70, keys="\x1b[15~")
        assert b"timer failed" in console.raw


def test_hostile_text_stops_at_the_last_line(tmp_path):
    with ready(tmp_path) as console:
        console.send("\x1b[17~", shows="evil ")
        console.wait_text("Internal error")
        console.signal(signal.SIGTERM)
        console.wait_exit()
        assert b"\x1b]2;" not in console.raw
        assert b"\x1b[c" not in console.raw
        assert "\x9d".encode() not in console.raw
        assert "\u202e".encode() not in console.raw
        assert "unmounted filter_hits=0" not in "\n".join(console.events)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (0, 0), (1, 200), (200, 1)])
def test_any_size_is_survived(tmp_path, rows, columns):
    with ready(tmp_path) as console:
        console.resize(rows, columns)
        console.wait_event(f"size {columns or 80}x{rows or 24}")
        console.wait_beats(3)
        console.send("k")
        console.wait_event("key k")
        console.resize(24, 80)
        console.wait_text("Ready.")
        console.end(by=signal.SIGTERM)


def test_a_size_that_the_terminal_does_not_know_is_taken_for_the_usual_one(tmp_path):
    with ScriptConsole(tmp_path, size=(0, 0)) as console:
        console.wait_event("size 80x24")
        console.wait_text("Ready.")


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 200), (200, 1)])
def test_a_window_in_which_nothing_can_be_read_is_refused(tmp_path, rows, columns):
    with ScriptConsole(tmp_path, size=(rows, columns)) as console:
        assert console.wait_exit() == 69
        assert f"{columns}×{rows} characters".encode() in console.raw


def test_a_storm_of_sizes_is_survived(tmp_path):
    with ready(tmp_path) as console:
        for step in range(300):
            console.resize(1 + step % 60, 1 + step * 7 % 250)
            console.read(0)
        console.resize(30, 100)
        console.wait_event("size 100x30")
        console.wait_beats(2)
        console.wait_text("Ready.")
        assert console.process.poll() is None


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"TERM": "dumb"}, b"TERM='dumb'"),
        ({"TERM": None}, b"TERM=''"),
        ({"LANG": "ja_JP.eucJP"}, b"set to 'eucJP'"),
        ({"LC_ALL": "en_US.ISO-8859-1"}, b"set to 'ISO-8859-1'"),
        ({"PYTHONIOENCODING": "latin-1"}, b"set to 'iso8859-1'"),
    ],
)
def test_an_unsuitable_terminal_is_refused(tmp_path, env, words):
    with ScriptConsole(tmp_path, env=env) as console:
        assert console.wait_exit() == 69
        assert words in console.raw
        assert b"export " in console.raw
        assert b"\x1b" not in console.raw


def test_the_environment_cannot_press_keys(tmp_path):
    with ready(tmp_path, env={"TEXTUAL_PRESS": "s", "TEXTUAL_DRIVER": "nowhere:Driver"}) as console:
        console.send("k")
        console.wait_event("key k")
        assert console.keys == ["k"]


def test_a_stalled_terminal_can_be_left(tmp_path):
    with ready(tmp_path, "chatty", size=(60, 200)) as console:
        console.wait_beats(10, reading=False)
        console.signal(signal.SIGTERM)
        console.wait(lambda: console.process.poll() is not None, "the end", reading=False)
        assert console.wait_exit() == 128 + signal.SIGTERM
        assert "drained" in console.events
        console.assert_restored()
