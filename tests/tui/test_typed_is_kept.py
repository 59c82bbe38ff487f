import asyncio
from itertools import product
from operator import attrgetter
from typing import Any, NamedTuple

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from tests.tools.console import console, screen_text, until
from tests.tui.screen_visits import OPENERS, Opener, Things, call, every_screen, has_read, things
from tests.tui.typed import KEYS, at_rest, burst, type_in
from tui.runtime import type_ahead
from tui.screens.changes.approval import ApprovalScreen
from tui.screens.changes.arm import ArmScreen
from tui.screens.changes.manual_resolution import ManualResolutionScreen
from tui.screens.changes.plan import PlanScreen
from tui.screens.common.dialog import Dialog
from tui.screens.common.type_ahead_guard import GuardedDialog, TypeAheadGuard, text_of
from tui.screens.common.writing_dialog import WritingDialog
from tui.screens.duties.sign import SignScreen
from tui.screens.journal.note import NoteScreen
from tui.screens.watch.acknowledge import AcknowledgeScreen
from widgets.inputs.confirm_bar import ConfirmBar

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

ASCII, IME, PASTED = "deploy 123456 ", "デプロイ起因", "確認 7"
PASTE = f"\x1b[200~{PASTED}\x1b[201~"
LAGS = (0.0, 0.3, 1.0, 2.0)
"""Seconds between the key and the dialog; the test's clock goes by the turns of the event loop that a key waits."""
TURN = type_ahead._PAUSE
PARTS = 4
DIALOGS = sorted(
    (kind for kind in every_screen() if issubclass(kind, Dialog)), key=lambda kind: kind.__name__
)
QUICK = (NoteScreen, ArmScreen, AcknowledgeScreen, SignScreen)
SENT_AT_ONCE = (AcknowledgeScreen, PlanScreen)
"""Dialogs that a request opens, which no handler sends later than a key's patience lasts."""
WRITING = [kind for kind in DIALOGS if issubclass(kind, WritingDialog)]


class Record(NamedTuple):
    """How a dialog that is no WritingDialog records: what it calls, of the engine, and what is typed before Enter."""

    calls: str
    keys: str


RECORDS: dict[type[Dialog[Any]], Record] = {
    ArmScreen: Record("arm", "{text}"),
    ApprovalScreen: Record("authority.approvals.declare_emergency", KEYS["tab"] + "{text}"),
    ManualResolutionScreen: Record("resolve_manually", KEYS["right"] + KEYS["tab"] + "{text}"),
}


class Hand:
    """Presses F8, which opens the dialog of the test after a lag, and types on meanwhile."""

    def __init__(self, pilot: Pilot[Any], it: Things) -> None:
        self.pilot, self.it = pilot, it
        self.app: Any = pilot.app

    async def open(
        self,
        opener: Opener,
        reads: tuple[str, str, str] = ("", "", ""),
        lag: float = 0.0,
        way: str = "handler",
    ) -> Any:
        """`reads` arrive with the key, half-way to the dialog, and before it is mounted."""
        first, second, third = reads
        self.app.board.past.clear()

        async def opens() -> None:
            for read in (second, ""):
                for _turn in range(int(lag / TURN / 2)):
                    await asyncio.sleep(0)
                type_in(self.app, read)
            del self.app.action_note
            await call(opener, self.it)
            type_in(self.app, third)

        async def opens_aside() -> None:
            with self.app.type_ahead.opening(by_key=True):
                await opens()

        self.app.action_note = opens if way == "handler" else lambda: self.app.run_worker(opens_aside())
        await burst(self.pilot, KEYS["f8"] + first)
        await until(self.pilot, lambda: len(self.app.screen_stack) > 1 and self.app.screen.is_mounted)
        await has_read(self.pilot)
        await at_rest(self.pilot)
        return self.app.screen

    def said(self) -> str:
        """What is on the screen, and in the list of messages since the dialog was asked for."""
        return "\n".join([screen_text(self.pilot), *(each.text for each in self.app.board.past)])

    async def leave(self) -> None:
        for _press in range(6):
            if len(self.app.screen_stack) == 1:
                return
            await burst(self.pilot, KEYS["escape"])
        raise AssertionError(f"escape does not close {self.app.screen}")


def fields(screen: Screen[Any]) -> list[str]:
    """What stands in each; not in the one for a target's name, which confirms and takes nothing typed ahead."""
    inputs = [each for each in screen.query("Input, TextArea") if isinstance(each, Input | TextArea)]
    return [text_of(each) for each in inputs if not any(isinstance(up, ConfirmBar) for up in each.ancestors)]


