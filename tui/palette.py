"""The palette: commands by English name, Japanese name, reading in kana or romaji; and places by name."""

import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from services.i18n import _
from tui.commands import COMMANDS, Command
from tui.days import read_coming_day
from tui.modes import MODES
from widgets.format import day_words

if TYPE_CHECKING:
    from tui.app import TobanApp


def folded(text: str) -> str:
    """Case, width and kana folded: ｶﾀｶﾅ, カタカナ and ひらがな are found by each other."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(chr(ord(each) - 0x60) if "ァ" <= each <= "ヶ" else each for each in text)


def score(query: str, haystack: str) -> float:
    """0 for no match; a word's beginning beats its middle beats scattered letters in order."""
    wanted = folded(query).strip()
    text = folded(haystack)
    if not wanted:
        return 0.0
    at = text.find(wanted)
    if at == 0 or (at > 0 and not text[at - 1].isalnum()):
        return 1.0
    if at > 0:
        return 0.8
    if all(word in text for word in wanted.split()):
        return 0.6
    rest = iter(text)
    return 0.3 if len(wanted) > 2 and all(letter in rest for letter in wanted) else 0.0


class CommandProvider(Provider):
    """Every command that works on this screen."""

    def _commands(self) -> Iterator[tuple[str, str, str, str]]:
        """(shown, help, action, words to find it by)."""
        mode = self.app.current_mode
        for command in COMMANDS:
            if command.scope in ("app", mode):
                yield _(command.title), _(command.help), command.action, _words(command)
        for each in MODES:
            words = f"{each.title} {_(each.title)} {each.words}"
            yield _(each.title), _(each.help), f"app.go('{each.id}')", words

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for shown, text, action, _find in self._commands():
            yield DiscoveryHit(Content(shown), partial(self._run, action), text=shown, help=text)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        for shown, text, action, find in self._commands():
            points = score(query, find)
            if points:
                yield Hit(points, Content(shown), partial(self._run, action), text=shown, help=text)

    async def _run(self, action: str) -> None:
        await self.app.run_action(action, self.screen)


def _words(command: Command) -> str:
    return f"{command.title} {_(command.title)} {command.words} {command.id} {_(command.help)}"


class Found(NamedTuple):
    """A place to go to."""

    name: str
    kind: str
    go: Callable[[], object]
    words: str = ""
    """Readings it is found by, too."""


class JumpProvider(Provider):
    """Alarms, log groups, dashboard widgets and changes by name; days by date."""

    @property
    def _toban(self) -> "TobanApp":
        from tui.app import TobanApp

        assert isinstance(self.app, TobanApp)
        return self.app

    def _places(self) -> Iterator[Found]:
        app = self._toban
        yield from self._changes()
        board = app.board.value if app.board else None
        titles = {alarm.name: alarm.title for alarm in app.runbook.alarms} if app.runbook else {}
        for alarm in board.alarms if board else ():
            title = titles.get(alarm.id, "")
            yield Found(f"{alarm.name}  {title}", _("alarm"), partial(app.open_alarm, alarm))
        for group in app.runbook.log_groups if app.runbook else ():
            go = partial(app.open_logs, str(group.id), None)
            yield Found(f"{group.id}  {group.title}", _("log group"), go)
        view = app.view.value if app.view else None
        for widget in view.dashboard.widgets if view else ():
            if widget.title:
                yield Found(widget.title, _("dashboard"), partial(app.open_widget, widget.key))

    def _changes(self) -> Iterator[Found]:
        app = self._toban
        for kind, change in app.ready.engine.changes.items():
            for target in change.targets():
                go = partial(app.plan_change, kind, target)
                yield Found(f"{_(change.title)}  {target.title}", _("change"), go, change.words)

    def _day(self, query: str) -> Found | None:
        app = self._toban
        calendar = app.ready.calendar
        day = read_coming_day(query, calendar.day_of(app.now()))
        return Found(day_words(day, year=True), _("calendar"), partial(app.open_day, day)) if day else None

    async def discover(self) -> Hits:
        """All places."""
        for each in self._places():
            yield DiscoveryHit(Content(each.name), each.go, text=each.name, help=each.kind)

    async def search(self, query: str) -> Hits:
        """Places that match; a date leads to the calendar."""
        if day := self._day(query):
            yield Hit(1.0, Content(day.name), day.go, text=day.name, help=day.kind)
        for each in self._places():
            points = score(query, f"{each.name} {each.words}")
            if points:
                yield Hit(points, Content(each.name), each.go, text=each.name, help=each.kind)
