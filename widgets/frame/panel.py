"""The frame every live panel has: a head with title and age, a notice when reading fails, a body.

A panel never lies about its data. Waiting, fresh, stale, failed and empty look different, and only the
head's one row is painted for a new age.
"""

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
from services.models.feeds import FeedState, Freshness
from services.models.problem import Problem, ProblemKind
from widgets.drawing import format as fmt
from widgets.drawing.lines import Span
from widgets.drawing.ticker import every_second
from widgets.frame.parts import FrameLayout, PanelEmpty, PanelHead, PanelNotice

T = TypeVar("T")

_TOLD_BY_AWS = (ProblemKind.INVALID, ProblemKind.OTHER)
"""Kinds of which only AWS's own words say what is wrong."""

Now = Callable[[], datetime]
"""The present (aware, UTC); injected so that tests and the demo own it."""


class Panel(Vertical, Generic[T]):
    """Base of the live panels; a subclass says what its body is and how a value is shown.

    `state` is set by the screen on every poll. `show` is called only when the value changed.
    """

    DEFAULT_CSS = """
    Panel { width: 1fr; height: 1fr; }
    Panel > #panel-body { height: 1; width: 1fr; }
    Panel.-no-body > #panel-body { display: none; }
    Panel.-no-body > PanelEmpty { display: block; }
    """

    state: reactive[FeedState[T]] = reactive(FeedState, repaint=False, always_update=True, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    """Where times are shown; the screen binds it to the operator's choice."""
    said: reactive[Problem | None] = reactive(None, repaint=False, init=False)
    """What the screen's banner says for all panels; it is not said here again."""

    def __init__(
        self,
        title: str,
        *,
        now: Now,
        zone: tzinfo = UTC,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.now = now
        self.set_reactive(Panel.zone, zone)
        self.head = PanelHead(title)
        self._notice = PanelNotice()
        self._empty = PanelEmpty()
        self._shown: T | None = None
        self._frame_layout = FrameLayout()

    def compose(self) -> ComposeResult:
        """Head, notice, body, and what stands in the body's place."""
        yield self.head
        yield self._notice
        with Vertical(id="panel-body"):
            yield from self.compose_body()
        yield self._empty

    def compose_body(self) -> Iterable[Widget]:
        """The body's widgets."""
        raise NotImplementedError

    def show(self, value: T) -> None:
        """Draw a new value."""
        raise NotImplementedError

    def empty(self, value: T) -> str:
        """Words for a value with nothing in it, or "" when there is something to draw."""
        return ""

    def facts(self, value: T) -> list[Span]:
        """What the head says beside the title."""
        return []

    def natural_height(self) -> int:
        """Rows of the body where the panel's height is `auto`."""
        return 10

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Head, notice and the body's own height."""
        body = 3 if self.has_class("-no-body") else self.natural_height()
        return 1 + self._notice.rows(width) + body

    @property
    def layout(self) -> Layout:
        """The frame's own."""
        return self._frame_layout

    def tick(self) -> None:
        """Once a second; for what moves with time alone."""

    def on_mount(self) -> None:
        """Show what was set before, then follow the clock."""
        self._update()
        every_second(self, self._tick)

    def on_descendant_focus(self) -> None:
        """The frame says where the keys go."""
        self.head.update(focused=True)

    def on_descendant_blur(self) -> None:
        """The frame says where the keys go."""
        self.head.update(focused=False)

    def watch_state(self) -> None:
        """Bring head, notice and body up to date."""
        if self.is_mounted:
            self._update()

    def watch_zone(self, zone: tzinfo) -> None:
        """Times are shown elsewhere: draw the value again."""
        if self.is_mounted and self._shown is not None:
            self.show(self._shown)

    def watch_said(self) -> None:
        """The banner appeared or disappeared."""
        if self.is_mounted:
            self._frame()

    @property
    def freshness(self) -> Freshness:
        """How far the shown value may be trusted now."""
        return self.state.freshness(self.now())

    def _tick(self) -> None:
        self._frame()
        self.tick()

    def _update(self) -> None:
        value = self.state.value
        if value is not None and (value is not self._shown and value != self._shown):
            self._shown = value
            self.show(value)
            self.head.update(facts=self.facts(value))
        self._frame()

    def _frame(self) -> None:
        freshness = self.freshness
        self.head.update(age=self._age(freshness))
        for each in Freshness:
            self.set_class(each is freshness, f"-{each.value}")
        self._notice.say(*self._words(freshness))
        absent = self._absent(freshness)
        self._empty.say(absent, "muted" if freshness is Freshness.WAITING else "warn")
        self.set_class(bool(absent), "-no-body")

    def _age(self, freshness: Freshness) -> list[Span]:
        if self.state.fetched_at is None:
            return [(_("reading…"), "muted")] if freshness is Freshness.WAITING else [(_("failed"), "bad")]
        words = fmt.ago(self.state.age(self.now()))
        if freshness is Freshness.STALE:
            return [(_("⚠ stale, {age}").format(age=words), "warn")]
        return [(words, "muted")]

    def _words(self, freshness: Freshness) -> tuple[tuple[str, ...], str]:
        if freshness in (Freshness.FRESH, Freshness.WAITING):
            return (), "warn"
        role = "bad" if freshness is Freshness.FAILED else "warn"
        problem = self.state.problem
        if problem is None:
            return (_("No new data is arriving; showing what was read last."),), role
        return () if same_trouble(problem, self.said) else words_of(problem), role

    def _absent(self, freshness: Freshness) -> str:
        value = self.state.value
        if value is not None:
            return self.empty(value)
        if freshness is Freshness.FAILED:
            return _("Nothing has been read yet: this does not mean “all clear”.")
        return _("Reading…")


def same_trouble(problem: Problem | None, said: Problem | None) -> bool:
    """Whether what is said already tells this problem, too."""
    if problem is None or said is None or problem.kind is ProblemKind.FAULT:
        return False
    return problem.kind is said.kind


def words_of(problem: Problem) -> tuple[str, ...]:
    """What happened, what to do: one sentence each; AWS's own words where ours cannot tell enough."""
    missing = problem.permission and problem.permission not in problem.summary + problem.remedy
    happened = f"{problem.summary} [{problem.permission}]" if missing else problem.summary
    told = problem.kind in _TOLD_BY_AWS and problem.detail not in problem.remedy
    return tuple(words for words in (happened, problem.remedy, problem.detail if told else "") if words)
