"""Runs the query of `toban logs query`. Imported late, because it loads all of `services`."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace

import click
from rich.cells import cell_len

from services.aws.client.errors import AwsError
from services.i18n import _
from services.logs.insights.insights_wording import state_words
from services.logs.insights.mistakes import mistake_in
from services.logs.insights.texts import filled, groups_read, placeholders
from services.logs.masking.of_runbook import masker_of
from services.models.amounts import size_words, yen_words
from services.models.insights import QueryState
from services.models.insights_queries import (
    InsightsQuery,
    QueryEstimate,
    QueryLanguage,
    QueryProgress,
    SavedQuery,
)
from services.models.metrics import TimeSpan
from services.models.text import clean, clean_block
from services.system import Services
from services.toml import mistakes
from tui.cli.click_i18n import Prints
from tui.cli.logs.moments import length_of, moment_of
from tui.cli.logs.query.flags import DEFAULT_SPAN, QueryFlags
from tui.cli.logs.query.text import answer_of, csv_lines, head_lines, masked_rows, price_line, table_lines
from tui.cli.printing import json_lines
from tui.exit_status import ExitStatus, ended_by
from tui.signals import on_loop
from tui.start_options import StartOptions
from tui.startup.connection import connected

PROGRESS_EVERY = 5.0  # Seconds between two lines of progress where standard error is no terminal


class ProgressLine:
    """Progress on standard error: one line that changes on a terminal, elsewhere a line every few seconds."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._drawn = False
        self._next = 0.0

    def show(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if self._is_terminal:
            self._drawn = True
            self._write(f"\r{text}\x1b[K")
        elif now >= self._next:
            # Not the very first: most queries end within a second.
            if self._next:
                self._write(text + "\n")
            self._next = now + PROGRESS_EVERY

    def clear(self) -> None:
        if self._drawn:
            self._drawn = False
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            click.echo(text, err=True, nl=False)


def run(output: Prints, flags: QueryFlags, options: StartOptions) -> int:
    """Run the command and return its exit status. Raises StartError, UsageError, CannotPrint."""
    return asyncio.run(_until_signal(lambda: _run(output, flags, options)))


async def _until_signal(work: Callable[[], Awaitable[int]]) -> int:
    """The status of `work`; a signal cancels it, which stops the query, and the status is that of the signal."""
    task = asyncio.ensure_future(work())
    signals: list[int] = []

    def stop(number: int) -> None:
        signals.append(number)
        task.cancel()

    with on_loop.handled(stop, lambda number: os._exit(ended_by(number))):
        try:
            return await task
        except asyncio.CancelledError:
            if not signals:
                raise
            return ended_by(signals[0])


async def _run(output: Prints, flags: QueryFlags, options: StartOptions) -> int:
    async with connected(options) as services:
        command = QueryCommand(services, output, flags)
        try:
            return await (command.list_saved() if flags.listing else command.run())
        except AwsError as error:
            command.refuse(error)
            return ExitStatus.UNAVAILABLE


class QueryCommand:
    def __init__(self, services: Services, output: Prints, flags: QueryFlags) -> None:
        self._services = services
        self._output = output
        self._flags = flags
        self._progress = ProgressLine()

    def tell(self, *lines: str) -> None:
        self._progress.clear()
        self._output.print_lines(lines, error=True)

    def refuse(self, error: AwsError) -> None:
        problem = error.problem
        self.tell(problem.summary, *filter(None, [problem.detail, problem.advice]))

    async def list_saved(self) -> int:
        saved = [*self._services.insights.own_saved(), *await self._services.insights.account_saved()]
        rows = [
            (
                str(query.id) if query.origin == "runbook" else query.title,
                query.title if query.origin == "runbook" else _("saved in the account"),
                " ".join(parameter.name for parameter in query.parameters),
            )
            for query in saved
        ]
        self._output.hand_over("\t".join(row).rstrip() for row in rows)
        return ExitStatus.NORMAL

    async def run(self) -> int:
        saved = await self._saved()
        query = self._query(saved)
        if trouble := mistake_in(query):
            raise click.UsageError(trouble, click.get_current_context())
        estimate = await self._estimate(query)
        if not self._agreed(estimate):
            return ExitStatus.NOT_AGREED
        try:
            final = await self._final(query, estimate)
        except AwsError as error:
            if error.compile_error is None:
                raise
            self.tell(*self._compile_error(query, error))
            return ExitStatus.USAGE
        self._progress.clear()
        if self._flags.mask:
            masker = masker_of(self._services.runbook)
            final = replace(final, rows=masked_rows(final.rows, masker))
            query = query.model_copy(update={"text": masker.mask(query.text)})
        self._print(query, estimate, final)
        return ExitStatus.NORMAL if final.is_whole else ExitStatus.UNAVAILABLE

    # The query

    async def _saved(self) -> SavedQuery | None:
        """The saved query that the command line names; None if it gives a text. Raises UsageError, AwsError."""
        name = self._flags.query.strip()
        own = self._services.insights.own_saved()
        for query in own:
            if name in (query.id, query.title):
                return query
        if "|" in name or "\n" in name:
            return None
        account: tuple[SavedQuery, ...] = ()
        try:
            account = await self._services.insights.account_saved()
        except AwsError as error:
            # A text may still be meant.
            if " " not in name:
                self.refuse(error)
        for query in account:
            if name in (query.title, query.id):
                return query
        if " " in name:
            return None
        names = [*(str(query.id) for query in own), *(query.title for query in account)]
        raise click.UsageError(mistakes.unknown_name(clean(name), names), click.get_current_context())

    def _query(self, saved: SavedQuery | None) -> InsightsQuery:
        flags, runbook = self._flags, self._services.runbook
        text = self._filled(saved) if saved else flags.query
        language = flags.language or (saved.language if saved else None)
        query = InsightsQuery(text=text, groups=(), span=self._span(saved))
        query = query.model_copy(update={"language": language} if language else {})
        groups = flags.groups or (saved.groups if saved else ())
        if not groups and not mistake_in(query.model_copy(update={"groups": ("-",)})) and runbook.log_groups:
            groups = (str(runbook.log_groups[0].id),)
        return InsightsQuery.model_validate(
            query.model_dump() | {"groups": groups, "limit": flags.limit or query.limit}
        )

    def _filled(self, saved: SavedQuery) -> str:
        """The text of a saved query with its values. Raises UsageError."""
        values = {each.name: each.default for each in saved.parameters if each.default} | self._flags.values
        names = placeholders(saved.text) if saved.language is QueryLanguage.LOGSQL else ()
        context = click.get_current_context()
        for name in self._flags.values:
            if name not in names:
                raise click.UsageError(f"--param {mistakes.unknown_name(clean(name), names)}", context)
        missing = [name for name in names if name not in values]
        if missing:
            message = _("--param {name}=… is missing", name=missing[0])
            raise click.UsageError(message, context)
        return filled(saved.text, values) if names else saved.text

    def _span(self, saved: SavedQuery | None) -> TimeSpan:
        flags, zone = self._flags, self._services.calendar.zone
        now = self._services.clock.now().replace(microsecond=0)
        end = moment_of(flags.end, "--to", now, zone) if flags.end else now
        length = length_of(flags.since, "--since") if flags.since else None
        length = length or (saved.span if saved else None) or DEFAULT_SPAN
        start = moment_of(flags.start, "--from", now, zone) if flags.start else end - length
        if start >= end:
            raise click.UsageError(_("--from must be before --to"), click.get_current_context())
        return TimeSpan(start=start, end=end)

    # The price

    async def _estimate(self, query: InsightsQuery) -> QueryEstimate | None:
        groups = groups_read(query)
        if groups is None:
            return None
        try:
            return await self._services.insights.estimate(groups, query.span, query.text, query.language)
        except AwsError as error:
            self.tell(_("The price could not be estimated. {why}", why=error.problem.summary))
            return None

    def _agreed(self, estimate: QueryEstimate | None) -> bool:
        flags = self._flags
        unknown = estimate is None or estimate.unknown
        self.tell(price_line(estimate), *([estimate.basis] if estimate is not None else []))
        if flags.yes:
            return True
        if flags.max_yen is not None and estimate is not None and not unknown:
            if estimate.yen <= flags.max_yen:
                return True
            self.tell(_("Not run: that is more than --max-yen {yen}.", yen=f"{flags.max_yen:g}"))
            return False
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            self.tell(
                _("Not run: agree to the price with --yes, or with --max-yen and a price that is known.")
            )
            return False
        return click.confirm(_("Run it?"), err=True, default=False)

    # The run

    async def _final(self, query: InsightsQuery, estimate: QueryEstimate | None) -> QueryProgress:
        state = QueryProgress(state=QueryState.SCHEDULED)
        async with aclosing(self._services.insights.run(query, estimate)) as states:
            async for state in states:
                self._progress.show(self._progress_words(state))
        return state

    def _progress_words(self, state: QueryProgress) -> str:
        return _(
            "{state}: {scanned} events scanned, {size}, {yen}; {rows} rows so far (partial)",
            state=state_words(state),
            scanned=f"{state.scanned:,}",
            size=size_words(state.bytes),
            yen=yen_words(self._services.insights.yen(state.bytes)),
            rows=f"{len(state.rows.rows):,}",
        )

    def _compile_error(self, query: InsightsQuery, error: AwsError) -> list[str]:
        """What does not compile, with the line and a caret below it; in a line that was masked the caret has no place."""
        compile_error = error.compile_error
        assert compile_error is not None
        mask = masker_of(self._services.runbook).mask if self._flags.mask else str
        lines = [_("The query does not compile: {reason}", reason=mask(compile_error.message))]
        place = compile_error.place(query.text)
        if place is not None:
            row, column = place
            text = (clean_block(query.text).split("\n") + [""] * row)[row]
            where = _("line {line}, column {column}", line=row + 1, column=column + 1)
            caret = [f"  {' ' * cell_len(text[:column])}^"] if mask(text) == text else []
            lines += [where, f"  {mask(text)}", *caret]
        return lines

    def _print(self, query: InsightsQuery, estimate: QueryEstimate | None, final: QueryProgress) -> None:
        insights, zone = self._services.insights, self._services.calendar.zone
        saved_yen = insights.yen(final.skipped)
        self.tell(*head_lines(query, final, zone, insights.yen(final.bytes), saved_yen))
        if self._flags.format == "json":
            answer = answer_of(self._services.runbook.system.id, self._services.region, query, final)
            answer = answer.model_copy(
                update={
                    "yen": round(insights.yen(final.bytes), 4),
                    "yen_saved": round(saved_yen, 4),
                    "yen_estimated": None if estimate is None else round(estimate.yen, 4),
                }
            )
            self._output.hand_over(json_lines(answer.model_dump(mode="json")))
        elif self._flags.format == "csv":
            self._output.hand_over(csv_lines(final.rows))
        else:
            self._output.hand_over(table_lines(final.rows, zone))
