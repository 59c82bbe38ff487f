import os
import shlex
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.bench.link.ages import Ages, ClockAges, MarkAges, ages, newest
from tests.bench.link.feed import ANSWERS, KEY
from tests.bench.link.proxy import Proxy
from tests.bench.link.sshd import Server
from tests.bench.link.viewer import Viewer
from tests.bench.peers import ROOT
from tests.tools.process import cpu_seconds

FIRST_LIMIT = 60.0  # Seconds until there is something to see
SETTLED = 4.0  # Seconds after the first screen; by then the console knows its line
LOOK_EVERY = 0.1
KEY_EVERY = 1.0  # Seconds between an answer and the next key
KEY_LIMIT = 10.0
_END_LIMIT = 5.0


class Link(NamedTuple):
    rate: float | None  # Bytes/s each way; None for no limit
    compress: bool = False
    latency: float = 0.0  # Seconds one way
    options: tuple[str, ...] = ()  # `NAME=VALUE` for ssh

    @property
    def words(self) -> str:
        rate = "no limit" if self.rate is None else f"{self.rate:,.0f} B/s"
        return f"{rate}, ssh -C" if self.compress else rate


class Figures(NamedTuple):
    """What was seen; None where it was not."""

    received: float | None = None  # Bytes/s from the far end, ssh's own included
    sent: float | None = None  # Bytes/s to the far end
    age: Ages = Ages(None, None)  # Of what the screen shows: a line's, or the clock's
    newest: Ages = Ages(None, None)
    """Of the newest log line in the console, the time between two polls included."""
    key: float | None = None
    """Median seconds from a key to the screen that it changes; the time waited where no answer came."""
    answered: bool = True
    gap: float | None = None  # Seconds: the longest delay of the far end's loop
    cpu: float | None = None  # Percent of one core, of the far end's process


class FarEnd:
    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def pid(self) -> int | None:
        lines = self._lines()
        return int(lines[0]) if lines else None

    def cpu(self) -> float:
        pid = self.pid
        try:
            return cpu_seconds(pid) if pid is not None else 0.0
        except OSError:
            return 0.0

    def longest_gap(self, since: float, until: float) -> float | None:
        """Seconds, within a span of epoch seconds; a loop that stands still at its end counts as far as that."""
        looks = [(float(at), float(gap)) for at, gap in map(str.split, self._lines()[1:])]
        if not looks:
            return None
        silent = until - max(at for at, _gap in looks) - 1.0
        return max([silent, *(gap for at, gap in looks if since + 1.0 <= at)])

    def end(self) -> None:
        if (pid := self.pid) is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + _END_LIMIT
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _lines(self) -> list[str]:
        # The last line may not be complete.
        return self._file.read_text("ascii").split("\n")[:-1] if self._file.exists() else []


class Session:
    def __init__(self, viewer: Viewer, proxy: Proxy, far: FarEnd) -> None:
        self.viewer = viewer
        self.proxy = proxy
        self.far = far

    def watch(
        self, seconds: float, on_read: Callable[[], None], changed: Callable[[str], None] = lambda _text: None
    ) -> Figures:
        """Over `seconds`; `on_read` is called every LOOK_EVERY, `changed` with a new screen."""
        before = self.proxy.received, self.proxy.sent, self.far.cpu()
        since, began = time.time(), time.monotonic()
        look_at, version = began, -1
        while (now := time.monotonic()) - began < seconds:
            self.viewer.read(look_at - now)
            if self.viewer.screen.version != version:
                version = self.viewer.screen.version
                changed(self.viewer.text)
            if time.monotonic() >= look_at:
                look_at += LOOK_EVERY
                on_read()
        took = time.monotonic() - began
        received, sent, cpu = (
            now - then
            for now, then in zip((self.proxy.received, self.proxy.sent, self.far.cpu()), before, strict=True)
        )
        gap = self.far.longest_gap(since, time.time())
        return Figures(received / took, sent / took, gap=gap, cpu=100 * cpu / took)


@contextmanager
def session(server: Server, link: Link, program: list[str], env: Mapping[str, str]) -> Iterator[Session]:
    file = server.folder / f"probe-{time.monotonic_ns()}"
    home = server.folder / "home"
    home.mkdir(exist_ok=True)
    variables = {
        "HOME": str(home),
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        **{f"XDG_{kind}_HOME": str(home) for kind in ("CONFIG", "STATE", "DATA", "CACHE")},
        **env,
    }
    words = ["env", *(f"{name}={value}" for name, value in variables.items())]
    words += [sys.executable, "-m", "tests.bench.link.console", str(file), *program]
    remote = f"cd {shlex.quote(str(ROOT))} && exec {shlex.join(words)}"
    far = FarEnd(file)
    try:
        with Proxy(server.port, link.rate, link.latency) as proxy:
            command = server.command(proxy.port, remote, compress=link.compress, options=link.options)
            with Viewer(command) as viewer:
                try:
                    yield Session(viewer, proxy, far)
                finally:
                    far.end()
    finally:
        # It may have begun to run after all.
        far.end()