async def typed_slowly(hand: Hand, opener: Opener, kind: type[Screen[Any]]) -> list[str] | None:
    """What stands in the fields when the dialog takes keys before the first of them; None without a field."""
    screen = await hand.open(opener)
    assert type(screen) is kind
    await until(hand.pilot, lambda: not isinstance(screen, GuardedDialog) or screen.guard.is_open)
    if not fields(screen):
        await hand.leave()
        return None
    if isinstance(screen, GuardedDialog):
        screen.set_focus(screen.writes_to())
    for read in (ASCII, IME, PASTE):
        await burst(hand.pilot, read)
    texts = fields(screen)
    assert IME in "".join(texts) or "123456" in "".join(texts), (kind, texts)
    await hand.leave()
    return texts


async def check(hand: Hand, kind: type[Screen[Any]], lags: tuple[float, ...] = LAGS) -> list[str]:
    (opener, *_others), wrong = OPENERS[kind], []
    expected = await typed_slowly(hand, opener, kind)
    enter = KEYS["enter"] if issubclass(kind, GuardedDialog) else ""
    for lag, way in product(lags if expected else lags[:1], ("handler", "worker")):
        if (lag, way) == (LAGS[-1], "handler") and kind in SENT_AT_ONCE:
            continue
        reads = (ASCII, IME + enter, PASTE) if expected else (enter, enter, "")
        screen = await hand.open(opener, reads, lag, way)
        if type(screen) is not kind:
            wrong.append(f"{kind.__name__} {lag} {way}: Enter led to {screen}")
        elif expected and (texts := fields(screen)) != expected:
            wrong.append(f"{kind.__name__} {lag} {way}: {texts} instead of {expected}")
        elif enter and expected and "has only just opened" not in hand.said():
            wrong.append(f"{kind.__name__} {lag} {way}: nothing says that Enter was refused")
        await hand.leave()
    return wrong


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=pytest.mark.slow) for part in range(PARTS)] + ["quick"]
)
async def test_every_field_has_what_was_typed_before_it_was_there(embedded, monkeypatch, part):
    monkeypatch.setattr(type_ahead, "_PAUSE", 0)
    kinds, lags = (DIALOGS[part::PARTS], LAGS) if isinstance(part, int) else (QUICK, (0.0, 1.0))
    async with console(embedded.url, embedded.clock) as pilot:
        hand = Hand(pilot, await things(pilot))
        wrong = [each for kind in kinds for each in await check(hand, kind, lags)]
        assert not wrong, "\n".join(wrong)


async def test_letters_on_their_way_to_the_field_when_the_guard_opens_are_not_replaced(embedded, monkeypatch):
    monkeypatch.setattr(TypeAheadGuard, "seconds", 3600.0)
    async with console(embedded.url, embedded.clock) as pilot:
        hand = Hand(pilot, await things(pilot))
        screen = await hand.open(OPENERS[ManualResolutionScreen][0])
        field = screen.focused
        assert isinstance(field, Input)
        for letter in "de":
            field.post_message(Key(letter, letter))
        screen._begin()
        await burst(pilot, "ploy")
        assert field.value == "deploy"


async def type_while_recording(hand: Hand, kind: type[Dialog[Any]], patch: pytest.MonkeyPatch) -> None:
    """Type on after Enter, before and while it is being recorded; then let it be recorded."""
    asked, may_end = asyncio.Event(), asyncio.Event()

    async def write(*_values: object, **_named: object) -> str:
        asked.set()
        await may_end.wait()
        return "recorded"

    before = "{text}"
    if record := RECORDS.get(kind):
        owner, _dot, name = f"ready.engine.{record.calls}".rpartition(".")
        patch.setattr(attrgetter(owner)(hand.app), name, write)
        before = record.keys
    else:
        patch.setattr(kind, "write", write)
        patch.setattr(kind, "refused", lambda _self, _text: "")
    screen = await hand.open(OPENERS[kind][0])
    await until(hand.pilot, lambda: screen.guard.is_open)
    await burst(hand.pilot, before.format(text=IME) + KEYS["enter"] + ASCII)
    await until(hand.pilot, asked.is_set)
    await burst(hand.pilot, PASTE)
    may_end.set()
    await until(hand.pilot, lambda: type(hand.app.screen) is NoteScreen and hand.app.screen is not screen)
    await until(hand.pilot, lambda: hand.app.screen.field.text == ASCII + PASTED)
    await hand.leave()


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
async def test_what_is_typed_while_a_text_is_recorded_goes_into_a_note(embedded, monkeypatch):
    async with console(embedded.url, embedded.clock) as pilot:
        hand = Hand(pilot, await things(pilot))
        for kind in (*WRITING, *RECORDS):
            with monkeypatch.context() as patch:
                await type_while_recording(hand, kind, patch)
