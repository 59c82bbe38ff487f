"""What the log panes remember from one start of the console to the next. One small file of this person and
system (0600, written atomically): the columns of each log group, what was searched and filtered, and the
saved layouts. Consoles that run at the same time add to each other's: a change is applied to the file as it
is then."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar
from weakref import WeakKeyDictionary, ref

from pydantic import Field, ValidationError

from services.background.detached import detached, in_thread
from services.host.regular_files import read
from services.host.state_files import put_aside, state_folder, write_private
from services.i18n import _
from services.models.base import Clean, Model
from services.models.text import clean
from tui.console import Console
from widgets.logs.arrangement.regions import MOST_PANES

VERSION = 1  # Of the file; a file of another version is not read, and put aside before anything is written
LONGEST = 1024  # Characters of a remembered search or filter pattern at most, as CloudWatch's own limit
HISTORY, GROUPS, COLUMNS, LAYOUTS = 50, 200, 24, 30  # How many of each are remembered: the newest
_BYTES = 1 << 20  # Size of the file at most

T = TypeVar("T")
Kind = Literal["search", "filter"]
Columns = tuple[tuple[str, int], ...]  # Names of fields with their widths in cells, in order


class LayoutPane(Model):
    group: str
    """Exact name of the log group."""
    pattern: str = Field(default="", max_length=LONGEST)
    """The filter pattern."""
    columns: Columns = Field(default=(), max_length=COLUMNS)
    share: int = Field(default=1, ge=1, le=100)
    """Its share of the space that the panes have."""


class SavedLayout(Model):
    panes: tuple[LayoutPane, ...] = Field(min_length=1, max_length=MOST_PANES)


class Remembered(Model):
    """The content of the file; of each the newest is the last."""

    version: Literal[1] = 1
    columns: dict[str, Columns] = Field(default_factory=dict, max_length=GROUPS)
    """By the exact name of the log group."""
    search: tuple[str, ...] = Field(default=(), max_length=HISTORY)
    filter: tuple[str, ...] = Field(default=(), max_length=HISTORY)
    layouts: dict[Clean, SavedLayout] = Field(default_factory=dict, max_length=LAYOUTS)


Change = Callable[[Remembered], Remembered]


class LogMemory:
    """What is remembered; empty until `load` has read it. Every change takes effect at once and is then written."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self.path = path
        self._warn = warn
        self._remembered = Remembered()
        self._loading: asyncio.Task[None] | None = None
        self._unwritten: list[Change] = []
        self._writing: asyncio.Task[None] | None = None
        self._failed = False

    async def load(self) -> None:
        """Read the file, once; a file that cannot be used is put aside with the next change."""
        if self._loading is None:
            self._loading = detached(self._load(), name="log memory")
        await asyncio.shield(self._loading)

    async def _load(self) -> None:
        try:
            stored = await in_thread(lambda: _read(self.path))
        except (OSError, ValueError) as error:
            self._warn(_unusable(self.path, error))
            return
        for change in self._unwritten:
            stored = change(stored)
        self._remembered = stored

    async def written(self) -> None:
        while self._writing is not None:
            await asyncio.shield(self._writing)

    # Columns

    def columns(self, group: str) -> Columns | None:
        return self._remembered.columns.get(group)

    def remember_columns(self, group: str, columns: Columns) -> None:
        columns = tuple((name, width) for name, width in columns if _is_writable(name))[:COLUMNS]
        self._change(
            lambda old: old.model_copy(update={"columns": _with(old.columns, group, columns, GROUPS)})
        )

    def forget_columns(self, group: str) -> None:
        def forget(old: Remembered) -> Remembered:
            columns = {each: value for each, value in old.columns.items() if each != group}
            return old.model_copy(update={"columns": columns})

        self._change(forget)

    # Histories

    def history(self, kind: Kind) -> tuple[str, ...]:
        texts: tuple[str, ...] = getattr(self._remembered, kind)
        return texts[::-1]

    def add_to_history(self, kind: Kind, text: str) -> None:
        if not text or len(text) > LONGEST or not _is_writable(text):
            return

        def add(old: Remembered) -> Remembered:
            others = tuple(each for each in getattr(old, kind) if each != text)
            return old.model_copy(update={kind: (*others, text)[-HISTORY:]})

        self._change(add)

    # Layouts

    @property
    def layouts(self) -> dict[str, SavedLayout]:
        return dict(reversed(self._remembered.layouts.items()))

    def save_layout(self, name: str, layout: SavedLayout) -> None:
        name = clean(name.strip(), 80)
        self._change(
            lambda old: old.model_copy(update={"layouts": _with(old.layouts, name, layout, LAYOUTS)})
        )

    def delete_layout(self, name: str) -> None:
        def delete(old: Remembered) -> Remembered:
            return old.model_copy(
                update={"layouts": {each: layout for each, layout in old.layouts.items() if each != name}}
            )

        self._change(delete)

    # The file

    def _change(self, change: Change) -> None:
        self._remembered = change(self._remembered)
        self._unwritten.append(change)
        if self._writing is None:
            self._writing = detached(self._write(), name="log memory")

    async def _write(self) -> None:
        try:
            await self.load()
            while self._unwritten:
                changes = tuple(self._unwritten)
                await in_thread(partial(_apply, self.path, changes))
                del self._unwritten[: len(changes)]
            self._failed = False
        except OSError as error:
            if not self._failed:
                self._failed = True
                words = _("What the log panes should remember cannot be written to {path}: {reason}")
                self._warn(words.format(path=clean(self.path), reason=clean(error)))
        finally:
            self._writing = None


