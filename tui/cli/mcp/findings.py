"""The tools for findings: inspections that are run now, and those that the journal has of a day, a month or a year."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from services.i18n import N_
from services.models.inspect_answer import InspectAnswer
from services.models.report import DayReport, PeriodReport
from services.models.runbook import Runbook
from services.toml.grammar import schema
from tui.cli.inspect import inspect_answer, names_to_run
from tui.cli.mcp.connection import metered
from tui.cli.mcp.schemas import one_of
from tui.cli.mcp.tool import Arguments, Caller, Json, Tool
from tui.cli.opened_journal import OpenedJournal
from tui.cli.report.making import period_of, read_report
from tui.startup.reading import connected

_CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
_AGO = "[0-9]{1,5}(\\.[0-9]{1,3})? ?[mhd]"
_PERIOD = "^([0-9]{4}-[0-9]{2}(-[0-9]{2})?|FY[0-9]{4})$"
Name = Annotated[str, Field(min_length=1, max_length=100)]


class InspectArguments(Arguments):
    """Which inspections, and their window."""

    names: list[Name] = Field(default=[], max_length=50)
    """Ids of inspections or duties; empty: every one that the runbook asks for, which takes longest and costs most."""
    since: str | None = Field(default=None, max_length=40, pattern=f"^({_CLOCK}|{_AGO})$")
    """Start of the window: "2026-01-05 17:00" (the system's time zone), or back from its end: "16h", "3d"; null: since
    the last sign-off."""
    at: str | None = Field(default=None, max_length=40, pattern=f"^{_CLOCK}$")
    """End of the window: "2026-01-05 17:00"; null: now."""


class ReportArguments(Arguments):
    """Which report."""

    when: str | None = Field(default=None, max_length=10, pattern=_PERIOD)
    """A day "2026-01-05", a month "2026-01", or a fiscal year "FY2025"; null: today."""


def names(runbook: Runbook) -> list[str]:
    return [name for name, _title in names_to_run(runbook)]


async def _run(caller: Caller, arguments: InspectArguments) -> Json:
    # No consent to a price: what costs more than the runbook's limit says so in its finding, and is not run.
    flags = {**arguments.model_dump(), "whatever": False, "private": False}
    async with metered(caller, connected) as services:
        answer = await inspect_answer(services, flags)
    return answer.model_dump(mode="json")


async def _report(caller: Caller, arguments: ReportArguments) -> Json:
    def read(journal: OpenedJournal) -> Json:
        now = datetime.now(UTC)
        period = period_of(arguments.when, journal.today(now))
        return read_report(journal, period, now, private=False).model_dump(mode="json")

    return await caller.from_journal(read)


INSPECT = Tool(
    name="run_inspections",
    title=N_("Run inspections"),
    text=N_(
        "Runs inspections now and judges them: verdict, measured values beside their limits, evidence, and what the "
        "runbook says to do. Nothing is recorded or signed off. A query above the runbook's cost limit is not run, and "
        "its finding says so; `yen` is what the run cost."
    ),
    arguments=InspectArguments,
    output=lambda: schema(InspectAnswer),
    call=_run,
    choices={"names": names},
)
REPORT = Tool(
    name="read_report",
    title=N_("Operations report"),
    text=N_(
        "What the journal says about a day, a month or a fiscal year: findings with their verdicts and sign-offs, duties, "
        "alarms, changes, incidents. AWS is not asked."
    ),
    arguments=ReportArguments,
    output=lambda: one_of("Report", DayReport, PeriodReport),
    call=_report,
    asks_aws=False,
)
