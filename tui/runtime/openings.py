"""Opens what a key asks for once the modules that it needs are imported beside the event loop."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textual.app import App

from tui.runtime.late_modules import are_imported, ready
from tui.runtime.type_ahead import TypeAhead

Needs = Mapping[str, Sequence[str]]
"""Modules to import before something opens, by its name; "" for everything that has no name of its own."""


class Openings:
    """Opens screens in the order in which they were asked for; keys typed meanwhile wait for what opens.

    What is asked for before `begin` waits for it.
    """

    def __init__(self, app: App[Any], type_ahead: TypeAhead) -> None:
        self._app = app
        self._type_ahead = type_ahead
        self._needs: Needs = {}
        self._has_begun = asyncio.Event()
        self._in_order = asyncio.Lock()

    def begin(self, needs: Needs) -> None:
        """Open from now on; the first screen is there."""
        self._needs = needs
        self._has_begun.set()

    def open(self, name: str, opens: Callable[[], object], *, by_key: bool = True) -> None:
        """Call `opens` now, or once the modules that `name` needs are there.

        `by_key`: somebody waits for it, so the following keys wait, too.
        """
        if self._has_begun.is_set() and not self._in_order.locked() and are_imported(*self._modules(name)):
            opens()
        else:
            self._app.run_worker(self._open_later(name, opens, by_key), name=f"open {name}", group="opening")

    def _modules(self, name: str) -> Sequence[str]:
        return self._needs.get(name, self._needs[""])

    async def _open_later(self, name: str, opens: Callable[[], object], by_key: bool) -> None:
        with self._type_ahead.opening(by_key):
            async with self._in_order:
                await self._has_begun.wait()
                await ready(*self._modules(name))
                opens()
