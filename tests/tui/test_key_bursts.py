"""Random keys in bursts over all screens: no fault, no end, nothing sent, and no key read by a screen not yet seen.

`TOBAN_BURST_KEYS=100000` makes the slow one as long as that.
"""

import asyncio
import os
import random
from typing import Any

import pytest
from textual.events import Event, Key
from textual.message import Message
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from tests.conftest import Embedded
from tests.tools.console import console
from tests.tui.change_steps import arm_without_screen
from tests.tui.typed import KEYS, at_rest, burst, type_in
from tui.app import TobanApp
from tui.commands import COMMANDS
from tui.modes import MODES
from tui.screens.guard import Guard
from tui.screens.panes import PaneScreen
from tui.terminal_app import TerminalApp

LETTERS = "abcdefghijklmnopqrstuvwxyzDIWEFGNSAJ/:?[]@.-0123456789 日本"
MOVES = ["up", "down", "left", "right", "enter", "tab", "shift+tab", "home", "end", "pageup", "pagedown"]
OPENS = [
    "f1",
    "f5",
    "f6",
    "f8",
    "f9",
    "ctrl+p",
    "ctrl+r",
    "ctrl+l",
    "ctrl+t",
    "ctrl+j",
    "backspace",
    "delete",
]
PASTES = ["\x1b[200~x\ny/3gox\x1b[201~", f"\x1b[200~{'w' * 3000}\x1b[201~", "\x1b[200~\n\n\x1b[201~"]
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


class Witness:
    """Which screen was asked for when a key was let in, and which one read it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.keys = 0
        self.misread: list[str] = []
        self._meant: dict[int, tuple[Event, Screen[Any]]] = {}
        let_in, handle = TerminalApp.on_event, MessagePump._on_message

        async def on_event(app: TerminalApp, event: Event) -> None:
            if isinstance(event, Key) and not event.is_forwarded:
                self.keys += 1
                self._meant[id(event)] = event, app.screen
            await let_in(app, event)

        async def on_message(pump: MessagePump, message: Message) -> None:
            if isinstance(message, Key):
                self._read(pump, message)
            await handle(pump, message)

        patch.setattr(TerminalApp, "on_event", on_event)
        patch.setattr(MessagePump, "_on_message", on_message)

    def _read(self, pump: MessagePump, key: Key) -> None:
        meant = self._meant.get(id(key))
        if not isinstance(pump, Widget) and pump.app.type_ahead.is_for_another(key):
            return  # a screen opened by itself: the app drops the key
        reader = pump.screen if isinstance(pump, Widget) else pump.app.screen
        if meant is None or meant[1] is not reader:
            self.misread.append(f"{key.key} read by {reader}, meant for {meant and meant[1]}")

    def forget(self) -> None:
        """Free what was read."""
        self._meant.clear()


async def bursts(embedded: Embedded, patch: pytest.MonkeyPatch, seed: int, count: int) -> None:
    """Type `count` keys of `seed`, in bursts that overlap; armed half of the time."""
    rng, witness = random.Random(seed), Witness(patch)
    quits = 0

    async def action_quit(_app: TobanApp) -> None:
        nonlocal quits
        quits += 1

    patch.setattr(TobanApp, "action_quit", action_quit)
    async with console(embedded.url, embedded.clock, notifications=True) as pilot:
        app = pilot.app
        app.fail_fast = False
        recent: list[str] = []
        if rng.random() < 0.5:
            await arm_without_screen(pilot)
        while witness.keys < count:
            keys = chosen_keys(rng, rng.choice((1, 2, 3, 5, 8, 13, 30)))
            recent = [*recent[-20:], "".join(keys)]
            type_in(app, "".join(keys))
            if rng.random() < 0.7:
                await at_rest(pilot)
                witness.forget()
            else:
                await asyncio.sleep(0)
            assert app._running, recent
            assert not app.bugs, ([bug.text for bug in app.bugs.values()], recent)
            assert not witness.misread, (witness.misread, recent)
        await at_rest(pilot)
        assert not app.runs
    sent = [name for name in embedded.counts() if not name.partition(".")[2].startswith(READS)]
    assert sent == []


async def test_random_bursts_break_nothing_and_are_read_by_the_screen_they_are_for(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bursts(embedded, monkeypatch, 11, 300)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_many_random_bursts_break_nothing(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    await bursts(embedded, monkeypatch, seed, int(os.environ.get("TOBAN_BURST_KEYS", "3000")) // 2)


# -- in one read or one by one


def standing(pilot: Pilot[Any]) -> tuple[object, ...]:
    """Where the console stands, as far as keys can bring it there."""
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


@pytest.mark.parametrize("seed", [3])
async def test_keys_in_one_read_do_what_they_do_one_by_one(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(Guard, "seconds", 3600.0)
    rng = random.Random(seed)
    keys = [*"123456gox/fntadlJ@?sx", *(KEYS[name] for name in ("down", "enter", "tab", "f8", "f6"))]
    async with console(embedded.url, embedded.clock) as fast, console(embedded.url, embedded.clock) as slow:
        for _round in range(12):
            typed = rng.choices(keys, k=rng.randint(2, 6))
            await burst(fast, "".join(typed))
            for key in typed:
                await burst(slow, key)
            assert standing(fast) == standing(slow), typed
            for pilot in (fast, slow):
                while len(pilot.app.screen_stack) > 1 or isinstance(pilot.app.focused, Input):
                    await burst(pilot, KEYS["escape"])


def test_every_key_of_the_console_is_among_those_typed() -> None:
    spelled = {
        "question_mark": "?",
        "slash": "/",
        "colon": ":",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
    }
    known = {*LETTERS, *MOVES, *OPENS, "escape", "ctrl+q"}
    bound = {key for command in COMMANDS for key in command.key.split(",") if key}
    assert {spelled.get(key, key) for key in bound} <= known
