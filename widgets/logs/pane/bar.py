"""The rows below and above the lines of a log pane: counters, problem. Lost, hidden and late lines are always
reported. A part that does not fit is omitted completely, the least important first."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _, plural
from services.models import glyphs
from services.models.date_text import with_zone
from services.models.logs import TailStats
from services.models.problem import Problem
from widgets.frame.panel import same_trouble, words_of
from widgets.logs.text.time import second_text

BEHIND = 10.0  # Seconds of lag from which a tail counts as behind: two rounds
LONG_WAIT = 2.0  # Seconds of waiting for the account's limit from which it is shown
Part = tuple[int, Content]  # Rank (the highest is omitted first) and text


class PaneMode(StrEnum):
    FOLLOWING = "following"
    READING = "reading"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class PaneBarFacts:
    mode: PaneMode = PaneMode.FOLLOWING
    new: int = 0  # Lines below the window that arrived since following ended
    lines: int = 0  # Lines in memory
    visible: int = 0  # Those of them that pass the threshold
    dropped: int = 0  # Lines no longer in memory
    stats: TailStats | None = None
    read_at: datetime | None = None  # When the last statistics arrived (UTC)
    stale: bool = False  # Statistics are overdue
    failing: bool = False  # The newest read failed
    complete: str = ""  # From when on no line is missing, in words
    incomplete: str = ""  # Which late lines may be missing, in words
    reach: str = ""  # How late a line may be and is shown, in words
    held_mb: float = 0.0  # Size of the lines in memory, in MB
    most_mb: int = 0  # The most that it may be
    note: str = ""  # What is being read beside the follow loop
    scope: str = ""  # Which lines these are, where nothing is followed
    search: str = ""  # The query and its matches, in words
    marking: int = 0  # Lines in the marked range


class PaneRow(Widget):
    ALLOW_SELECT = False

    def fitted(self, parts: list[Part], gap: str = "  ") -> Content:
        parts = parts[:]
        while (
            len(parts) > 1
            and sum(part.cell_length + len(gap) for _rank, part in parts) - len(gap) > self.size.width
        ):
            parts.remove(max(parts, key=lambda part: part[0]))
        return Content(gap).join([part for _rank, part in parts])


class LogBar(PaneRow):
    DEFAULT_CSS = """
    LogBar { height: 1; background: $panel; color: $text; padding: 0 1; }
    """

    facts: reactive[PaneBarFacts] = reactive(PaneBarFacts())
    zone: reactive[tzinfo | None] = reactive(None)

    def render(self) -> RenderResult:
        """`▶ following  12,345 lines  complete from 09:00:12  late 3  1,250/s  …`."""
        facts = self.facts
        parts = [_mode(facts)]
        if facts.note:
            parts.append((1, Content.styled(facts.note, "$text-accent")))
        if facts.search:
            parts.append((1, Content.styled(facts.search, "bold $text-warning")))
        if facts.marking:
            text = plural("{count} line selected", "{count} lines selected", facts.marking)
            parts.append((1, Content.styled(text.format(count=f"{facts.marking:,}"), "bold $text-accent")))
        parts.append((5, _muted(_lines(facts))))
        if facts.dropped:
            text = _("older lines dropped: {count}", count=f"{facts.dropped:,}")
            parts.append((3, Content.styled(text, "$text-warning")))
        return self.fitted(parts + _stats(facts, self.zone))


class LogTrouble(PaneRow):
    DEFAULT_CSS = """
    LogTrouble { height: auto; max-height: 3; display: none; background: $error-muted; color: $text; padding: 0 1; }
    """

    problem: reactive[Problem | None] = reactive(None, layout=True)
    zone: reactive[tzinfo | None] = reactive(None)

    def __init__(self) -> None:
        super().__init__()
        self._since: datetime | None = None
        self._has_lines = False

    def show(self, problem: Problem | None, banner: Problem | None, *, has_lines: bool) -> None:
        """Show the newest failure since the time of the first, unless the `banner` shows the same."""
        if problem is None or self._since is None:
            self._since = problem.at if problem else None
        self._has_lines = has_lines
        self.problem = None if same_trouble(problem, banner) else problem

    def watch_problem(self, problem: Problem | None) -> None:
        self.display = problem is not None

    def render(self) -> RenderResult:
        """`◆ no permission: logs:FilterLogEvents — ask for … (since 09:12:33 JST; lines are old)`."""
        problem = self.problem
        if problem is None:
            return Content("")
        summary, *details = words_of(problem)
        parts = [Content.styled(f"{glyphs.ABNORMAL} ", "bold"), Content.styled(summary, "bold")]
        for detail in details:
            parts += [Content(" \u2014 "), Content(detail)]
        start = self._since or problem.at
        zone = self.zone or UTC
        # The newest failure is of now: a day is written where the first one was on another.
        time = second_text(round(start.timestamp() * 1000), zone, problem.at.astimezone(zone).date())
        since = _("(since {time}; no newer lines are shown)") if self._has_lines else _("(since {time})")
        parts.append(Content.styled("  " + since.format(time=with_zone(time, start, zone)), "$text-muted"))
        return Content("").join(parts)


def _mode(facts: PaneBarFacts) -> Part:
    if facts.mode is PaneMode.FOLLOWING and facts.failing:
        return 0, Content.styled(f"{glyphs.ATTENTION} {_('reading failed')}", "bold $text-warning")
    if facts.mode is PaneMode.FOLLOWING and facts.scope:
        return 0, _muted(_("at the end"))
    if facts.mode is PaneMode.FOLLOWING:
        return 0, Content.styled(f"{glyphs.RUNNING} {_('following')}", "bold $text-success")
    new = _("\u2193 {count} new", count=f"{facts.new:,}") if facts.new else ""
    if facts.mode is PaneMode.PAUSED:
        return 0, Content.styled(
            f" {glyphs.PAUSED} {_('paused')} {new}".rstrip() + " ", "bold reverse $text-warning"
        )
    if new:
        return 0, Content.styled(f" {new} ", "bold reverse $text-accent")
    return 0, Content.styled(f"\u2191 {_('reading')}", "bold $text-accent")


def _lines(facts: PaneBarFacts) -> str:
    count = f"{facts.lines:,}"
    if facts.visible != facts.lines:
        return _("{shown} of {count} lines", shown=f"{facts.visible:,}", count=count)
    return plural("{count} line", "{count} lines", facts.lines, count=count)


def _stats(facts: PaneBarFacts, zone: tzinfo | None) -> list[Part]:
    stats = facts.stats
    if stats is None:
        return [(2, _muted(facts.scope or _("not read yet")))]
    parts: list[Part] = []
    if facts.incomplete:
        parts.append((2, Content.styled(facts.incomplete, "$text-warning")))
    if facts.complete:
        parts.append((3, _muted(facts.complete)))
    parts += _delays(stats)
    if stats.rate:
        parts.append((6, _muted(rate_text(stats.rate))))
    if facts.reach:
        parts.append((7, _muted(facts.reach)))
    if facts.held_mb >= 1:
        memory = _("{size} of {most} MB", size=f"{facts.held_mb:.0f}", most=facts.most_mb)
        parts.append((8, _muted(memory)))
    if facts.read_at is not None:
        words = _("tried {time}") if facts.failing else _("read {time}")
        last_read = words.format(time=f"{facts.read_at.astimezone(zone):%H:%M:%S}")
        if facts.stale:
            parts.append((1, Content.styled(f" {_('STALE')} {last_read} ", "bold reverse $text-warning")))
        else:
            parts.append((6, _muted(last_read)))
    return parts


def _delays(stats: TailStats) -> list[Part]:
    parts: list[Part] = []
    if stats.lag is not None and stats.lag > BEHIND:
        lag = _("{seconds} s behind", seconds=f"{stats.lag:,.0f}")
        parts.append((2, Content.styled(lag, "$text-warning")))
    if stats.late:
        late = _("late {count}", count=f"{stats.late:,}")
        parts.append((4, Content.styled(late, "$text-accent")))
    if stats.throttled:
        text = _("throttled {count}", count=f"{stats.throttled:,}")
        parts.append((4, Content.styled(text, "$text-warning")))
    if stats.waiting > LONG_WAIT:
        text = _("waits {seconds} s for its turn", seconds=f"{stats.waiting:.0f}")
        parts.append((5, Content.styled(text, "$text-warning")))
    return parts


def rate_text(rate: float) -> str:
    """Lines a second: `1,250/s`, `1.5/s`; below one, lines a minute: `3/min`."""
    if rate < 1:
        return _("{rate}/min", rate=max(1, round(rate * 60)))
    return _("{rate}/s", rate=f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}")


def _muted(text: str) -> Content:
    return Content.styled(text, "$text-muted")
