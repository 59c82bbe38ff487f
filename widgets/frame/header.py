"""The header of every screen: environment, modes, what is late or armed, clock; with room, account, identity
and cost. One row above the alarm strip. A part that does not fit is dropped whole, the least important first;
the environment and the clock are never dropped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _
from services.models.identity import Identity
from services.models.runbook import Environment
from widgets.drawing.lines import Line, LineWidget, fit
from widgets.drawing.ticker import every_second


@dataclass(frozen=True, slots=True)
class ModeLabel:
    key: str
    title: str
    active: bool = False
    badge: str = ""  # What is pending in the mode, in a few cells: `2`, `!1`; "" for nothing


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    environment: Environment | None = None
    system: str = ""
    account: str = ""  # The account id of the runbook
    region: str = ""
    identity: Identity | None = None
    expires_in: str = ""  # Remaining lifetime of the credentials, in words; "" if they do not expire
    expires_soon: bool = False
    calls: int = 0
    yen: float = 0.0
    demo: str = ""  # Scenario of the embedded AWS; "" on a real one
    modes: tuple[ModeLabel, ...] = ()
    late: int = 0  # Duties that are late
    on_duty: str = ""  # Who is on duty today by the runbook's roster; "" if it names nobody
    read_only: bool = True
    armed_left: str = ""  # Remaining time for which writing is allowed, in words
    journal: str = ""  # Why nothing can be recorded, in a few words; "" while it can
    bugs: int = 0  # Internal errors and unclean texts caught so far; each is a bug of the console
    skew: str = ""  # The error of this machine's clock, in words, or ""
    skew_short: str = ""  # The same in a few cells, for a narrow terminal
    link: str = ""  # Words about a slow link to the terminal, or ""


class HeaderLine(Widget):
    DEFAULT_CSS = """
    HeaderLine { width: 1fr; height: 1; }
    """

    facts: reactive[HeaderFacts] = reactive(HeaderFacts())

    def render(self) -> RenderResult:
        """The parts that fit, in reading order; they are abbreviated before important ones are dropped."""
        width = self.size.width
        for form in _FORMS:
            parts, lowest_dropped = _fitting(_parts(self.facts, form), width)
            if lowest_dropped > form.needs:
                break
        return Content("  ").join([part for _rank, part in parts])


class Form(NamedTuple):
    """How much is written in full."""

    scenario: bool = True
    modes: bool = True
    gap: int = 2  # Cells between the modes
    words: bool = True  # Full words for the environment, for writing and for the clock's error
    needs: int = 6  # Rank up to which nothing is dropped; otherwise the next form is tried


_FORMS = (
    Form(needs=8),
    Form(scenario=False),
    Form(scenario=False, gap=1),
    Form(scenario=False, gap=2, modes=False),
    Form(scenario=False, gap=1, modes=False),
    Form(scenario=False, gap=1, modes=False, words=False),
)
"""From the longest to the shortest."""
_NOTHING = 99  # A rank beyond that of every part


def _fitting(parts: list[tuple[int, Content]], width: int) -> tuple[list[tuple[int, Content]], int]:
    """The parts that fit, in reading order, and the lowest rank that was dropped. A part that is too long for
    the remaining room does not take others with it."""
    room, indexes, lowest_dropped = width + 2, set[int](), _NOTHING
    for index in sorted(range(len(parts)), key=lambda index: (parts[index][0], -index)):
        rank, part = parts[index]
        if part.cell_length + 2 <= room or not indexes:
            room -= part.cell_length + 2
            indexes.add(index)
        else:
            lowest_dropped = min(lowest_dropped, rank)
    return [part for index, part in enumerate(parts) if index in indexes], lowest_dropped


def _parts(facts: HeaderFacts, form: Form) -> list[tuple[int, Content]]:
    """(rank, text) in reading order; a higher rank is dropped first."""
    parts: list[tuple[int, Content]] = [(0, _environment(facts, form))]
    if facts.system:
        parts.append((8, Content.styled(facts.system, "bold")))
    if facts.modes:
        parts.append((1, _modes(facts.modes, form)))
    if facts.late:
        parts.append((2, Content.styled(_("late: {count}", count=facts.late), "bold $text-error")))
    parts.append(_writing(facts, form))
    if facts.journal:
        parts.append((2, Content.styled(f" {facts.journal} ", "bold reverse $text-error")))
    if facts.account:
        parts.append(_account(facts))
    if facts.region:
        parts.append((10, Content.styled(facts.region, "$text-muted")))
    if facts.identity is not None:
        parts.append((9, Content.styled(facts.identity.name, "$text-muted")))
    if facts.on_duty:
        duty = Content.assemble((_("on duty"), "$text-muted"), f" {facts.on_duty}")
        parts.append((7, duty))
    if facts.expires_in:
        style = "bold $text-warning" if facts.expires_soon else "$text-muted"
        text = _("ends in {time}", time=facts.expires_in)
        parts.append((5 if facts.expires_soon else 9, Content.styled(text, style)))
    parts.append(
        (
            8,
            Content.styled(
                _("{calls} calls ¥{yen}", calls=f"{facts.calls:,}", yen=f"{facts.yen:,.2f}"), "$text-muted"
            ),
        )
    )
    parts += [(rank, Content.styled(text, style)) for rank, text, style in _troubles(facts, form) if text]
    return parts


def _troubles(facts: HeaderFacts, form: Form) -> list[tuple[int, str, str]]:
    """(rank, text, style) of problems of machine, link and console; the text is "" without one."""
    bugs = _("internal errors: {count}", count=facts.bugs) if facts.bugs else ""
    return [
        (5, facts.skew if form.words else facts.skew_short, "bold $text-warning"),
        (6, facts.link, "$text-warning"),
        (6, bugs, "bold $text-error"),
    ]


def _environment(facts: HeaderFacts, form: Form) -> Content:
    words = {
        Environment.PRODUCTION: (_("PRODUCTION"), "bold reverse $text-error"),
        Environment.STAGING: (_("STAGING"), "bold reverse $text-warning"),
        Environment.TEST: (_("TEST"), "bold reverse $text-success"),
    }
    word, style = words.get(facts.environment or Environment.TEST, ("", ""))
    if facts.environment is None:
        return Content.styled(" Toban ", "bold reverse $text-primary")
    if facts.environment is Environment.PRODUCTION and not form.words:
        word = _("PROD")
    badge = Content.styled(f" {word} ", style)
    if not facts.demo:
        return badge
    scenario = f"{facts.demo} " if form.scenario else ""
    demo = Content.styled(f" {_('DEMO')} {scenario}", "bold reverse $text-accent")
    return Content.assemble(badge, demo)


def _modes(modes: tuple[ModeLabel, ...], form: Form) -> Content:
    texts = [_active(mode) if mode.active else _inactive(mode, short=not form.modes) for mode in modes]
    return Content(" " * form.gap).join(texts)


def _badge(mode: ModeLabel) -> Content:
    """The badge in brackets: a bare number would look like another mode's key."""
    return Content.styled(f"({mode.badge})", "bold $text-warning") if mode.badge else Content("")


