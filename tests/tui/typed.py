"""Typing as a terminal delivers it: bytes that arrive in one read, through the driver's own parser."""

import asyncio
from typing import Any

from textual.message import Message
from textual.pilot import Pilot

from tests.tools.console import LIMIT, screen_text
from tui.terminal.driver.keyboard import Keyboard

KEYS = {"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "enter": "\r", "escape": "\x1b",
        "tab": "\t", "shift+tab": "\x1b[Z", "backspace": "\x7f", "home": "\x1b[H", "end": "\x1b[F",
        "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "delete": "\x1b[3~", "f1": "\x1bOP", "f5": "\x1b[15~",
        "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS", "f6": "\x1b[17~", "f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~", "ctrl+p": "\x10", "ctrl+r": "\x12",
        "ctrl+l": "\x0c", "ctrl+t": "\x14", "ctrl+j": "\n",
        "ctrl+up": "\x1b[1;5A", "ctrl+down": "\x1b[1;5B",
        "ctrl+left": "\x1b[1;5D", "ctrl+right": "\x1b[1;5C", "ctrl+s": "\x13", "ctrl+w": "\x17", "space": " "}  # fmt: skip
"""What a terminal sends for the keys that are more than a character."""


def messages(*reads: str) -> list[Message]:
    """What the driver makes of `reads`; time passes only after the last."""
    deliveries: list[Message] = []
    keyboard = Keyboard(0, deliveries.append, lambda _report: False)
    try:
        for text in reads:
            keyboard._deliver(keyboard.filter.feed(text, 0.0))
        while (deadline := keyboard.filter.deadline) is not None:
            keyboard._deliver(keyboard.filter.expire(deadline))
    finally:
        keyboard.close()
    return deliveries


def type_in(app: Any, *reads: str) -> None:
    """Let `reads` arrive, all before the console does anything."""
    for message in messages(*reads):
        message.set_sender(app)
        app.post_message(message)


async def at_rest(pilot: Pilot[Any]) -> None:
    app = pilot.app
    try:
        async with asyncio.timeout(LIMIT):
            await asyncio.sleep(0)
            while app._running and (app.type_ahead.is_settling or app._message_queue.qsize()):  # noqa: ASYNC110
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"never at rest:\n{screen_text(pilot)}") from None


async def burst(pilot: Pilot[Any], *reads: str) -> None:
    type_in(pilot.app, *reads)
    await at_rest(pilot)
