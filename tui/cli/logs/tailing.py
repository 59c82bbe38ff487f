"""The tail without a screen. Imported late, because it loads all of `services`."""

import asyncio
import os
import select
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime, tzinfo
from typing import Any

import click

from services.aws.client.errors import AwsError
from services.aws.logs.group_names import identifier
from services.i18n import _
from services.logs.filter_patterns.explain import explain
from services.logs.filter_patterns.quoting import as_pattern
from services.logs.follow.merging import MergedLine, Merger
from services.logs.follow.several import GroupBatch, batches
from services.logs.masking.mask import Masker
from services.logs.masking.of_runbook import masker_of
from services.models.log_records import record_of
from services.models.logs import LogLine, TailBatch
from services.models.problem import Problem
from services.models.text import clean
from services.system import Services
from services.toml import mistakes
from tui.cli.click_i18n import Prints
from tui.cli.logs.saving import Saving, Sink
from tui.cli.logs.tail_options import TailOptions
from tui.cli.printing import check_open
from tui.exit_status import ExitStatus, ended_by
from tui.signals import on_loop
from tui.start_options import StartError, StartOptions
from tui.startup.connection import connected
from tui.typed_since import read_since, why_not

QUICK = 1.5
"""Seconds between two rounds while lines come and the account has requests to spare: someone waits for each line."""
ATTEMPT = 0.5
"""Seconds that each failed read doubles before the next attempt where the command ends by itself: someone waits."""
READER_CHECKED = 0.5  # Seconds between two checks whether the reader of a pipe is still there


async def tail(output: Prints, options: StartOptions, wish: TailOptions) -> int:
    """Print until everything is printed, or with --follow until a signal arrives; return the exit status.
    Raises StartError if the system cannot be connected, UsageError, and CannotPrint."""
    if wish.output is None:  # with a file nothing is printed
        check_open()
    end: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def stop(status: int) -> None:
        if not end.done():
            end.set_result(status)

    with on_loop.handled(lambda number: stop(ended_by(number)), lambda number: os._exit(ended_by(number))):
        async with connected(options) as services:
            work = asyncio.create_task(_Tailing(services, output, wish).run())
            tasks: list[asyncio.Task[Any]] = [work]
            if wish.output is None:
                tasks.append(asyncio.create_task(_watch_reader(stop)))
            try:
                await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
                if not work.done():
                    # A file that was followed is completed, and lines that wait to be merged are printed.
                    work.cancel()
                    await asyncio.wait({work})
                return _status(work, end)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


def _status(work: "asyncio.Task[int]", end: "asyncio.Future[int]") -> int:
    """That of the signal, else of the work. Raises the work's error; after a signal only that of an unfinished file."""
    if not end.done():
        return work.result()
    error = None if work.cancelled() else work.exception()
    if isinstance(error, StartError):
        raise error
    return end.result()


async def _watch_reader(stop: Callable[[int], None]) -> None:
    try:
        descriptor = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return
    poll = select.poll()
    poll.register(descriptor, 0)
    while True:
        with suppress(OSError):
            if any(event & (select.POLLERR | select.POLLNVAL) for _number, event in poll.poll(0)):
                stop(ExitStatus.BROKEN_PIPE)
                return
        await asyncio.sleep(READER_CHECKED)