class Keys:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._pressed = 0
        self._at: float | None = None
        self._next = time.monotonic() + KEY_EVERY
        self.samples: list[float] = []

    def press(self) -> None:
        if self._at is None and time.monotonic() >= self._next:
            self._at = time.monotonic()
            self._pressed += 1
            self._viewer.send(KEY)

    def look(self, text: str) -> None:
        match = ANSWERS.search(text)
        if self._at is not None and match is not None and int(match[1]) == self._pressed:
            self.samples.append(time.monotonic() - self._at)
            self._next, self._at = time.monotonic() + KEY_EVERY, None

    def figures(self) -> tuple[float | None, bool]:
        """(seconds, whether an answer came)."""
        if self.samples:
            return statistics.median(self.samples), True
        return (None, False) if self._at is None else (time.monotonic() - self._at, False)


def feed(server: Server, link: Link, kind: str, seconds: float, env: Mapping[str, str]) -> Figures:
    with session(server, link, ["feed", kind], env) as link_session:
        viewer = link_session.viewer
        if viewer.until(lambda text: newest(text) > 0, FIRST_LIMIT) is None:
            return Figures()
        link_session.watch(SETTLED, lambda: None)
        marks, keys = MarkAges(), Keys(viewer)

        def look() -> None:
            marks.look(viewer.text)
            keys.press()

        figures = link_session.watch(seconds, look, keys.look)
        key, answered = keys.figures()
        return figures._replace(age=ages(marks.samples), key=key, answered=answered)


class Console:
    LIVE = ("alb-5xx-error-rate", "Request completed")  # On the screen when all panels are filled
    HELP, HELP_TEXT, BACK = b"?", "Esc closes", b"\x1b"
    LOGS = b"3"
    GROUP = "/ecs/staff-api"  # The log group that the logs mode opens with

    def __init__(self, server: Server, url: str, env: Mapping[str, str]) -> None:
        self._server = server
        self._url = url
        self._env = {**env, "TOBAN_INTERVALS__LOGS": "2"}

    def measure(self, link: Link, seconds: float, env: Mapping[str, str]) -> tuple[Figures, Figures]:
        """(watch mode, logs mode), `seconds` each; the logs mode is not reached where no key is answered."""
        program = ["toban", "--endpoint-url", self._url, "--lang", "en"]
        with session(self._server, link, program, {**self._env, **env}) as console:
            if console.viewer.until(self._live, FIRST_LIMIT) is None:
                return Figures(), Figures()
            console.watch(SETTLED, lambda: None)
            watched = self._aged(console, seconds)
            key, answered = self._help(console.viewer)
            watched = watched._replace(key=key, answered=answered)
            if not answered:
                return watched, Figures()
            began = time.time()
            with self._writing():
                console.viewer.send(self.LOGS)
                # The group may hold lines of an earlier link.
                if console.viewer.until(lambda text: newest(text) >= began, FIRST_LIMIT) is None:
                    return watched, Figures()
                console.watch(SETTLED, lambda: None)
                return watched, self._aged(console, seconds)

    def _live(self, text: str) -> bool:
        return all(each in text for each in self.LIVE)

    def _helps(self, text: str) -> bool:
        return self.HELP_TEXT in text

    def _helps_not(self, text: str) -> bool:
        return self.HELP_TEXT not in text

    def _aged(self, console: Session, seconds: float) -> Figures:
        clock, marks = ClockAges(), MarkAges()
        figures = console.watch(seconds, lambda: marks.look(console.viewer.text), clock.look)
        clock.end()
        return figures._replace(age=ages(clock.samples), newest=ages(marks.samples))

    def _help(self, viewer: Viewer, times: int = 3) -> tuple[float | None, bool]:
        """(median seconds until the help is there or gone, whether it ever came)."""
        durations: list[float] = []
        for _time in range(times):
            for key, there in ((self.HELP, True), (self.BACK, False)):
                viewer.send(key)
                took = viewer.until(self._helps if there else self._helps_not, KEY_LIMIT)
                if took is None:
                    return statistics.median(durations or [KEY_LIMIT]), bool(durations)
                durations.append(took)
        return statistics.median(durations), True

    @contextmanager
    def _writing(self) -> Iterator[None]:
        command = [sys.executable, "-m", "tests.bench.link.writer", self._url, self.GROUP]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True)
        try:
            yield
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
