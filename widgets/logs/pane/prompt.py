"""The one input row of a log pane: search, filter pattern, time."""

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
from widgets.logs.reading.target import MINUTE
from widgets.logs.text.search import BadQuery, Query
from widgets.logs.text.time import moment, parse_moment

_LENGTH = 1024
"""CloudWatch's own limit for a filter pattern, and a bound on what a stray paste can do."""


class Ask(StrEnum):
    """What the row asks for."""

    SEARCH = "search"
    REGEX = "regex"
    PATTERN = "pattern"
    TIME = "time"


_ASKS: Asks[Ask] = {
    Ask.SEARCH: (N_("search"), N_("^t regular expression")),
    Ask.REGEX: (N_("search (regular expression)"), N_("^t plain text")),
    Ask.PATTERN: (N_("filter pattern"), N_("evaluated by CloudWatch Logs; empty shows all")),
    Ask.TIME: (N_("go to time"), N_("9:12  11-25 9:12  -15m")),
}


class LogPrompt(Prompt[Ask]):
    """Posts what was entered, parsed, and closes; stays open and complains if it cannot be parsed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "toggle_regex", N_("Regular expression"), id="log.prompt.regex")
    ]

    class QueryEntered(Message):
        """A search was entered; None ends the search."""

        def __init__(self, query: Query | None) -> None:
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

    class TimeEntered(Message):
        """A time was entered: `at`, epoch milliseconds; `minute`: without seconds."""

        def __init__(self, at: int, minute: bool) -> None:
            super().__init__()
            self.at = at
            self.minute = minute

    def __init__(self, lines: LogLines, now: Callable[[], datetime]) -> None:
        """A typed time is in the zone of `lines` and near the newest one, or near `now` without any."""
        super().__init__(_ASKS, Ask.SEARCH, longest=_LENGTH)
        self._lines = lines
        self._now = now

    def close(self) -> None:
        """Disappear, and give the focus back to the lines."""
        super().close()
        self._lines.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer regular expressions for a search only."""
        if action == "toggle_regex":
            return self.ask in (Ask.SEARCH, Ask.REGEX)
        return super().check_action(action, parameters)

    def action_toggle_regex(self) -> None:
        """Switch between plain text and regular expression."""
        self.ask = Ask.SEARCH if self.ask is Ask.REGEX else Ask.REGEX
        self.label()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self.ask is Ask.PATTERN and event.value.strip():
            self.post_message(self.PatternTyped(self, event.value))

    @on(Prompt.Cancelled)
    def _cancel(self, event: Prompt.Cancelled) -> None:
        event.stop()
        self.close()

    @on(Prompt.Answered)
    def _parse(self, event: Prompt.Answered) -> None:
        event.stop()
        if event.ask is Ask.PATTERN:
            self.post_message(self.PatternEntered(event.text.strip()))
        elif event.ask is Ask.TIME:
            if not self._parse_time(event.text):
                return
        elif not self._parse_query(event.text, event.ask is Ask.REGEX):
            return
        self.close()

    def _parse_time(self, text: str) -> bool:
        if not text.strip():
            return True
        store, zone = self._lines.view.store, self._lines.format.zone
        near = moment(store.newest) if len(store) else self._now()
        at = parse_moment(text, zone, near)
        if at is None:
            today = near.astimezone(zone).date().isoformat()
            self.complain(_("not a time; try 9:12 or {day} 9:12").format(day=today))
            return False
        self.post_message(self.TimeEntered(at, minute=at % MINUTE == 0))
        return True

    def _parse_query(self, text: str, regex: bool) -> bool:
        try:
            self.post_message(self.QueryEntered(Query(text, regex) if text else None))
        except BadQuery as error:
            self.complain(str(error))
            return False
        return True
