from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from services.i18n import N_, _
from widgets.inputs.prompt import Asks, Prompt
from widgets.logs.drawing.lines import LogLines
from widgets.logs.reading.histories import Histories, Kind, Recall, SessionHistories, query_of, written
from widgets.logs.reading.target import MINUTE
from widgets.logs.text.search import BadQuery, SearchQuery
from widgets.logs.text.time import moment, parse_moment, parse_range

_LENGTH = 1024  # CloudWatch's own limit for a filter pattern, and a bound on what a stray paste can do


class Ask(StrEnum):
    SEARCH = "search"
    REGEX = "regex"
    PATTERN = "pattern"
    SHOW = "show"
    HIDE = "hide"
    TIME = "time"
    RANGE = "range"


_ASKS: Asks[Ask] = {
    Ask.SEARCH: (N_("search"), N_("^t regular expression")),
    Ask.REGEX: (N_("search (regular expression)"), N_("^t plain text")),
    Ask.PATTERN: (N_("filter pattern"), N_("^t show here  AWS filters; empty shows all")),
    Ask.SHOW: (N_("show here only"), N_("^t hide here  /…/ is a regular expression")),
    Ask.HIDE: (N_("hide here"), N_("^t filter pattern  /…/ is a regular expression")),
    Ask.RANGE: (N_("histogram from … to"), N_("9:00 to 9:30  11-25 9:00 to 11-25 12:00  -3h")),
    Ask.TIME: (N_("go to time"), N_("9:12  11-25 9:12  -15m")),
}


_NEXT = {
    Ask.SEARCH: Ask.REGEX,
    Ask.REGEX: Ask.SEARCH,
    Ask.PATTERN: Ask.SHOW,
    Ask.SHOW: Ask.HIDE,
    Ask.HIDE: Ask.PATTERN,
}
"""To which other reading of the same text the key switches."""


