"""Every figure is a median of fresh processes, each in a pseudo-terminal of the same size."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.observed import NOT_INHERITED, Terminal
from tests.bench.peers import peer
from tests.bench.rows import Row, against
from tests.bench.world import World, running_world

GROUP = "start"
HERE = Path(__file__).parent
TOBAN = str(Path(sys.executable).with_name("toban"))
MINIMAL = "minimal Textual app"
AWS_CLI = "aws cloudwatch describe-alarms"
HELP = b"?"
ALARMS = b"a"  # Lists the alarms, of which there is otherwise one line while all are normal
CURSOR = "▌"  # Stands before the row with the cursor


class Mark(NamedTuple):
    figure: str
    text: str


SHELL = Mark("first real frame", "Connecting to AWS")
PANELS = Mark("panels on screen", "read-only")
LIVE = Mark("first live value", "alb-5xx-error-rate")
LOG = Mark("first log line", "Request completed")
OUTLINE = Mark("outline on screen", "Toban")
MARKS = (OUTLINE, SHELL, LIVE, PANELS, LOG)
GOALS = {LIVE: "<= 3"}
READS = (
    ("inspect alarms --json, processor", ("inspect", "alarms", "--json"), "<= 1"),
    ("alarms --json, processor", ("alarms", "--json"), "<= 1.7"),
)


class Peer(NamedTuple):
    name: str
    arguments: tuple[str, ...]
    text: str
    key: bytes = b""
    answer: str = ""
    goal: str = ""


PEERS = (
    Peer("posting", (), "Collection", goal="<= 0.4"),
    Peer("harlequin", (":memory:",), "Data Catalog", goal="<= 0.35"),
    Peer("toolong", ("{log}",), "ready-to-read"),
    Peer("lnav", ("{log}",), "ready-to-read", b"?", "HLP"),
)


def run(quick: bool) -> list[Row]:
    bench = Bench(3 if quick else 5)
    return [*bench.ours(), *bench.peers()]


class Bench:
    def __init__(self, runs: int) -> None:
        self.runs = runs
        self.few = max(2, runs // 2)
        self.shell: float | None = None
        self.interactive: float | None = None

    def ours(self) -> list[Row]:
        python = self.reach([sys.executable, "-c", "print('done')"], ["done"])[0]
        app = [sys.executable, str(HERE / "minimal_app.py")]
        minimal = self.reach(app, ["minimal-is-ready"])[0]
        minimal_key = self.until_answered(app, "minimal-is-ready", b"a", "key-was-seen")
        with running_world("ordinary-day") as world:
            toban = [TOBAN, "--endpoint-url", world.url, "--lang", "en"]
            moments = self.reach(toban, [mark.text for mark in MARKS], world.env)
            self.interactive = self.until_answered(toban, SHELL.text, HELP, "Esc closes", world.env)
            key = self.key_when_live(toban, world.env)
            headless = self.headless(world)
        minimal_live = self.key([*app], "minimal-is-ready", b"a", "key-was-seen")
        outline, self.shell, *later = moments
        demo = self.reach([TOBAN, "demo", "--lang", "en"], [SHELL.text, LIVE.text], runs=self.few)
        return [
            against(GROUP, OUTLINE.figure, outline, "ms", "python -c pass", python, "<= 2"),
            against(GROUP, SHELL.figure, self.shell, "ms", MINIMAL, minimal, "<= 1.6"),
            *(
                against(GROUP, mark.figure, took, "ms", MINIMAL, minimal, GOALS.get(mark, ""))
                for mark, took in zip(MARKS[2:], later, strict=True)
            ),
            *headless,
            against(GROUP, "demo: first real frame", demo[0], "ms", MINIMAL, minimal, "<= 1.6"),
            against(GROUP, "demo: first live value, AWS started too", demo[1], "ms", MINIMAL, minimal),
            against(GROUP, "a key at the first frame answered", self.interactive, "ms", MINIMAL, minimal_key),
            against(GROUP, "key to its screen, all live", key, "ms", MINIMAL, minimal_live),
        ]

    def headless(self, world: World) -> list[Row]:
        """Processor seconds, each in turn with the AWS CLI on the same endpoint."""
        place = ("--endpoint-url", world.url)
        aws = _executable("aws")
        if aws is None:
            return [
                Row(GROUP, name, None, "ms", "aws: not installed", goal=goal)
                for name, _command, goal in READS
            ]
        theirs = (
            aws,
            *place,
            "--region",
            "ap-northeast-1",
            "--output",
            "json",
            "cloudwatch",
            "describe-alarms",
        )
        commands = {AWS_CLI: theirs, **{name: (TOBAN, *command, *place) for name, command, _goal in READS}}
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _turn in range(self.runs + 1):
            for name, command in commands.items():
                times[name].append(_processor_ms(command, world.env))
        # The first run of each warms the caches.
        medians = {name: statistics.median(figures[1:]) for name, figures in times.items()}
        return [
            against(GROUP, name, medians[name], "ms", AWS_CLI, medians[AWS_CLI], goal)
            for name, _command, goal in READS
        ]

    def peers(self) -> list[Row]:
        rows = []
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "peer.log"
            log.write_text("ready-to-read\n" * 3)
            for other in PEERS:
                rows += self._beside(other, log)
        return rows

    def _beside(self, other: Peer, log: Path) -> list[Row]:
        command = peer(other.name)
        if command is None:
            name = f"{other.name}: not installed"
            return [Row(GROUP, SHELL.figure, self.shell, "ms", name, goal=other.goal)]
        started = [command, *(each.format(log=log) for each in other.arguments)]
        env = {"HOME": str(log.parent)}
        theirs = self.reach(started, [other.text], env, self.few)[0]
        rows = [against(GROUP, SHELL.figure, self.shell, "ms", other.name, theirs, other.goal)]
        if other.key:
            answered = self.until_answered(started, other.text, other.key, other.answer, env)
            rows.append(
                against(
                    GROUP, "a key at the first frame answered", self.interactive, "ms", other.name, answered, "<= 2.2"
                )
            )  # fmt: skip
        return rows

    def reach(
        self,
        command: Sequence[str],
        texts: Sequence[str],
        env: Mapping[str, str] | None = None,
        runs: int | None = None,
    ) -> list[float | None]:
        """Median milliseconds from the start to each of `texts`, which appear in this order."""

        def once() -> list[float | None]:
            with Terminal(command, env) as terminal:
                return [terminal.until(text) for text in texts]

        return _medians(once, runs or self.runs)

    def until_answered(
        self, command: Sequence[str], text: str, key: bytes, answer: str, env: Mapping[str, str] | None = None
    ) -> float | None:
        """Median milliseconds from the start until the answer to a key that is pressed at `text`."""

        def once() -> list[float | None]:
            with Terminal(command, env) as terminal:
                terminal.until(text)
                since = len(terminal.text)
                terminal.send(key)
                return [terminal.until(answer, since=since)]

        return _medians(once, self.runs)[0]

    def key(self, command: Sequence[str], text: str, key: bytes, answer: str) -> float | None:
        """Median milliseconds from a key to its answer, once the start has come to rest."""

        def once() -> list[float | None]:
            with Terminal(command) as terminal:
                terminal.until(text)
                terminal.quiet(0.3)
                return [terminal.answer(key, answer)]

        return _medians(once, self.runs)[0]

    def key_when_live(self, command: Sequence[str], env: Mapping[str, str]) -> float | None:
        """The same with every panel live: the cursor in the alarms goes down, and up again."""
        with Terminal(command, env) as terminal:
            terminal.until(LOG.text)
            terminal.send(ALARMS)
            terminal.quiet(0.8, 5)
            times = []
            for turn in range(2 * self.runs + 2):
                times.append(terminal.answer(b"k" if turn % 2 else b"j", CURSOR))
                terminal.watch(0.3)
        return _median(times[2:])


def _processor_ms(command: Sequence[str], env: Mapping[str, str]) -> float:
    """Processor milliseconds of a command and its children, as the system counts them."""
    before = os.times()
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    subprocess.run(
        command, env={**inherited, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    after = os.times()
    return 1000 * (
        after.children_user - before.children_user + after.children_system - before.children_system
    )


def _executable(name: str) -> str | None:
    """The program itself where a version manager has put a script before it, which would be counted, too."""
    path = shutil.which(name)
    if path is None or Path(path).parent.name != "shims":
        return path
    answer = subprocess.run(["pyenv", "which", name], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or path


def _medians(once: Callable[[], Sequence[float | None]], runs: int) -> list[float | None]:
    """Medians in milliseconds of `runs` after one that warms up; None where a moment was not reached."""
    once()
    columns = zip(*(once() for _ in range(runs)), strict=True)
    return [_median(column) for column in columns]


def _median(times: Sequence[float | None]) -> float | None:
    milliseconds = [each * 1000 for each in times if each is not None]
    return statistics.median(milliseconds) if len(milliseconds) == len(times) else None