class _Tailing:
    def __init__(self, services: Services, output: Prints, wish: TailOptions) -> None:
        self._services = services
        self._output = output
        self._wish = wish
        self._zone: tzinfo = UTC if wish.utc else services.calendar.zone
        self._masker: Masker | None = masker_of(services.runbook) if wish.mask else None
        self._problems: dict[str, Problem] = {}  # Why the groups cannot be read at present

    async def run(self) -> int:
        """Print the lines; return the exit status. Raises UsageError."""
        now = self._services.clock.now()
        since = self._wish.since
        if since is not None and (mistake := why_not(since, now, self._services.calendar.zone)):
            raise click.UsageError(f"--since: {mistake}", click.get_current_context())
        groups = tuple(dict.fromkeys(self._wish.groups)) or tuple(
            str(spec.id) for spec in self._services.runbook.log_groups
        )
        if not groups:
            raise click.UsageError(_("GROUP is missing: the runbook names no log group."))
        pattern = self._pattern()
        await self._check(groups)
        start = read_since(since, now, self._services.calendar.zone) if since is not None else None
        start_ms = int(start.timestamp() * 1000) if start is not None else None

        def follow(group: str) -> AsyncIterator[TailBatch]:
            pace = {"quick": QUICK} if self._wish.follow else {"poll": ATTEMPT}
            return self._services.follower(group, pattern=pattern, start_ms=start_ms, **pace).batches()

        sink = await self._sink(groups, pattern, start)
        merger = Merger(groups, self._now()) if self._wish.merge else None
        try:
            async with aclosing(batches(follow, groups, once=not self._wish.follow)) as incoming:
                async for item in incoming:
                    self._tell(item)
                    await sink.show(self._lines_of(item, merger))
            await self._finish(sink, merger)
        except asyncio.CancelledError:
            if self._wish.follow:
                await self._finish(sink, merger)
            raise
        finally:
            sink.close()
        return ExitStatus.UNAVAILABLE if self._problems else ExitStatus.NORMAL

    async def _sink(self, groups: Sequence[str], pattern: str, start: datetime | None) -> Sink:
        """Where the lines go. Raises StartError."""
        if self._wish.output is None:
            return _Printer(self._output, groups, self._zone, self._masker, as_json=self._wish.as_json)
        saving = Saving(self._services, self._output, self._wish)
        await saving.begin(groups, pattern, start)
        return saving

    async def _finish(self, sink: Sink, merger: Merger | None) -> None:
        if merger is not None:
            await sink.show(merger.rest())
        await sink.finish(tuple(self._problems))

    def _pattern(self) -> str:
        """The filter pattern, with ids in quotation marks, which is said. Raises UsageError with the mistake."""
        meaning = explain(self._wish.pattern)
        if meaning.error_at is not None:
            raise click.UsageError(f"--filter: {meaning.words}", click.get_current_context())
        if note := as_pattern(self._wish.pattern).note:
            self._complain("--filter", note)
        return meaning.pattern

    async def _check(self, groups: Sequence[str]) -> None:
        """Raises UsageError for a group that AWS does not have, with the nearest name."""
        for group in groups:
            if group.startswith("arn:"):
                continue
            try:
                names = [str(each.id) for each in await self._services.logs.groups(group)]
                if group not in names:
                    every = [str(each.id) for each in await self._services.logs.groups()]
                    raise click.UsageError(
                        mistakes.unknown_name(clean(group), every or names), click.get_current_context()
                    )
            except AwsError:
                # Whoever may not list the groups may read them all the same; the follow loop says what is wrong.
                return

    def _lines_of(self, item: GroupBatch, merger: Merger | None) -> list[MergedLine]:
        batch = item.batch
        if merger is None:
            return [MergedLine(item.group, line) for line in batch.lines]
        return merger.take(
            item.group,
            batch.lines,
            self._now(),
            read_to=batch.stats.read_to,
            failing=batch.problem is not None,
        )

    def _tell(self, item: GroupBatch) -> None:
        group, problem = item.group, item.batch.problem
        before = self._problems.get(group)
        if problem is not None:
            self._problems[group] = problem
            if before is None or before.summary != problem.summary:
                text = problem.message if self._wish.follow else f"{problem.summary} {problem.advice}".strip()
                self._complain(group, text)
        elif before is not None:
            del self._problems[group]
            self._complain(group, _("it is read again"))
        if item.batch.note and item.is_round_over:
            self._complain(group, item.batch.note)

    def _complain(self, group: str, text: str) -> None:
        self._output.print_lines([f"{clean(group)}: {text}"], error=True)

    def _now(self) -> int:
        return int(self._services.clock.now().timestamp() * 1000)


class _Printer:
    def __init__(
        self, output: Prints, groups: Sequence[str], zone: tzinfo, masker: Masker | None, *, as_json: bool
    ) -> None:
        self._output = output
        self._labels = labels(groups)
        self._zone = zone
        self._masker = masker
        self._as_json = as_json

    async def show(self, lines: Sequence[MergedLine]) -> None:
        """Print lines. Raises CannotPrint."""
        texts = [self._json(each) if self._as_json else self._text(each) for each in lines]
        if texts:
            self._output.hand_over(texts)

    async def finish(self, unread: Sequence[str]) -> None:
        """Print nothing more: problems were printed when they came."""

    def close(self) -> None:
        """Do nothing: standard output stays open."""

    def _text(self, merged: MergedLine) -> str:
        line = merged.line
        parts = [stamp(line.at, self._zone), self._labels[merged.group], _late(line), self._masked(line.text)]
        return " ".join(part for part in parts if part)

    def _json(self, merged: MergedLine) -> str:
        record = record_of(merged.group, merged.line, self._masked(merged.line.text))
        return record.model_dump_json()

    def _masked(self, text: str) -> str:
        return self._masker.mask(text) if self._masker is not None else text


def labels(groups: Sequence[str]) -> dict[str, str]:
    """A short name for each group; "" for the only one."""
    if len(groups) < 2:
        return dict.fromkeys(groups, "")
    last = {group: clean(identifier(group).rpartition("/")[2]) or clean(group) for group in groups}
    names = list(last.values())
    return {group: name if names.count(name) == 1 else clean(group) for group, name in last.items()}


def stamp(at: int, zone: tzinfo) -> str:
    """`2026-01-14T10:00:01.123+09:00`: each line says its zone, wherever it is pasted."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).isoformat(timespec="milliseconds")


def _late(line: LogLine) -> str:
    """`[late 14m]`: how long after its time a line arrived, for one that came after newer ones."""
    if not line.late:
        return ""
    minutes = max(0, line.ingested_at - line.at) / 60_000
    return _("[late {minutes:.0f}m]", minutes=minutes) if minutes >= 1 else _("[late]")