def _is_writable(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, as a field may have it in its name or value."""
    return text == text.encode("utf-8", "replace").decode("utf-8")


def _read(path: Path) -> Remembered:
    """The content of the file, empty if there is none. Raises OSError, ValueError."""
    try:
        content = read(path, _BYTES)
    except FileNotFoundError:
        return Remembered()
    return Remembered.model_validate_json(content)


def _apply(path: Path, changes: Sequence[Change]) -> None:
    """Apply `changes` to the file as it is now. Raises OSError."""
    try:
        remembered = _read(path)
    except ValueError:
        put_aside(path)
        remembered = Remembered()
    for change in changes:
        remembered = change(remembered)
    write_private(path, remembered.model_dump_json(indent=1))


def _unusable(path: Path, error: OSError | ValueError) -> str:
    reason = _("it is not of this version") if isinstance(error, ValidationError) else str(error)
    words = _(
        "What the log panes remember cannot be read from {path}; it is put aside and begun anew: {reason}"
    )
    return words.format(path=clean(path), reason=clean(reason))


def _with(old: dict[str, T], key: str, value: T, most: int) -> dict[str, T]:
    """`old` with `key` as the newest; the oldest beyond `most` are dropped."""
    items = [*((each, other) for each, other in old.items() if each != key), (key, value)]
    return dict(items[-most:])


_MEMORIES: WeakKeyDictionary[Console, dict[str, LogMemory]] = WeakKeyDictionary()  # By the system's id


def log_memory(app: Console) -> LogMemory:
    services, memories = app.ready, _MEMORIES.setdefault(app, {})
    id = str(services.runbook.system.id)
    if id not in memories:
        of_demo = services.journal.path.with_suffix(".logs.json")
        path = of_demo if app.demo else state_folder("logs", f"{id}.json")
        memories[id] = LogMemory(path, _warning_in(app))
    return memories[id]


def _warning_in(app: Console) -> Callable[[str], None]:
    """Keeps no console alive: what a weak dictionary remembers for one must not lead back to it."""
    console = ref(app)

    def warn(text: str) -> None:
        if (owner := console()) is not None:
            owner.inform(text, severity="warning")

    return warn
