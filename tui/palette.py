"""The palette: commands by English name, Japanese name, reading in kana or romaji; and places by name."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from services.i18n import _
from services.inspections.registry import offered
from tui import messages
from tui.command import Command
from tui.commands import COMMANDS
from tui.console import Console
from tui.days import read_coming_day
from tui.modes import MODES
from widgets.drawing.format import day_words

_LONG = re.compile(r"o[ou]+|([aeiu])\1+")
"""Long vowels, which people romanize in several ways: sukeeru, sukeru; kakunin jikkou, jikko."""


def folded(text: str) -> str:
    """Case, width, kana and long vowels folded: ｶﾀｶﾅ, カタカナ and ひらがな are found by each other."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ー", "")
    text = "".join(chr(ord(each) - 0x60) if "ァ" <= each <= "ヶ" else each for each in text)
    return _LONG.sub(lambda match: match[1] or "o", text)


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
    return 0.3 if len(wanted) > 2 and any(_scattered(wanted, word) for word in text.split()) else 0.0


def _scattered(wanted: str, word: str) -> bool:
    rest = iter(word)
    return all(letter in rest for letter in wanted)


class PaletteEntry(NamedTuple):
    """A place to go to, or something to do."""

    name: str
    kind: str
    """What it is, or what it does."""
    go: Callable[[], object]
    words: str = ""
    """Readings it is found by, too."""
    weight: float = 1.0
    """Below 1 it stands after what matches as well."""


class CommandProvider(Provider):
    """Every command that works on this screen, the modes, and the changes."""

    def _commands(self) -> Iterator[PaletteEntry]:
        mode = self.app.current_mode
        for command in COMMANDS:
            if command.scope in ("app", mode):
                go = partial(self._run, command.action)
                yield PaletteEntry(_(command.title), _(command.help), go, _words(command))
        for each in MODES:
            words = f"{each.title} {each.words}"
            yield PaletteEntry(_(each.title), _(each.help), partial(self._run, f"app.go('{each.id}')"), words)
        yield from _changes(_console(self))
        yield from _looks(_console(self))

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for each in self._commands():
            yield DiscoveryHit(Content(each.name), each.go, text=each.name, help=each.kind)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        for hit in _hits(query, [*self._commands(), *self._elsewhere()]):
            yield hit

    def _elsewhere(self) -> Iterator[PaletteEntry]:
        """What is done in another mode leads there."""
        titles = {mode.id: _(mode.title) for mode in MODES}
        for command in COMMANDS:
            if command.scope in titles and command.scope != self.app.current_mode:
                go = partial(self._run, f"app.go('{command.scope}')")
                name = f"{titles[command.scope]}: {_(command.title)}"
                yield PaletteEntry(name, _(command.help), go, _words(command))

    async def _run(self, action: str) -> None:
        await self.app.run_action(action, self.screen)


def _words(command: Command) -> str:
    return f"{command.title} {_(command.title)} {command.words} {command.id} {_(command.help)}"


class JumpProvider(Provider):
    """Alarms, log groups, dashboard widgets and changes by name; days by date."""

    def _places(self) -> Iterator[PaletteEntry]:
        app = _console(self)
        yield from _changes(app)
        board = app.board.value if app.board else None
        titles = {alarm.name: alarm.title for alarm in app.runbook.alarms} if app.runbook else {}
        for alarm in board.alarms if board else ():
            title = titles.get(alarm.id, "")
            yield PaletteEntry(
                f"{alarm.name}  {title}", _("alarm"), partial(app.post_message, messages.OpenAlarm(alarm))
            )
        for group in app.runbook.log_groups if app.runbook else ():
            go = partial(app.post_message, messages.OpenLogs(str(group.id)))
            yield PaletteEntry(f"{group.id}  {group.title}", _("log group"), go)
        view = app.view.value if app.view else None
        for widget in view.dashboard.widgets if view else ():
            if widget.title:
                yield PaletteEntry(
                    widget.title, _("dashboard"), partial(app.post_message, messages.OpenWidget(widget.key))
                )

    def _day(self, query: str) -> PaletteEntry | None:
        app = _console(self)
        if app.services is None:
            return None
        day = read_coming_day(query, app.services.calendar.day_of(app.now()))
        if day is None:
            return None
        return PaletteEntry(
            day_words(day, year=True), _("calendar"), partial(app.post_message, messages.OpenDay(day)), query
        )

    async def discover(self) -> Hits:
        """All places."""
        for each in self._places():
            yield DiscoveryHit(Content(each.name), each.go, text=each.name, help=each.kind)

    async def search(self, query: str) -> Hits:
        """Places that match; a date leads to the calendar."""
        day = self._day(query)
        for hit in _hits(query, [*([day] if day else []), *self._places()]):
            yield hit


def _hits(query: str, places: list[PaletteEntry]) -> Iterator[Hit]:
    """What matches; where nothing does, that is said in the screen's language."""
    found = False
    for each in places:
        points = score(query, f"{each.name} {each.words}") * each.weight
        if points:
            found = True
            yield Hit(points, Content(each.name), each.go, text=each.name, help=each.kind)
    if not found and query.strip():
        words = _("No matches.")
        yield Hit(0.01, Content(words), lambda: None, text=words)


def _console(provider: Provider) -> Console:
    assert isinstance(provider.app, Console)
    return provider.app


def _looks(app: Console) -> Iterator[PaletteEntry]:
    """Every inspection of the runbook, to be made now."""
    for each in offered(app.runbook) if app.runbook else ():
        title = _(each.title)
        name = _("Inspect now: {title}").format(title=title)
        words = f"{title} {each.title} {each.id} {each.words} てんけん tenken inspect"
        yield PaletteEntry(
            name,
            _("Run this inspection now"),
            partial(app.post_message, messages.RunInspection(str(each.id))),
            words,
            0.5,
        )


def _changes(app: Console) -> Iterator[PaletteEntry]:
    for change in app.services.engine.changes.values() if app.services else ():
        kind = change.kind
        for target in change.targets():
            go = partial(app.post_message, messages.PlanChange(kind.id, target))
            words = f"{kind.title} {kind.words}"
            yield PaletteEntry(f"{_(kind.title)}  {target.title}", _(kind.help), go, words)
