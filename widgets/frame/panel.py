"""The frame of every live panel: a head with title and age, a notice when reading fails, a body. A panel
never misrepresents its data: waiting, fresh, stale, failed and empty look different. A new age repaints one
row."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.layout import Layout
from textual.reactive import reactive
from textual.widget import Widget

from services.i18n import _
from services.models import glyphs
from services.models.feeds import FeedState, Freshness
from services.models.problem import Problem, ProblemKind
from widgets.drawing import format as fmt
from widgets.drawing.lines import Span
from widgets.drawing.ticker import every_second
from widgets.frame.parts import FrameLayout, PanelEmpty, PanelHead, PanelNotice

T = TypeVar("T")

_EXPLAINED_BY_AWS = (ProblemKind.INVALID, ProblemKind.OTHER)
"""Kinds of problems that only AWS's own words explain."""

Now = Callable[[], datetime]
"""Returns the present (aware, UTC); injected so that tests and the demo control it."""


class Panel(Vertical, Generic[T]):
    """Base of the live panels; a subclass composes the body and shows values in it. The screen sets `state`
    on every poll. `show` is called only when the value changed."""

    DEFAULT_CSS = """
    Panel { width: 1fr; height: 1fr; }
    Panel > #panel-body { height: 1; width: 1fr; }
    Panel.-no-body > #panel-body { display: none; }
    Panel.-no-body > PanelEmpty { display: block; }
    """

    state: reactive[FeedState[T]] = reactive(FeedState, repaint=False, always_update=True, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    """The time zone of the screen, bound to the operator's choice."""
    banner: reactive[Problem | None] = reactive(None, repaint=False, init=False)
    """The problem in the screen's banner, which concerns all panels and is not repeated here."""

    def __init__(
        self, title: str, *, now: Now, zone: tzinfo = UTC, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.now = now
        self.set_reactive(Panel.zone, zone)
        self.head = PanelHead(title)
        self._notice = PanelNotice()
        self._empty = PanelEmpty()
        self._value: T | None = None
        self._frame_layout = FrameLayout()

    def compose(self) -> ComposeResult:
        yield self.head
        yield self._notice
        with Vertical(id="panel-body"):
            yield from self.compose_body()
        yield self._empty

    def compose_body(self) -> Iterable[Widget]:
        raise NotImplementedError

    def show(self, value: T) -> None:
        raise NotImplementedError

    def empty(self, value: T) -> str:
        """Words for a value with nothing to draw, else ""."""
        return ""

    def facts(self, value: T) -> list[Span]:
        return []

    def natural_height(self) -> int:
        return 10

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        body = 3 if self.has_class("-no-body") else self.natural_height()
        return 1 + self._notice.rows(width) + body

    @property
    def layout(self) -> Layout:
        return self._frame_layout

    def tick(self) -> None:
        """Called every second, for what changes with time alone."""

    def on_mount(self) -> None:
        self._update()
        every_second(self, self._tick)
        every_second(self, self._show_age, fmt.AGE_STEP)

    def on_descendant_focus(self) -> None:
        self.head.update(focused=True)

    def on_descendant_blur(self) -> None:
        self.head.update(focused=False)

    def watch_state(self) -> None:
        if self.is_mounted:
            self._update()

    def watch_zone(self, zone: tzinfo) -> None:
        if self.is_mounted and self._value is not None:
            self.show(self._value)

    def watch_banner(self) -> None:
        if self.is_mounted:
            self._frame()

    @property
    def freshness(self) -> Freshness:
        return self.state.freshness(self.now())

    def _tick(self) -> None:
        self._frame()
        self.tick()

    def _show_age(self) -> None:
        """Bring the age up to date; of all panels in the same second, so that they are sent in one frame."""
        self.head.update(age=self._age(self.freshness))

    def _update(self) -> None:
        value = self.state.value
        if value is not None and (value is not self._value and value != self._value):
            self._value = value
            self.show(value)
            self.head.update(facts=self.facts(value))
        self._show_age()
        self._frame()

    def _frame(self) -> None:
        freshness = self.freshness
        if not self.has_class(f"-{freshness.value}"):
            self._show_age()
        for member in Freshness:
            self.set_class(member is freshness, f"-{member.value}")
        self._notice.show(*self._words(freshness))
        absent = self._absent(freshness)
        self._empty.show(absent, "muted" if freshness is Freshness.WAITING else "warn")
        self.set_class(bool(absent), "-no-body")

    def _age(self, freshness: Freshness) -> list[Span]:
        if self.state.fetched_at is None:
            return [(_("reading…"), "muted")] if freshness is Freshness.WAITING else [(_("failed"), "bad")]
        words = fmt.ago(self.state.age(self.now()))
        if freshness is Freshness.STALE:
            return [(f"{glyphs.ATTENTION} {_('stale, {age}').format(age=words)}", "warn")]
        return [(words, "muted")]

    def _words(self, freshness: Freshness) -> tuple[tuple[str, ...], str]:
        if freshness in (Freshness.FRESH, Freshness.WAITING):
            return (), "warn"
        role = "bad" if freshness is Freshness.FAILED else "warn"
        problem = self.state.problem
        if problem is None:
            return (_("No new data is arriving; showing what was read last."),), role
        return () if same_trouble(problem, self.banner) else words_of(problem), role

    def _absent(self, freshness: Freshness) -> str:
        value = self.state.value
        if value is not None:
            return self.empty(value)
        if freshness is Freshness.FAILED:
            return _("Nothing has been read yet: this does not mean “all clear”.")
        return _("Reading…")


def same_trouble(problem: Problem | None, banner: Problem | None) -> bool:
    if problem is None or banner is None or problem.kind is ProblemKind.FAULT:
        return False
    return problem.kind is banner.kind


def words_of(problem: Problem) -> tuple[str, ...]:
    """Summary and remedy, one sentence each, and AWS's own words if ours cannot explain the problem."""
    missing = problem.permission and problem.permission not in problem.summary + problem.remedy
    summary = f"{problem.summary} [{problem.permission}]" if missing else problem.summary
    has_detail = problem.kind in _EXPLAINED_BY_AWS and problem.detail not in problem.remedy
    return tuple(words for words in (summary, problem.remedy, problem.detail if has_detail else "") if words)
