"""The tool for the duties of a month: what `toban duties --json` prints."""

from datetime import UTC, date, datetime
from typing import Self

from pydantic import Field, model_validator

from services.i18n import N_, _
from services.report.agenda import Agenda, agenda
from services.toml.grammar import schema
from tui.cli.duties.command import MOST_DAYS, Month, days_of
from tui.cli.mcp.tool import Arguments, Caller, Json, Tool
from tui.cli.opened_journal import OpenedJournal


class DutiesArguments(Arguments):
    """Which days."""

    month: str | None = Field(default=None, pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", max_length=7)
    """A month such as "2026-04"; null: the current one."""
    days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    """So many days from today instead of a month."""

    @model_validator(mode="after")
    def _one_span(self) -> Self:
        if self.month is not None and self.days is not None:
            raise ValueError(_("month and days each set the days: choose one"))
        return self


async def _duties(caller: Caller, arguments: DutiesArguments) -> Json:
    def read(journal: OpenedJournal) -> Json:
        month: date | None = None
        if arguments.month is not None:
            month = Month().convert(arguments.month, None, caller.context)
        now = datetime.now(UTC)
        first, last = days_of(journal.today(now), month, arguments.days)
        duties = agenda(journal.runbook, journal.path, first, last, now)
        if journal.stale:
            duties = duties.model_copy(update={"remarks": (journal.stale, *duties.remarks)})
        return duties.model_dump(mode="json")

    return await caller.from_journal(read)


DUTIES = Tool(
    name="list_duties",
    title=N_("Duties of a month"),
    text=N_(
        "The duties of each day of a month, or of the next days: when, in which state (due, late, done, missed, skipped), "
        "who signed off. From the runbook and the journal; AWS is not asked."
    ),
    arguments=DutiesArguments,
    output=lambda: schema(Agenda),
    call=_duties,
    asks_aws=False,
)
