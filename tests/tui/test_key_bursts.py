"""Random keys in bursts over all screens: no fault, no end, nothing sent, and no key read by a screen not yet
seen. `make bursts` types 100,000."""

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from math import inf
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from textual.app import ComposeResult
from textual.events import Event, Key
from textual.keys import format_key
from textual.message import Message
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from tests.conftest import Embedded
from tests.tools.console import LIMIT, console, until
from tests.tui.change_steps import arm_without_screen
from tests.tui.screen_visits import OPENERS, call, of_modes, things
from tests.tui.typed import KEYS, at_rest, burst, type_in
from tui.app import TobanApp
from tui.commands import COMMANDS
from tui.modes import MODES
from tui.runtime.type_ahead import TypeAhead
from tui.screens.common.choose import ChooseScreen
from tui.screens.common.first_frame import ShellScreen
from tui.screens.common.type_ahead_guard import GuardedDialog, TypeAheadGuard
from tui.screens.logs.panes import PaneScreen
from tui.terminal.terminal_app import TerminalApp

LETTERS = "%#abcdefghijklmnopqrstuvwxyzACDEFGILMNOPRSTUVWY/:?[]{}@.-+=!$*'\"0123456789HJ 日本Q&BK()<>;\\_"
MOVES = ["up", "down", "left", "right", "enter", "tab", "shift+tab", "home", "end", "pageup", "pagedown"]
OPENS = [
    "f1",
    "f2",
    "f3",
    "f4",
    "f5",
    "f6",
    "f7",
    "f8",
    "f9",
    "ctrl+p",
    "ctrl+r",
    "ctrl+l",
    "ctrl+t",
    "ctrl+j",
    "ctrl+s",
    "ctrl+w",
    "ctrl+left",
    "ctrl+right",
    "backspace",
    "delete",
]
PASTES = ["\x1b[200~x\ny/3gox\x1b[201~", f"\x1b[200~{'w' * 3000}\x1b[201~", "\x1b[200~\n\n\x1b[201~"]
BURST_KEYS = int(os.environ.get("TOBAN_BURST_KEYS", "2000"))
"""Read now: a test's own environment has no variables of the console."""
PLENTY = 20_000  # With so many keys every screen is opened again and again
READS = (
    "Describe",
    "Get",
    "List",
    "Filter",
    "Lookup",
    "StartQuery",
    "StopQuery",
    "Select",
    "Head",
    "AssumeRole",
)


def chosen_keys(rng: random.Random, count: int) -> list[str]:
    """What a hand on the keyboard sends: mostly letters, modes and moves, often escape, now and then a paste."""
    kinds = rng.choices(("letter", "mode", "move", "open", "escape", "paste"), (50, 8, 20, 8, 13, 1), k=count)
    pick = {
        "letter": lambda: rng.choice(LETTERS),
        "mode": lambda: rng.choice(MODES).key,
        "move": lambda: KEYS[rng.choice(MOVES)],
        "open": lambda: KEYS[rng.choice(OPENS)],
        "escape": lambda: KEYS["escape"],
        "paste": lambda: rng.choice(PASTES),
    }
    return [pick[kind]() for kind in kinds]


class Interloper(ModalScreen[None]):
    """An unrequested dialog: it takes every key, and closes by itself."""

    def compose(self) -> ComposeResult:
        yield Input()


