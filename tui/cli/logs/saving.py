import errno
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from services.aws.client.errors import AwsError
from services.host.regular_files import check_target as check_regular
from services.host.regular_files import named
from services.i18n import _
from services.journal.errors import JournalError
from services.logs.export.export_file import companion_of
from services.logs.export.rendering import ExportedLine
from services.logs.export.under_way import ExportUnderWay, ExportWish, done
from services.logs.follow.merging import MergedLine
from services.models.base import RawId
from services.models.log_exports import ExportFormat, ExportKind, ExportSubject
from services.models.logs import LogLine
from services.models.text import clean
from services.system import Services
from tui.cli.click_i18n import Prints
from tui.cli.logs.tail_options import TailOptions
from tui.exit_status import ExitStatus
from tui.start_options import StartError


class Sink(Protocol):
    async def show(self, lines: Sequence[MergedLine]) -> None:
        """Take further lines. Raises CannotPrint, StartError."""
        ...

    async def finish(self, unread: Sequence[str]) -> None:
        """The tail has ended; `unread`: the groups that could not be read. Raises StartError."""
        ...

    def close(self) -> None:
        """Release everything; what is not finished does not stay unless it has to."""
        ...


def form_of(wish: TailOptions) -> ExportFormat:
    if wish.as_json:
        return ExportFormat.JSONL
    suffix = Path(wish.output or "").suffix.removeprefix(".").lower()
    return next((form for form in ExportFormat if form.value == suffix), ExportFormat.TEXT)


def check_target(wish: TailOptions) -> None:
    """Check that the file can be begun, before AWS is asked. Raises StartError."""
    path = named(wish.output or "")
    try:
        check_regular(path)
        is_beside = wish.follow or form_of(wish) is ExportFormat.CSV
        for target in [path, *([companion_of(path)] if is_beside else [])]:
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        # A mistyped path must not create a folder.
        if not path.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, _("its folder does not exist"), str(path))
    except OSError as error:
        raise _unwritten(error, path) from error


class Saving:
    """The export of one run: placed at its end, or growing in its place while lines are followed."""

    def __init__(self, services: Services, output: Prints, wish: TailOptions) -> None:
        self._services = services
        self._output = output
        self._follows = wish.follow
        self._export_wish = ExportWish(
            named(wish.output or ""), form_of(wish), wish.unmasked, "UTC" if wish.utc else ""
        )
        self._subject = ExportSubject(kind=ExportKind.TAIL, groups=())
        self._export: ExportUnderWay[ExportedLine] | None = None

    async def begin(self, groups: Sequence[str], pattern: str, start: datetime | None) -> None:
        """Open the journal and begin the file. Raises StartError."""
        services, path = self._services, self._export_wish.path
        self._subject = ExportSubject(
            kind=ExportKind.TAIL,
            groups=tuple(RawId(group) for group in groups),
            pattern=pattern,
            start=start,
            end=None if self._follows else services.clock.now(),
            note=_("Still being written; its end and its hash are missing.") if self._follows else "",
        )
        await services.journal.open()
        await self._identify()
        try:
            self._export = await services.log_exports.tail(
                self._subject, self._export_wish, grows=self._follows
            )
        except OSError as error:
            raise _unwritten(error, path) from error
        except JournalError as error:
            raise _unrecorded(error) from error
        if self._follows:
            words = _("Writing to {path}; its head: {head}")
            self._say(words.format(path=clean(path), head=clean(companion_of(path).name)))

    async def show(self, lines: Sequence[MergedLine]) -> None:
        """Write lines, those that are held cut read anew. Raises StartError."""
        if self._export is None or not lines:
            return
        items = [ExportedLine(group, await self._whole(group, line)) for group, line in lines]
        try:
            await self._export.add(items)
        except OSError as error:
            if self._follows:
                await self._end(
                    _("The file could not be written to its end: {reason}", reason=error.strerror)
                )
            raise _unwritten(error, self._export_wish.path) from error

    async def finish(self, unread: Sequence[str]) -> None:
        """Complete the head and record the export. Raises StartError."""
        words = _("Not everything could be read: {groups}")
        await self._end(words.format(groups=_(", ").join(map(clean, unread))) if unread else "")

    def close(self) -> None:
        """Close the file; one that does not grow is removed unless it is finished."""
        if self._export is not None:
            self._export.discard()

    async def _end(self, note: str) -> None:
        if self._export is None:
            return
        export, self._export = self._export, None
        try:
            head = await export.finish(self._subject.model_copy(update={"note": note}))
        except OSError as error:
            raise _unwritten(error, self._export_wish.path) from error
        except JournalError as error:
            raise _unrecorded(error) from error
        finally:
            export.discard()
        masking = self._services.runbook.masking
        self._say(done(head, self._export_wish, masking, beside=self._follows))

    async def _identify(self) -> None:
        identity = self._services.feeds["identity"]
        identity.refresh()
        async for _state in identity.states():
            break

    async def _whole(self, group: str, line: LogLine) -> LogLine:
        try:
            (whole,) = await self._services.log_spans.whole(group, [line])
        except AwsError:
            return line  # the head counts it as cut
        return whole.line

    def _say(self, text: str) -> None:
        self._output.print_lines([text], error=True)


def _unwritten(error: OSError, path: Path) -> StartError:
    name = clean(error.filename or path)
    if isinstance(error, FileExistsError):
        words = _("There is a file {path} already; nothing is overwritten.", path=name)
    else:
        words = f"{name}: {error.strerror or error}"
    return StartError(words, ExitStatus.CANNOT_WRITE)


def _unrecorded(error: JournalError) -> StartError:
    problem = error.problem
    words = [_("The export could not be recorded in the journal."), problem.summary, problem.remedy]
    return StartError(" ".join(filter(None, words)), ExitStatus.UNAVAILABLE)
