"""An export under way: what comes is masked and written; at the end it is recorded in the journal, and only then stays."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, ParamSpec, Protocol, TypeVar

from services.i18n import _, plural
from services.logs.export.export_file import ExportFile, GrowingFile, companion_of
from services.logs.export.rendering import ExportedLine, head_text, is_cut
from services.logs.masking.mask import FurtherPattern, Masker, title_of
from services.models.journal import RESTRAINS_CHANGES, EntryKind, NewEntry
from services.models.log_exports import ExportFormat, ExportHead, ExportKind, ExportSubject
from services.models.text import clean

SUBJECT = "export:"


def exported(head: ExportHead, path: Path, form: ExportFormat) -> NewEntry:
    """Log texts were, or are being, written to a file; contains the head: what, from when, masked or not and why."""
    if not head.sha256:
        return _begun(head, path, form)
    groups = _(", ").join(map(clean, head.groups))
    count = (
        plural("{count} row of a query", "{count} rows of a query", head.lines)
        if head.kind is ExportKind.QUERY
        else plural("{count} line", "{count} lines", head.lines)
    ).format(count=head.lines)
    words = (
        _("Exported {count} of {groups} as logged: {reason}")
        if head.masked is None
        else _("Exported {count} of {groups}, {masked} parts masked")
    )
    masked = sum((head.masked or {}).values())
    text = words.format(count=count, groups=groups, masked=masked, reason=head.unmasked_reason)
    return _entry(SUBJECT + head.sha256[:16], text, head, path, form)


def _begun(head: ExportHead, path: Path, form: ExportFormat) -> NewEntry:
    words = (
        _("Export of {groups} as logged begins: {reason}")
        if head.masked is None
        else _("Export of {groups} begins")
    )
    groups = _(", ").join(map(clean, head.groups))
    return _entry("", words.format(groups=groups, reason=head.unmasked_reason), head, path, form)


def _entry(subject: str, text: str, head: ExportHead, path: Path, form: ExportFormat) -> NewEntry:
    return NewEntry(
        kind=EntryKind.EXPORTED,
        subject=subject,
        target=str(head.groups[0]) if head.groups else "",
        text=text,
        data={
            RESTRAINS_CHANGES: False,
            "path": clean(path),
            "format": form.value,
            "head": head.model_dump(mode="json"),
        },
    )


T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
Item = TypeVar("Item", contravariant=True)
Progress = Callable[[int], None]  # Is told the number of lines so far
STEP = 2_000  # Lines that are masked and written at once


@dataclass(frozen=True, slots=True)
class ExportWish:
    path: Path
    form: ExportFormat
    unmasked_reason: str = ""
    """Why the text is exported as it was logged; "": secrets and personal data are masked."""
    zone: str = ""  # IANA name of the zone of the times in text and CSV; "": the system's


async def whole_step(work: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """The result of blocking work in a thread; cancelled, it waits for the thread, so that nothing is written
    after that. Raises what `work` raises."""
    step = asyncio.ensure_future(asyncio.to_thread(work, *args, **options))
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        await asyncio.gather(step, return_exceptions=True)
        raise


class Body(NamedTuple):
    lines: int
    late: int
    cut: int
    masked: dict[str, int] | None
    sha256: str
    bytes: int


HeadMaker = Callable[[ExportSubject, Body], ExportHead]


class ExportRecords(Protocol):
    async def append(self, draft: NewEntry) -> object:
        """Record durably. Raises JournalError."""
        ...


class Renders(Protocol[Item]):
    def opening(self) -> str: ...

    def render(self, items: Iterable[Item], /) -> str: ...


class ExportUnderWay(Generic[T]):
    """Takes items in order. Call `discard` in any case: without `finish`, it removes the file unless it was announced."""

    def __init__(
        self,
        file: ExportFile | GrowingFile,
        renderer: Renders[T],
        masker: Masker,
        wish: ExportWish,
        head_of: HeadMaker,
        journal: ExportRecords,
    ) -> None:
        self._file = file
        self._renderer = renderer
        self._masker = masker
        self._wish = wish
        self._head_of = head_of
        self._journal = journal
        self._lines = self._late = self._cut = 0

    async def begin(self) -> None:
        """Write what stands before the first line. Raises OSError."""
        await whole_step(self._file.write, self._renderer.opening())

    async def announce(self, subject: ExportSubject) -> None:
        """Record that the export begins; the file then stays. Raises OSError, JournalError."""
        await self._record(self._head_of(subject, self._body()._replace(sha256="", bytes=0)))

    async def add(self, items: Sequence[T], progress: Progress = lambda _count: None) -> None:
        """Mask and write; cancelled, it ends after a whole step. Raises OSError."""
        for start in range(0, len(items), STEP):
            await whole_step(self._write, items[start : start + STEP])
            progress(self._lines)

    async def finish(self, subject: ExportSubject) -> ExportHead:
        """Complete the head and record the export. Raises OSError, JournalError."""
        head = self._head_of(subject, self._body())
        await self._record(head)
        return head

    async def _record(self, head: ExportHead) -> None:
        await self._place(head)
        await self._journal.append(exported(head, self._wish.path, self._wish.form))
        self._file.keep()

    def discard(self) -> None:
        """Close the file; remove it unless it has to stay."""
        self._file.discard()

    async def _place(self, head: ExportHead) -> None:
        is_beside = self._wish.form is ExportFormat.CSV or isinstance(self._file, GrowingFile)
        text = head_text(head, ExportFormat.CSV if is_beside else self._wish.form)
        await whole_step(self._file.place, text, companion_of(self._wish.path) if is_beside else None)

    def _write(self, items: Sequence[T]) -> None:
        self._file.write(self._renderer.render(items))
        self._lines += len(items)
        for item in items:
            if isinstance(item, ExportedLine):
                self._late += item.line.late
                self._cut += is_cut(item.line.text)

    def _body(self) -> Body:
        masked = None if self._wish.unmasked_reason else dict(sorted(self._masker.counts.items()))
        return Body(self._lines, self._late, self._cut, masked, self._file.sha256, self._file.size)


def done(
    head: ExportHead, wish: ExportWish, patterns: Sequence[FurtherPattern] = (), *, beside: bool = False
) -> str:
    """What was saved, where, and what was masked; `beside`: the head is a file of its own in any format."""
    count = plural("{count} line saved to {path}", "{count} lines saved to {path}", head.lines)
    words = [count.format(count=f"{head.lines:,}", path=clean(wish.path))]
    if beside or wish.form is ExportFormat.CSV:
        words.append(_("its head: {path}", path=clean(companion_of(wish.path).name)))
    if head.masked is None:
        words.append(_("as logged"))
    elif head.masked:
        kinds = _(", ").join(
            _("{kind} {count}", kind=title_of(kind, patterns), count=count)
            for kind, count in head.masked.items()
        )
        words.append(_("masked: {kinds}", kinds=kinds))
    else:
        words.append(_("nothing had to be masked"))
    return _("; ").join(words)