class KeyRecorder:
    """Who read each key: the screen on top when it was let in, and what the person had on screen when he typed it.

    Of the screens that keys lead to, what was typed ahead is theirs before they are painted. What came or
    went by itself (an Interloper) is measured by the frames: its keys were typed once it had been to be seen, and what
    was typed while it was to be seen is nobody else's. A dialog that a late read opened over it may be what is seen:
    whoever closes that one types the rest for the Interloper.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.keys = 0
        self.intruded = 0  # Keys that an Interloper has read
        self.misread: list[str] = []
        self.screens: Counter[str] = Counter()  # By the kind of the screen that read them: keys
        self._meant: dict[int, tuple[Event, Screen[Any]]] = {}
        self._frames: list[tuple[float, Screen[Any]]] = []
        """From when on another screen was to be seen, in order."""
        self._seen_from: WeakKeyDictionary[Screen[Any], float] = WeakKeyDictionary()
        let_in, handle, display = TerminalApp.on_event, MessagePump._on_message, TerminalApp._display

        async def on_event(app: TerminalApp, event: Event) -> None:
            if isinstance(event, Key) and not event.is_forwarded:
                self.keys += 1
                self._meant[id(event)] = event, app.screen
            await let_in(app, event)

        async def on_message(pump: MessagePump, message: Message) -> None:
            if isinstance(message, Key):
                self._read(pump, message)
            await handle(pump, message)

        def on_display(app: TerminalApp, screen: Screen[object], renderable: Any) -> None:
            display(app, screen, renderable)
            if not self._frames or self._frames[-1][1] is not screen:
                self._frames.append((monotonic(), screen))
                self._seen_from.setdefault(screen, monotonic())

        patch.setattr(TerminalApp, "on_event", on_event)
        patch.setattr(MessagePump, "_on_message", on_message)
        patch.setattr(TerminalApp, "_display", on_display)

    def _read(self, pump: MessagePump, key: Key) -> None:
        if not isinstance(pump, Widget) and pump.app.type_ahead.is_for_another(key):
            return  # a screen opened by itself: the app drops the key
        reader = pump.screen if isinstance(pump, Widget) else pump.app.screen
        self.screens[type(reader).__name__] += 1
        meant = self._meant.get(id(key))
        if meant is None and isinstance(reader, GuardedDialog):
            return  # again, for the field: the dialog that it was meant for has kept it
        painted = self.painted_at(key.time)
        self.intruded += isinstance(reader, Interloper) and pump is reader.focused
        if meant is None or meant[1] is not reader:
            self.misread.append(f"{key.key} read by {reader}, meant for {meant and meant[1]}")
        elif reader is not painted and (
            isinstance(painted, Interloper)
            or (isinstance(reader, Interloper) and key.time < self._seen_from.get(reader, inf))
        ):
            self.misread.append(f"{key.key} read by {reader}, typed at {painted}")

    def painted_at(self, time: float) -> Screen[Any] | None:
        return next((screen for since, screen in reversed(self._frames) if since <= time), None)

    def forget(self) -> None:
        self._meant.clear()
        del self._frames[:-1]


async def intrude(app: TobanApp, rng: random.Random, come: asyncio.Event) -> None:
    """A worker older than every key: whenever it may `come`, a dialog opens and closes by itself."""
    while True:
        await come.wait()
        come.clear()
        for _turn in range(rng.choice((0, 1, 3, 10, 30))):
            await asyncio.sleep(0)
        dialog = Interloper()
        app.push_screen(dialog)
        await asyncio.sleep(rng.choice((0.0, 0.02, 0.1, 0.3)))
        while app.screen is not dialog and dialog in app.screen_stack:  # noqa: ASYNC110  nothing says so
            await asyncio.sleep(0.01)  # a key has opened something on it
        if dialog in app.screen_stack:
            dialog.dismiss()


async def meet(pilot: Pilot[Any], recorder: KeyRecorder) -> None:
    """Type at one more dialog until it has read a key: all others may have come and gone between two bursts."""
    app, before = pilot.app, recorder.intruded
    app.workers.cancel_group(app, "intrude")
    dialog = Interloper()
    app.push_screen(dialog)
    async with asyncio.timeout(LIMIT):
        while recorder.intruded == before:
            await uncover(pilot, dialog, recorder)
            await burst(pilot, "x")
        while dialog in app.screen_stack:
            await uncover(pilot, dialog, recorder)
            dialog.dismiss()
            await pilot.pause()


async def uncover(pilot: Pilot[Any], dialog: Screen[Any], recorder: KeyRecorder) -> None:
    """Close what lies on the dialog, and wait for its frame: a read that a key asked for may end only now."""
    app = pilot.app
    while app.screen is not dialog or recorder.painted_at(monotonic()) is not dialog:
        if app.screen is not dialog:
            await burst(pilot, KEYS["escape"])
        await pilot.pause(0.01)


@dataclass
class Figures:
    keys: int
    intruded: int
    quits: int
    screens: dict[str, int]  # Keys read by a screen of each kind


async def bursts(embedded: Embedded, patch: pytest.MonkeyPatch, seed: int, count: int) -> Figures:
    """Type `count` keys of `seed`, in bursts that overlap, while dialogs come and go; armed half of the time.
    Now and then a screen is opened that few keys lead to, or none: each kind in its turn."""
    rng, recorder = random.Random(seed), KeyRecorder(patch)
    come = asyncio.Event()
    quits = 0

    async def action_quit(_app: TobanApp) -> None:
        nonlocal quits
        quits += 1

    patch.setattr(TobanApp, "action_quit", action_quit)
    async with console(embedded.url, embedded.clock, notifications=True) as pilot:
        app = pilot.app
        app.fail_fast = False
        recent: list[str] = []
        await until(pilot, lambda: app.alarms and app.alarms.value and app.duties)
        it = await things(pilot)
        before, runs = embedded.counts(), app.runs
        ways = [way for every in OPENERS.values() for way in every]
        rng.shuffle(ways)
        openers = cycle(ways)
        if rng.random() < 0.5:
            await arm_without_screen(pilot)
        app.run_worker(intrude(app, random.Random(seed), come), group="intrude")
        while recorder.keys < count:
            keys = chosen_keys(rng, rng.choice((1, 2, 3, 5, 8, 13, 30)))
            recent = [*recent[-20:], "".join(keys)]
            type_in(app, "".join(keys))
            if rng.random() < 0.05:
                come.set()
            if rng.random() < 0.7:
                await at_rest(pilot)
                recorder.forget()
                if len(app.screen_stack) == 1 and rng.random() < 0.2:
                    await call(next(openers), it)
                    await at_rest(pilot)
            else:
                await asyncio.sleep(0)
            assert app._running, recent
            assert not app.bugs, ([bug.text for bug in app.bugs.values()], recent)
            assert not recorder.misread, (recorder.misread, recent)
        await at_rest(pilot)
        await meet(pilot, recorder)
        assert not recorder.misread, (recorder.misread, recent)
        assert app.runs == runs
    writes = {
        name
        for name, count in embedded.counts().items()
        if count > before.get(name, 0) and not name.partition(".")[2].startswith(READS)
    }
    assert not writes
    return Figures(recorder.keys, recorder.intruded, quits, dict(recorder.screens.most_common()))


async def test_random_bursts_break_nothing_and_are_read_by_the_screen_they_are_for(embedded, monkeypatch):
    await bursts(embedded, monkeypatch, 11, 150)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3])
async def test_many_random_bursts_break_nothing(embedded, monkeypatch, seed):
    count = BURST_KEYS // 2
    figures = await bursts(embedded, monkeypatch, seed, count)
    print(f"{seed}: {figures}")
    assert figures.intruded
    if count >= PLENTY:
        assert {kind.__name__ for kind in {*OPENERS, *of_modes()} - {ShellScreen}} <= {*figures.screens}


async def test_what_follows_the_key_that_closes_a_late_dialog_is_for_the_dialog_below(embedded, monkeypatch):
    # A read that a key asked for may end only after another dialog opened, and lies over it then.
    recorder = KeyRecorder(monkeypatch)
    async with console(embedded.url, embedded.clock) as pilot:
        app, below, late = pilot.app, Interloper(), ChooseScreen("Groups", (), harmless=True)
        for dialog in (below, late):
            app.push_screen(dialog)
            await until(pilot, lambda dialog=dialog: recorder.painted_at(monotonic()) is dialog)
            await at_rest(pilot)
        await burst(pilot, f"{KEYS['escape']}ab")
        assert app.screen is below
        assert below.query_one(Input).value == "ab"
        assert recorder.intruded == 2
        assert recorder.misread == []


async def test_a_key_typed_before_an_unrequested_dialog_was_seen_counts_as_misread(embedded, monkeypatch):
    recorder = KeyRecorder(monkeypatch)
    monkeypatch.setattr(TypeAhead, "came", lambda _type_ahead, _screen: None)
    async with console(embedded.url, embedded.clock) as pilot:
        await at_rest(pilot)
        dialog = Interloper()
        type_in(pilot.app, "a")
        pilot.app.push_screen(dialog)
        await at_rest(pilot)
        assert dialog.query_one(Input).value == "a"
        (message,) = recorder.misread
        assert message.startswith("a read by Interloper(), typed at ")


# -- in one read or one by one


def standing(pilot: Pilot[Any]) -> tuple[object, ...]:
    app, focused = pilot.app, pilot.app.focused
    base = app.screen_stack[0]
    text = (
        focused.value if isinstance(focused, Input) else focused.text if isinstance(focused, TextArea) else ""
    )
    panes = [tail.group for tail in base.tails.values()] if isinstance(base, PaneScreen) else []
    return (
        app.current_mode,
        [type(each).__name__ for each in app.screen_stack],
        type(focused).__name__,
        text,
        panes,
    )


async def asked(pilot: Pilot[Any]) -> None:
    """Wait until a dialog has its fields, and what was typed for them."""
    await until(
        pilot, lambda: not (isinstance(pilot.app.screen, GuardedDialog) and pilot.app.screen.awaits_field())
    )
    await at_rest(pilot)


@pytest.mark.parametrize(("seed", "burst_count"), [(3, 2), (3, 5), (4, 12)])
@pytest.mark.slow
async def test_keys_in_one_read_do_what_they_do_one_by_one(embedded, monkeypatch, seed, burst_count):
    monkeypatch.setattr(TypeAheadGuard, "seconds", 3600.0)
    rng = random.Random(seed)
    keys = [*"123456gox/fntadlJ@?sx", *(KEYS[name] for name in ("down", "enter", "tab", "f8", "f6"))]
    async with console(embedded.url, embedded.clock) as fast, console(embedded.url, embedded.clock) as slow:
        for _round in range(burst_count):
            typed = rng.choices(keys, k=rng.randint(2, 6))
            await burst(fast, "".join(typed))
            await asked(fast)
            for key in typed:
                await burst(slow, key)
                await asked(slow)
            assert standing(fast) == standing(slow), typed
            for pilot in (fast, slow):
                while len(pilot.app.screen_stack) > 1 or isinstance(pilot.app.focused, Input):
                    await burst(pilot, KEYS["escape"])


def test_every_key_of_the_console_is_among_those_typed():
    typed_keys = {*LETTERS, *MOVES, *OPENS, "escape", "ctrl+q"}
    bound = {key for command in COMMANDS for key in command.key.split(",") if key}
    assert {key if key in KEYS else format_key(key) for key in bound} <= typed_keys
