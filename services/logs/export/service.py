"""Makes exports: reads, masks, writes, records in the journal, and only then lets the file stay."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from services.clock import Clock
from services.logs.export.entries import exported
from services.logs.export.export_file import ExportFile, companion_of
from services.logs.export.rendering import ExportedLine, LineRenderer, RowRenderer, head_text, is_cut
from services.logs.masking.of_runbook import masker_of
from services.models.journal import NewEntry
from services.models.log_exports import ExportFormat, ExportHead, ExportSubject
from services.models.runbook import Runbook

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)
Progress = Callable[[int], None]
"""Is told the number of lines so far."""
STEP = 2_000
"""Lines that are masked and written at once."""


class Records(Protocol):
    """`services.journal.journal.Journal`."""

    async def append(self, draft: NewEntry) -> object:
        """Record durably. Raises JournalError."""
        ...


@dataclass(frozen=True, slots=True)
class ExportWish:
    """Where an export goes, and how."""

    path: Path
    form: ExportFormat
    unmasked_reason: str = ""
    """Why the text is exported as it was logged; "": secrets and personal data are masked."""


class LogExports:
    """Exports log texts of one system."""

    def __init__(
        self, runbook: Runbook, region: str, journal: Records, clock: Clock, by: Callable[[], str]
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
        """Export lines in the order in which they come.

        Raises OSError (FileExistsError: nothing is overwritten), JournalError, and what `batches` raises; then, and
        when it is cancelled, no file is left behind.
        """
        zone = ZoneInfo(self._runbook.system.timezone)
        return await self._export(
            subject,
            wish,
            lambda mask: LineRenderer(wish.form, zone, mask, groups=len(subject.groups)),
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
        """Export the rows of a query's result, as `lines` does."""

        async def whole() -> AsyncIterator[Sequence[Mapping[str, str]]]:
            yield rows

        return await self._export(
            subject, wish, lambda mask: RowRenderer(wish.form, columns, mask), whole(), lambda _count: None
        )

    async def _export(
        self,
        subject: ExportSubject,
        wish: ExportWish,
        renderer_of: Callable[[Callable[[str], str]], "Renders[T]"],
        batches: AsyncIterator[Sequence[T]],
        progress: Progress,
    ) -> ExportHead:
        masker = masker_of(self._runbook)
        renderer = renderer_of((lambda text: text) if wish.unmasked_reason else masker.mask)
        file = await asyncio.to_thread(ExportFile, wish.path)
        count = late = cut = 0
        try:
            await asyncio.to_thread(file.write, renderer.opening())
            async for batch in batches:
                for start in range(0, len(batch), STEP):
                    part = batch[start : start + STEP]
                    await asyncio.to_thread(file.write, await asyncio.to_thread(renderer.render, part))
                    count += len(part)
                    late += sum(isinstance(each, ExportedLine) and each.line.late for each in part)
                    cut += sum(isinstance(each, ExportedLine) and is_cut(each.line.text) for each in part)
                    progress(count)
            masked = None if wish.unmasked_reason else dict(sorted(masker.counts.items()))
            head = self._head(subject, wish, file, count, late, cut, masked)
            companion = companion_of(wish.path) if wish.form is ExportFormat.CSV else None
            await asyncio.to_thread(file.place, head_text(head, wish.form), companion)
            await self._journal.append(exported(head, wish.path, wish.form))
            file.keep()
        finally:
            file.discard()
        return head

    def _head(
        self,
        subject: ExportSubject,
        wish: ExportWish,
        file: ExportFile,
        count: int,
        late: int,
        cut: int,
        masked: dict[str, int] | None,
    ) -> ExportHead:
        system = self._runbook.system
        return ExportHead(
            kind=subject.kind,
            system=system.id,
            account=system.account,
            region=self._region,
            groups=subject.groups,
            pattern=subject.pattern,
            query=subject.query,
            language=subject.language,
            zone=system.timezone,
            start=subject.start,
            end=subject.end,
            lines=count,
            late=late,
            cut=cut,
            masked=masked,
            unmasked_reason=wish.unmasked_reason,
            note=subject.note,
            made_at=self._clock.now(),
            made_by=self._by(),
            sha256=file.sha256,
            bytes=file.size,
        )


class Renders(Protocol[Item]):
    """LineRenderer or RowRenderer."""

    def opening(self) -> str:
        """What stands before the first line of the body."""
        ...

    def render(self, items: Iterable[Item], /) -> str:
        """Lines of the body."""
        ...
