import asyncio
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.demo_process import start
from tests.tools.demo import demo_command
from tests.tools.process import stat
from tests.tui.pty_console import PtyConsole
from tests.tui.seeding import client, make_group, put_lines
from tests.tui.test_other_system import OTHER

pytestmark = pytest.mark.pty
TOBAN = [sys.executable, "-m", "tui"]
SIZE = (40, 120)
HOSTILE = "\x1b]2;PWNED\x07\x1b]52;c;ZXZpbA==\x07\x1b[c\x1b[>c\x1b[18t\x1b[2J\x1b[?1049l\x9b31m\u202egnp [@click=app.quit]x[/]"


@contextmanager
def world(scenario: str) -> Iterator[str]:
    """The address of an embedded AWS whose time is the machine's, for a console that is no demo."""
    process = asyncio.run(start(scenario, origin=datetime.now(UTC)))
    try:
        yield process.url
    finally:
        asyncio.run(process.stop())


def demo(*options: str) -> PtyConsole:
    return PtyConsole(demo_command(*options), size=SIZE)


def live(console: PtyConsole) -> None:
    console.wait_text("alb-5xx-error-rate")
    console.wait_text("read-only")


def calls(console: PtyConsole) -> int:
    match = re.search(r"([\d,]+) calls", console.text)
    return int(match[1].replace(",", "")) if match else 0


def children(console: PtyConsole) -> list[int]:
    pid = console.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return stat(pid)[0] != b"Z"
    except OSError:
        return False


def test_the_demo_shows_live_data_and_ends_leaving_nothing_behind():
    with demo() as console:
        console.wait_raw("Toban 当番".encode())
        live(console)
        console.wait_text("PRODUCTION")
        console.wait_text("DEMO")
        (world,) = children(console)
        console.end(0, keys="\x11")
        assert not is_running(world)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_in_order(number):
    with demo() as console:
        live(console)
        (world,) = children(console)
        console.end(by=number)
        assert not is_running(world)


@pytest.mark.slow
def test_a_killed_console_leaves_no_world_running():
    with demo() as console:
        live(console)
        (world,) = children(console)
        console.process.kill()
        console.wait(lambda: not is_running(world), "the end of the embedded AWS")


def notices(console: PtyConsole) -> list[bytes]:
    return re.findall(rb"\x1b\]9;([^\x07\x1b]*)", console.raw)


def bells(console: PtyConsole) -> int:
    """How often it rang; the bell that ends a string for the terminal does not count."""
    return re.sub(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)", b"", bytes(console.raw)).count(b"\x07")


async def _put_alarm(url: str) -> None:
    """An alarm that keeps the state it is set to: its metric has no data, and that is ignored."""
    async with client("cloudwatch", url) as cloudwatch:
        await cloudwatch.put_metric_alarm(
            AlarmName="catalogue-slow", Namespace="Library", MetricName="QueueLength", Statistic="Maximum",
            Period=60, EvaluationPeriods=1, Threshold=20, ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore", AlarmActions=["arn:aws:sns:ap-northeast-1:123456789012:ops"],
        )  # fmt: skip


async def _set_alarm(url: str, state: str) -> None:
    async with client("cloudwatch", url) as cloudwatch:
        await cloudwatch.set_alarm_state(AlarmName="catalogue-slow", StateValue=state, StateReason="test")


def turn(console: PtyConsole, url: str, state: str) -> None:
    asyncio.run(_set_alarm(url, state))
    console.send("\x12")  # ctrl+r


@pytest.mark.slow
def test_an_alarm_rings_the_bell_once_and_notifies_the_terminal_again_as_it_clears():
    with world("empty") as url:
        asyncio.run(_put_alarm(url))
        asyncio.run(_set_alarm(url, "OK"))
        command = [*TOBAN, "--lang", "en", "--endpoint-url", url, "--runbook", str(OTHER)]
        with PtyConsole(command, size=SIZE) as console:
            console.wait_text("catalogue-slow")
            console.wait_text("read-only")
            assert (notices(console), bells(console)) == ([], 0)
            turn(console, url, "ALARM")
            console.wait(lambda: bool(notices(console)), "a notification")
            console.wait_text("firing 1")
            turn(console, url, "OK")
            console.wait(lambda: len(notices(console)) > 1, "the end of the alarm")
            fired, cleared = notices(console)
            assert b"catalogue-slow ALARM" in fired
            assert b"catalogue-slow OK" in cleared
            assert bells(console) == 2, "once for each change"
            console.send("\x11")
            assert console.wait_exit() == 0


@pytest.mark.slow
def test_a_stalled_terminal_stops_nothing_and_gets_the_right_screen_back():
    # Wide enough for the number of requests.
    with PtyConsole(demo_command("--speed", "300"), size=(40, 200)) as console:
        live(console)
        console.wait(lambda: calls(console) > 8, "the first reads")
        before, cpu = calls(console), console.cpu_seconds()
        console.wait(lambda: console.cpu_seconds() - cpu > 0.8, "ten polls or so", reading=False)
        console.wait(lambda: calls(console) > before + 5, "what was read meanwhile")
        console.wait_text("alb-5xx-error-rate")
        console.end(0, keys="\x11")


