"""Makes exports: reads, masks, writes, records in the journal, and only then lets the file stay."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from services.background.boundaries import on_error
from services.clock import Clock
from services.logs.export.export_file import ExportFile, GrowingFile
from services.logs.export.rendering import ExportedLine, LineRenderer, RowRenderer
from services.logs.export.under_way import (
    Body,
    ExportRecords,
    ExportUnderWay,
    ExportWish,
    HeadMaker,
    Progress,
    Renders,
    whole_step,
)
from services.logs.masking.mask import Masker
from services.logs.masking.of_runbook import masker_of
from services.models.log_exports import ExportHead, ExportKind, ExportSubject
from services.models.runbook import Runbook

T = TypeVar("T")


class LogExports:
    def __init__(
        self, runbook: Runbook, region: str, journal: ExportRecords, clock: Clock, by: Callable[[], str]
    ) -> None:
        self._runbook = runbook
        self._region = region
        self._journal = journal
        self._clock = clock
        self._by = by

    async def lines(
        self,
        subject: ExportSubject,
        batches: AsyncIterator[Sequence[ExportedLine]],
        wish: ExportWish,
        progress: Progress = lambda _count: None,
    ) -> ExportHead:
        """Export lines in the order in which they come. Raises OSError (FileExistsError: nothing is
        overwritten), JournalError, and what `batches` raises; then, and when cancelled, leaves no file."""
        zone = ZoneInfo(wish.zone or self._runbook.system.timezone)
        return await self._export(
            subject,
            wish,
            lambda masker: LineRenderer(wish.form, zone, masker, groups=len(subject.groups)),
            batches,
            progress,
        )

    async def rows(
        self,
        subject: ExportSubject,
        columns: Sequence[str],
        rows: Sequence[Mapping[str, str]],
        wish: ExportWish,
    ) -> ExportHead:
        async def whole() -> AsyncIterator[Sequence[Mapping[str, str]]]:
            yield rows

        return await self._export(
            subject,
            wish,
            lambda masker: RowRenderer(wish.form, columns, masker),
            whole(),
            lambda _count: None,
        )

    async def tail(
        self, subject: ExportSubject, wish: ExportWish, *, grows: bool
    ) -> ExportUnderWay[ExportedLine]:
        """Begin an export of lines whose number and end are not known; the caller finishes or discards it.
        `grows`: the file is in its place from the start, its head in a file beside it, and the journal has an
        entry about its beginning; it stays even if it is never finished. Raises OSError, JournalError."""
        zone = ZoneInfo(wish.zone or self._runbook.system.timezone)
        export = await self._begin(
            wish,
            lambda masker: LineRenderer(wish.form, zone, masker, groups=len(subject.groups)),
            grows=grows,
        )
        if grows:
            with on_error(export.discard):
                await export.announce(subject)
        return export

    async def _export(
        self,
        subject: ExportSubject,
        wish: ExportWish,
        renderer_of: Callable[[Masker | None], Renders[T]],
        batches: AsyncIterator[Sequence[T]],
        progress: Progress,
    ) -> ExportHead:
        export = await self._begin(wish, renderer_of)
        try:
            async for batch in batches:
                await export.add(batch, progress)
            return await export.finish(subject)
        finally:
            export.discard()

    async def _begin(
        self, wish: ExportWish, renderer_of: Callable[[Masker | None], Renders[T]], *, grows: bool = False
    ) -> ExportUnderWay[T]:
        masker = masker_of(self._runbook)
        renderer = renderer_of(None if wish.unmasked_reason else masker)
        kind: Callable[[Path], ExportFile | GrowingFile] = GrowingFile if grows else ExportFile
        files: list[ExportFile | GrowingFile] = []
        try:
            await whole_step(lambda: files.append(kind(wish.path)))
        except asyncio.CancelledError:
            for file in files:
                file.discard()
            raise
        file = files[0]
        head = self._head_of(wish, masker)
        export = ExportUnderWay(file, renderer, masker, wish, head, self._journal)
        with on_error(export.discard):
            await export.begin()
        return export

    def _head_of(self, wish: ExportWish, masker: Masker) -> HeadMaker:
        system = self._runbook.system

        def masked(text: str) -> str:
            return text if wish.unmasked_reason else masker.masked(text).text

        def head(subject: ExportSubject, body: Body) -> ExportHead:
            return ExportHead(
                kind=subject.kind,
                system=system.id,
                account=system.account,
                region=self._region,
                groups=subject.groups,
                pattern=masked(subject.pattern),
                query=masked(subject.query),
                language=subject.language,
                zone="UTC" if subject.kind is ExportKind.QUERY else wish.zone or system.timezone,
                start=subject.start,
                end=subject.end,
                lines=body.lines,
                late=body.late,
                cut=body.cut,
                masked=body.masked,
                unmasked_reason=wish.unmasked_reason,
                note=masked(subject.note),
                made_at=self._clock.now(),
                made_by=self._by(),
                sha256=body.sha256,
                bytes=body.bytes,
            )

        return head