def _active(mode: ModeLabel) -> Content:
    return Content.assemble(f" {mode.key} {mode.title}", _badge(mode), " ").stylize("bold reverse")


def _inactive(mode: ModeLabel, *, short: bool) -> Content:
    title = "" if short else f" {mode.title}"
    return Content.assemble((mode.key, "bold $foreground"), (title, "$text-muted"), _badge(mode))


def _writing(facts: HeaderFacts, form: Form) -> tuple[int, Content]:
    """(rank, text): whether changes can be sent, and for how long."""
    if facts.read_only:
        return 4, Content.styled(_("read-only"), "$text-success")
    words = _("ARMED {time} left") if form.words else _("ARMED {time}")
    return 3, Content.styled(f" {words.format(time=facts.armed_left)} ", "bold reverse $text-warning")


def _account(facts: HeaderFacts) -> tuple[int, Content]:
    """(rank, text): an account that is not the runbook's is as important as anything."""
    actual = facts.identity.account if facts.identity else ""
    if actual and actual != facts.account:
        text = _("account {actual} is not the runbook's {expected}", actual=actual, expected=facts.account)
        return 1, Content.styled(f" {text} ", "bold reverse $text-error")
    return 7, Content.styled(facts.account, "$text-muted" if not actual else "$text")


class HeaderClock(LineWidget):
    DEFAULT_CSS = """
    HeaderClock { width: 13; height: 1; text-style: bold; }
    """

    zone: reactive[tzinfo | None] = reactive(None, repaint=False, init=False)

    def __init__(self, now: Callable[[], datetime], zone: tzinfo) -> None:
        super().__init__()
        self._now = now
        self.set_reactive(HeaderClock.zone, zone)

    def on_mount(self) -> None:
        """Update at every full second."""
        every_second(self, self.redraw)

    watch_zone = LineWidget.redraw

    def draw(self, width: int, height: int) -> list[Line]:
        """`09:00:12 JST`."""
        local = self._now().astimezone(self.zone)
        return [fit([(f"{local:%H:%M:%S} {local.tzname()}", "")], width, "right")]


class Header(Horizontal):
    DEFAULT_CSS = """
    Header {
        height: 1; background: $panel; color: $text;
    }
    """

    facts: reactive[HeaderFacts] = reactive(HeaderFacts(), repaint=False)

    def __init__(self, now: Callable[[], datetime], zone: tzinfo) -> None:
        super().__init__()
        self._line = HeaderLine()
        self.clock = HeaderClock(now, zone)

    def compose(self) -> ComposeResult:
        yield self._line
        yield self.clock

    def watch_facts(self, facts: HeaderFacts) -> None:
        self._line.facts = facts