@pytest.mark.slow
def test_it_asks_before_a_text_is_lost_and_ends_when_asked_again():
    with demo() as console:
        live(console)
        console.send("\x1b[19~")  # f8
        console.wait_text("Esc closes")
        console.send("half a note", shows="half a note")
        console.send("\x11", shows="Quit again to discard the text.")
        console.end(0, keys="\x11")


@pytest.mark.slow
def test_a_terminal_delivers_the_control_keys_and_signs_that_the_console_binds():
    with demo() as console:
        live(console)
        console.send("3", shows="following")
        console.send("\x17")  # ^w
        console.wait_text("wrapped")
        console.send("/one two\x17")
        console.wait(lambda: "one two" not in console.text and "one " in console.text, "one word deleted")
        console.send("\x1b6", shows="^s Export")
        console.send("\x13", shows=".jsonl")
        console.send("2", shows="Within the month")
        console.send("-", shows="Reason for skipping")
        console.send("\x1b\x11")
        assert console.wait_exit() == 0


@pytest.mark.slow
def test_it_ends_from_a_dialog_without_a_text():
    with demo() as console:
        live(console)
        console.send("?", shows="Everywhere")
        console.send("\x11")
        assert console.wait_exit() == 0


@pytest.mark.slow
def test_a_demo_keeps_out_of_the_configured_journal(tmp_path, monkeypatch):
    configured, named = tmp_path / "configured.db", tmp_path / "named.db"
    monkeypatch.setenv("TOBAN_JOURNAL", str(configured))
    with demo("--journal", str(named)) as console:
        live(console)
        console.wait(named.exists, "the journal that was named")
        console.send("\x11")
        assert console.wait_exit() == 0
    with demo() as console:
        live(console)
        console.send("\x11")
        assert console.wait_exit() == 0
    assert not configured.exists()


@pytest.mark.parametrize("stdin", ["null", "closed"])
def test_without_a_keyboard_it_does_not_stay(stdin):
    with PtyConsole(demo_command(lang="ja"), size=SIZE, stdin=stdin) as console:
        assert console.wait_exit() == 69
        assert "端末".encode() in console.raw or b"not a terminal" in console.raw
        assert b"Traceback" not in console.raw


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"LC_ALL": "en_US.ISO-8859-1"}, {"TERM": None}])
def test_an_unsuitable_terminal_is_explained_what_to_do(env):
    with PtyConsole(demo_command(), size=SIZE, env=env) as console:
        assert console.wait_exit() == 69
        assert b"export " in console.raw
        assert b"Traceback" not in console.raw


def test_a_wrong_runbook_ends_the_start_with_file_line_and_key(tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(OTHER.read_text().replace('region = "ap-northeast-1"', 'region = "Tokyo"'))
    with PtyConsole([*TOBAN, "--lang", "en", "--runbook", str(wrong)], size=SIZE) as console:
        console.end(65)
        assert b"wrong.toml:9: system.region" in console.raw
        assert b"Traceback" not in console.raw


async def _seed(url: str, now: datetime) -> None:
    async with client("cloudwatch", url) as cloudwatch:
        await cloudwatch.put_metric_alarm(
            AlarmName=HOSTILE[:200], AlarmDescription=HOSTILE, Namespace="N", MetricName="M", Statistic="Sum",
            Period=60, EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        await cloudwatch.set_alarm_state(AlarmName=HOSTILE[:200], StateValue="ALARM", StateReason=HOSTILE)
    async with client("logs", url) as logs:
        await make_group(logs, "/app/catalogue", "a")
        at = int(now.timestamp() * 1000)
        await put_lines(logs, "/app/catalogue", "a", [(at - 1000, HOSTILE), (at - 900, "the last line")])


@contextmanager
def hostile_world() -> Iterator[str]:
    """The address of an embedded AWS in which hostile text stands wherever people can write."""
    with world("ordinary-day") as url:
        asyncio.run(_seed(url, datetime.now(UTC)))
        yield url


@pytest.mark.slow
def test_hostile_text_reaches_no_terminal_and_presses_no_key():
    with hostile_world() as url:
        command = [*TOBAN, "--lang", "en", "--endpoint-url", url, "--runbook", str(OTHER)]
        with PtyConsole(command, size=SIZE) as console:
            console.wait_text("the last line")
            console.wait_text("␛]2;PWNED␇")
            console.send("a\r", shows="What to do")
            console.send("\x1b", shows="Dashboard")
            for sequence in (
                b"\x1b]2;PWNED",
                b"\x1b]52;",
                b"\x1b[>c",
                b"\x1b[18t",
                b"\xc2\x9b",
                "\u202e".encode(),
            ):
                assert sequence not in console.raw
            assert "internal errors" not in console.text
            # What a terminal would answer to such queries presses nothing.
            console.send(b"\x1b[?1;2;4c\x1b[>84;0;0c\x1b[8;20;100t\x1b]lq\x1b\\\x1bP1$rq\x1b\\")
            console.send("z")
            console.wait(lambda: "Dashboard library" not in console.text, "the key that was really pressed")
            console.send("\x11")
            assert console.wait_exit() == 0
