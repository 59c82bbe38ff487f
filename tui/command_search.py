"""The palette: finds commands by English name, Japanese name or reading in kana or romaji, and places by name."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from services.i18n import _
from services.inspections.registry import offered
from services.models.date_text import day_text
from services.models.text import clean
from tui import messages
from tui.command import Command
from tui.commands import COMMANDS
from tui.console import Console
from tui.modes import modes
from tui.typed_days import read_coming_day
from widgets.frame.key_names import has_key

_LONG = re.compile(r"o[ou]+|([aeiu])\1+")
"""Long vowels, which are romanized in several ways: sukeeru, sukeru; jikkou, jikko."""


def folded(text: str) -> str:
    """Fold case, width, kana and long vowels, so that ｶﾀｶﾅ, カタカナ and ひらがな match each other."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ー", "")
    text = "".join(chr(ord(letter) - 0x60) if "ァ" <= letter <= "ヶ" else letter for letter in text)
    return _LONG.sub(lambda match: match[1] or "o", text)


def score(query: str, haystack: str) -> float:
    """Rate a match from 0 (none) to 1: the beginning of a word beats its middle, which beats scattered letters."""
    term = folded(query).strip()
    text = folded(haystack)
    if not term:
        return 0.0
    at = text.find(term)
    if at == 0 or (at > 0 and not text[at - 1].isalnum()):
        return 1.0
    if at > 0:
        return 0.8
    if all(word in text for word in term.split()):
        return 0.6
    return 0.3 if len(term) > 2 and any(_is_scattered(term, word) for word in text.split()) else 0.0


def _is_scattered(term: str, word: str) -> bool:
    rest = iter(word)
    return all(letter in rest for letter in term)


class PaletteEntry(NamedTuple):
    name: str
    kind: str  # What the place is, or what the command does
    go: Callable[[], object]
    words: str = ""  # Further words that it is found by, such as readings
    weight: float = 1.0  # Factor of the score; below 1 it is listed after entries that match equally well


class CommandProvider(Provider):
    """Offers the commands of this screen, the modes, the changes and the inspections."""

    def _commands(self) -> Iterator[PaletteEntry]:
        several = bool(_console(self).systems)
        for command in COMMANDS:
            if command.scope in ("app", self.app.current_mode) and (several or not command.several):
                go = partial(self._run, command.action)
                yield PaletteEntry(_(command.title), _(command.help), go, _words(command))
        for other in modes(several=several):
            go = partial(self._run, f"app.go('{other.id}')")
            yield PaletteEntry(_(other.title), _(other.help), go, f"{other.title} {other.words}")
        yield from self._without_key()
        yield from _systems(_console(self))
        yield from _changes(_console(self))
        yield from _inspections(_console(self))

    def _without_key(self) -> Iterator[PaletteEntry]:
        """Yield what the screen and the focused panel do without a key and beside the commands."""
        ids = {command.id for command in COMMANDS}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.id not in ids and active.enabled and not has_key(binding.key):
                go = partial(self.app.run_action, binding.action, active.node)
                yield PaletteEntry(_(binding.description), _(binding.tooltip), go, binding.description)

    async def discover(self) -> Hits:
        for entry in self._commands():
            yield DiscoveryHit(Content(entry.name), entry.go, text=entry.name, help=entry.kind)

    async def search(self, query: str) -> Hits:
        for hit in _hits(query, [*self._commands(), *self._elsewhere()]):
            yield hit

    def _elsewhere(self) -> Iterator[PaletteEntry]:
        titles = {mode.id: _(mode.title) for mode in modes(several=False)}
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
    """Offers alarms, log groups, dashboard widgets and changes by name, and days by date."""

    def _places(self) -> Iterator[PaletteEntry]:
        app = _console(self)
        yield from _systems(app)
        overview = app.alarms.value if app.alarms else None
        titles = {alarm.name: alarm.title for alarm in app.runbook.alarms} if app.runbook else {}
        for alarm in overview.alarms if overview else ():
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
        # A name means the thing itself before what can be changed about it.
        yield from (entry._replace(weight=0.5) for entry in _changes(app))

    def _day(self, query: str) -> PaletteEntry | None:
        app = _console(self)
        if app.services is None:
            return None
        day = read_coming_day(query, app.services.calendar.day_of(app.now()))
        if day is None:
            return None
        return PaletteEntry(
            day_text(day, app.services.calendar.day_of(app.now())),
            _("calendar"),
            partial(app.post_message, messages.OpenDay(day)),
            query,
        )

    async def discover(self) -> Hits:
        for entry in self._places():
            yield DiscoveryHit(Content(entry.name), entry.go, text=entry.name, help=entry.kind)

    async def search(self, query: str) -> Hits:
        day = self._day(query)
        for hit in _hits(query, [*([day] if day else []), *self._places()]):
            yield hit


def _hits(query: str, entries: list[PaletteEntry]) -> Iterator[Hit]:
    has_match = False
    for entry in entries:
        points = score(query, f"{entry.name} {entry.words}") * entry.weight
        if points:
            has_match = True
            yield Hit(points, Content(entry.name), entry.go, text=entry.name, help=entry.kind)
    if not has_match and query.strip():
        words = _("Nothing matches “{term}”.", term=clean(query.strip()))
        help = _("Type a part of the name, its reading in kana or romaji, or a date.")
        yield Hit(0.01, Content(words), lambda: None, text=words, help=help)


def _console(provider: Provider) -> Console:
    assert isinstance(provider.app, Console)
    return provider.app


def _systems(app: Console) -> Iterator[PaletteEntry]:
    own = str(app.runbook.system.id) if app.runbook else ""
    for system in app.systems:
        if system.key != own:
            go = partial(app.post_message, messages.ShowSystem(system.key))
            name = _("System: {title}", title=system.title)
            yield PaletteEntry(
                f"{name}  {system.key}", _("Show this system"), go, "しすてむ shisutemu きりかえ kirikae"
            )


def _inspections(app: Console) -> Iterator[PaletteEntry]:
    for inspection in offered(app.runbook) if app.runbook else ():
        title = _(inspection.title)
        name = _("Inspect now: {title}", title=title)
        words = f"{title} {inspection.title} {inspection.id} {inspection.words} てんけん tenken inspect"
        yield PaletteEntry(
            name,
            _("Run this inspection now"),
            partial(app.post_message, messages.RunInspection(str(inspection.id))),
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
