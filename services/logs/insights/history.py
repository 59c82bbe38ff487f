"""The queries that this person ran with the console: text, range, bytes and price, in a small file of their
own (0600). The account's own history (DescribeQueries) knows who ran what and how many bytes it scanned, for
a while; this one also knows the range, and how far the estimate was off."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from services.aws.logs.group_names import group_name
from services.background.detached import detached, in_thread
from services.host.regular_files import read
from services.host.state_files import put_aside, state_folder, write_private
from services.i18n import _
from services.models.base import Model
from services.models.insights_queries import LONGEST_TEXT, QueryLanguage
from services.models.metrics import TimeSpan
from services.models.text import clean

MOST = 200  # Queries remembered: the newest
ONCE_A_SIZE = 1_000_000  # Bytes estimated from which a comparison with the bytes scanned means anything
_BYTES = 4 << 20  # Size of the file at most


class OwnQuery(Model):
    at: datetime
    text: str = Field(max_length=LONGEST_TEXT)
    language: QueryLanguage = QueryLanguage.LOGSQL
    groups: tuple[str, ...] = ()
    span: TimeSpan
    bytes: int = 0
    """Bytes scanned."""
    yen: float = 0.0
    rows: int = 0
    estimated: int = 0
    """Bytes estimated from the stored sizes alone; 0: not estimated."""
    skipped: int = 0
    """Bytes that field indexes made unnecessary to scan."""
    complete: bool = True


class _File(Model):
    version: Literal[1] = 1
    queries: tuple[OwnQuery, ...] = Field(default=(), max_length=MOST)


class QueryHistory:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""  # Why the file could not be read or written, in words; "": it could
        self._queries: tuple[OwnQuery, ...] = ()
        self._is_read = False
        self._lock = asyncio.Lock()
        self._writing: asyncio.Task[None] | None = None

    @property
    def queries(self) -> tuple[OwnQuery, ...]:
        return tuple(reversed(self._queries))

    async def load(self) -> None:
        """Read the file once; does not raise."""
        async with self._lock:
            if not self._is_read:
                self._queries = tuple(dict.fromkeys((*await in_thread(self._read), *self._queries)))[-MOST:]
                self._is_read = True

    def add(self, query: OwnQuery) -> None:
        self._queries = (*self._queries, query)[-MOST:]
        self._writing = detached(self._write(query))

    async def written(self) -> None:
        if self._writing is not None:
            await asyncio.wait([self._writing])

    def correction(self, groups: Sequence[str]) -> float | None:
        """Bytes scanned per byte estimated in the newest complete query of just these groups; None if there was none."""
        wanted = {group_name(group) for group in groups}
        for query in self.queries:
            is_measure = query.complete and query.estimated >= ONCE_A_SIZE and query.bytes
            if is_measure and {group_name(group) for group in query.groups} == wanted:
                return (query.bytes + query.skipped) / query.estimated
        return None

    async def _write(self, query: OwnQuery) -> None:
        async with self._lock:
            await in_thread(lambda: self._merge(query))

    def _merge(self, query: OwnQuery) -> None:
        queries = (*self._read(aside=True), query)[-MOST:]
        try:
            write_private(self.path, _File(queries=queries).model_dump_json() + "\n")
        except OSError as error:
            self.problem = error.strerror or str(error)

    def _read(self, *, aside: bool = False) -> tuple[OwnQuery, ...]:
        """What the file has; `aside` keeps a file that cannot be understood from being written over."""
        try:
            text = read(self.path, _BYTES)
            return _File.model_validate_json(text).queries
        except FileNotFoundError:
            return ()
        except OSError as error:
            self.problem = error.strerror or str(error)
        except ValueError:
            self.problem = _(
                "{path} is not of this version; it is put aside before the next query is stored"
            ).format(path=clean(self.path))
            if aside:
                with suppress(OSError):
                    put_aside(self.path)
        return ()


def history_path(system: str) -> Path:
    return state_folder("insights") / f"{system}.json"
