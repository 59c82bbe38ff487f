"""Our pane beside the same one with Textual's output, and Textual's Log under its own driver."""

import tempfile
from pathlib import Path

from tests.bench.link.measure import Console, Figures, Link, feed
from tests.bench.link.sshd import NoServer, Server, running_sshd
from tests.bench.rows import Row, against
from tests.bench.world import running_world

GROUP = "link"
SLOW = 9_600.0  # Bytes/s for which there is a goal
RATES = (SLOW, 30_000.0, 100_000.0, None)
ALLOWED = 1.5  # Seconds that the screen may be old on the slow line
TEXTUAL = {"TOBAN_OUTPUT": "textual"}


def run(quick: bool) -> list[Row]:
    """About a minute when `quick`, else within ten."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with running_sshd(Path(folder)) as server:
                return _quick(server) if quick else _full(server)
        except NoServer as missing:
            return [Row(GROUP, "age of the screen", None, "s", f"sshd: {missing}")]


def _quick(server: Server) -> list[Row]:
    return [*_fed(server, Link(SLOW), 8.0), *_fed(server, Link(None), 4.0)]


def _full(server: Server) -> list[Row]:
    rows = []
    for rate in RATES:
        for compress in (False, True):
            link = Link(rate, compress)
            rows += _fed(server, link, 8.0)
            rows += _console(server, link, 6.0)
    return rows


def _fed(server: Server, link: Link, seconds: float) -> list[Row]:
    ours = feed(server, link, "pane", seconds, {})
    plain = feed(server, link, "pane", seconds, TEXTUAL)
    log = feed(server, link, "log", seconds, {})
    has_goal = link == Link(SLOW)
    rows = [
        *_beside(link, ours, "Textual's output", plain, ("", "")),
        *_beside(
            link, ours, "Textual's Log", log,
            ("<= 0.1" if link == Link(None) else "", "<= 0.02" if has_goal else ""),
        ),
    ]  # fmt: skip
    if has_goal:
        rows.append(_allowed(f"pane, {link.words}: age, at most", ours))
    return rows


def _beside(link: Link, ours: Figures, name: str, other: Figures, goals: tuple[str, str]) -> list[Row]:
    pane = f"pane, {link.words}"
    rows = _figures(pane, "age", ours, name, other, goals)
    return [*rows, _key(f"{pane}: key to screen", ours, name, other)]


def _figures(
    what: str, age: str, ours: Figures, name: str, other: Figures, goals: tuple[str, str] = ("", "")
) -> list[Row]:
    return [
        against(GROUP, f"{what}: sent", ours.received, "B/s", name, other.received, goals[0]),
        against(GROUP, f"{what}: {age}, median", ours.age.median, "s", name, other.age.median),
        against(GROUP, f"{what}: {age}, at most", ours.age.longest, "s", name, other.age.longest),
        against(GROUP, f"{what}: gap of the loop", _ms(ours.gap), "ms", name, _ms(other.gap), goals[1]),
        against(GROUP, f"{what}: processor", ours.cpu, "%", name, other.cpu),
    ]


def _key(figure: str, ours: Figures, name: str, other: Figures) -> Row:
    waited = name if other.answered else f"{name} (no answer)"
    return against(GROUP, f"{figure}{_unanswered(ours)}", ours.key, "s", waited, other.key)


def _seen(server: Server, link: Link, seconds: float, env: dict[str, str]) -> tuple[Figures, Figures]:
    """In a world of its own: lines put before would fill the tail."""
    with running_world("ordinary-day") as world:
        return Console(server, world.url, world.env).measure(link, seconds, env)


def _console(server: Server, link: Link, seconds: float) -> list[Row]:
    watch, logs = _seen(server, link, seconds, {})
    watch_plain, logs_plain = _seen(server, link, seconds, TEXTUAL)
    rows = []
    for mode, ours, plain in (("watch", watch, watch_plain), ("logs", logs, logs_plain)):
        figure = f"console, {mode}, {link.words}"
        rows += [*_figures(figure, "age of the clock", ours, "Textual's output", plain)]
        if link == Link(SLOW):
            rows.append(_allowed(f"{figure}: age of the clock, at most", ours))
    newest = f"console, logs, {link.words}: age of the newest line"
    name = "Textual's output"
    return [
        *rows,
        _key(f"console, watch, {link.words}: help opened, closed", watch, name, watch_plain),
        against(GROUP, f"{newest}, median", logs.newest.median, "s", name, logs_plain.newest.median),
        against(GROUP, f"{newest}, at most", logs.newest.longest, "s", name, logs_plain.newest.longest),
    ]


def _allowed(figure: str, figures: Figures) -> Row:
    return against(GROUP, figure, figures.age.longest, "s", "allowed", ALLOWED, "<= 1")


def _unanswered(figures: Figures) -> str:
    return "" if figures.answered else " (no answer)"


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1000 * seconds