class LogPrompt(Prompt[Ask]):
    """Posts what was entered, parsed, and closes; stays open and complains if it cannot be parsed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "reread", N_("Switch"), id="log.prompt.regex"),
        Binding("up", "recall(1)", N_("Earlier entry"), show=False, id="log.prompt.earlier"),
        Binding("down", "recall(-1)", N_("Later entry"), show=False, id="log.prompt.later"),
    ]

    class QueryEntered(Message):
        def __init__(self, query: SearchQuery | None) -> None:
            super().__init__()
            self.query = query

    class PatternEntered(Message):
        """A filter pattern was entered ("" for none)."""

        def __init__(self, pattern: str) -> None:
            super().__init__()
            self.pattern = pattern

    class PatternTyped(Message):
        """The text of a filter pattern changed while it is typed; its meaning may be shown with `show_hint`."""

        def __init__(self, prompt: "LogPrompt", text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

    class FilterEntered(Message):
        def __init__(self, query: SearchQuery, hides: bool) -> None:
            super().__init__()
            self.query = query
            self.hides = hides

    class TimeEntered(Message):
        """A time was entered: `at`, epoch milliseconds; `minute`: without seconds."""

        def __init__(self, at: int, minute: bool) -> None:
            super().__init__()
            self.at = at
            self.minute = minute

    class RangeEntered(Message):
        """A range was entered: epoch milliseconds."""

        def __init__(self, start: int, end: int) -> None:
            super().__init__()
            self.range = start, end

    def __init__(self, lines: LogLines, now: Callable[[], datetime]) -> None:
        """A typed time is in the zone of `lines` and near the newest one, or near `now` without any."""
        super().__init__(_ASKS, Ask.SEARCH, longest=_LENGTH)
        self._lines = lines
        self._now = now
        self.histories: Histories = SessionHistories()
        """What was searched and filtered before; set by the screen to what is remembered."""
        self.pattern_mistake: Callable[[str], str] = lambda _text: ""
        """What is wrong with a filter pattern, and where; "" for nothing. Set by the screen."""
        self._refused: str | None = None  # The wrong pattern that is sent if it is entered again
        self._recall = Recall(())

    def open(self, ask: Ask, text: str = "") -> None:
        super().open(ask, text)
        self._refused = None
        self._recall = Recall(self.histories.history(_kind(ask)))

    def close(self) -> None:
        super().close()
        self._lines.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("reread", "recall"):
            return self.ask not in (Ask.TIME, Ask.RANGE)
        return super().check_action(action, parameters)

    def action_reread(self) -> None:
        """Read the text in the next way: plain or as a regular expression; by AWS, here, or hidden here."""
        self.ask = _NEXT[self.ask]
        self.label()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._refused = None
        if self.ask is Ask.PATTERN and event.value.strip():
            self.post_message(self.PatternTyped(self, event.value))

    def action_recall(self, steps: int) -> None:
        """Show an earlier or a later entry of the history; after the newest, what was typed."""
        text = self._recall.step(steps, self.entry.value)
        if self.ask in (Ask.SEARCH, Ask.REGEX):
            query = query_of(text)
            self.ask = Ask.REGEX if query.regex else Ask.SEARCH
            text = query.text
        self.entry.value = text
        self.entry.cursor_position = len(text)

    @on(Prompt.Cancelled)
    def _cancel(self, event: Prompt.Cancelled) -> None:
        event.stop()
        self.close()

    @on(Prompt.Answered)
    def _parse(self, event: Prompt.Answered) -> None:
        event.stop()
        if event.ask is Ask.TIME:
            if not self._parse_time(event.text):
                return
        elif event.ask is Ask.RANGE:
            if not self._parse_range(event.text):
                return
        elif not self._parse_text(event.ask, event.text):
            return
        self.close()

    def _parse_text(self, ask: StrEnum, text: str) -> bool:
        if ask is Ask.PATTERN:
            if self._refuses(text):
                return False
            self.histories.add_to_history("filter", text.strip())
            self.post_message(self.PatternEntered(text.strip()))
            return True
        try:
            query = (
                SearchQuery(text, regex=ask is Ask.REGEX)
                if ask in (Ask.SEARCH, Ask.REGEX)
                else query_of(text)
            )
        except BadQuery as error:
            self.complain(str(error))
            return False
        self.histories.add_to_history(_kind(ask), written(query))
        if ask in (Ask.SEARCH, Ask.REGEX):
            self.post_message(self.QueryEntered(query if text else None))
        elif text:
            self.post_message(self.FilterEntered(query, hides=ask is Ask.HIDE))
        return True

    def _refuses(self, pattern: str) -> bool:
        """Whether a pattern is wrong and entered for the first time; AWS, which knows best, is asked the second time."""
        mistake = self.pattern_mistake(pattern)
        if not mistake or pattern == self._refused:
            return False
        self._refused = pattern
        self.complain(_("⏎ again sends it anyway · {mistake}", mistake=mistake))
        return True

    def _parse_range(self, text: str) -> bool:
        if not text.strip():
            return True
        zone, now = self._lines.format.zone, self._now()
        start, end = parse_range(text, zone, now)
        if start is None or end is None or start >= end:
            self.complain(_("not a range; try 9:00 to 9:30 or -3h"))
            return False
        self.post_message(self.RangeEntered(start, end))
        return True

    def _parse_time(self, text: str) -> bool:
        if not text.strip():
            return True
        store, zone = self._lines.view.store, self._lines.format.zone
        near = moment(store.newest) if len(store) else self._now()
        at = parse_moment(text, zone, near)
        if at is None:
            today = near.astimezone(zone).date().isoformat()
            self.complain(_("not a time; try 9:12 or {day} 9:12", day=today))
            return False
        self.post_message(self.TimeEntered(at, minute=at % MINUTE == 0))
        return True


def _kind(ask: StrEnum) -> Kind:
    return "search" if ask in (Ask.SEARCH, Ask.REGEX) else "filter"
