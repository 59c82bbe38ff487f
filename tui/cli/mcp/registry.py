"""Every tool of `toban mcp`: its arguments, and the JSON that a command prints with `--json`. None can write
(`reads_only`), includes log texts (`private`) or consents to a price (`whatever`)."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, ClassVar, get_type_hints

import click
from pydantic import BaseModel, ConfigDict, Field

from services.background.detached import in_thread
from services.changes.registry import CHANGES
from services.i18n import N_, _
from services.inspections.wiring import Reading
from services.models.alarms_answer import AlarmsAnswer
from services.models.amounts import yen_words
from services.models.assess_answer import AssessAnswer
from services.models.incident_report import IncidentList, IncidentPage, IncidentReport
from services.models.inspect_answer import InspectAnswer
from services.models.report import Report
from services.models.runbook import Runbook
from services.report.agenda import Agenda
from services.report.collecting.incident_lines import incident_line
from services.report.incident_formats import incident_text
from services.system import Services
from services.toml.grammar import schema
from tui.cli.assess import answer_about
from tui.cli.change import about, check_numbers, make_plan, plan_data
from tui.cli.change_schema import change_schema
from tui.cli.click_i18n import Named
from tui.cli.duties.duty_command import MOST_DAYS, MonthType, agenda_of
from tui.cli.incident import listed, report_of
from tui.cli.inspect import inspect_answer, names_to_run
from tui.cli.opened_journal import CommandStopped, OpenedJournal, find
from tui.cli.reads import alarms
from tui.cli.report.making import period_of, read_report
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions
from tui.startup.reading import connected, reads_only

Json = dict[str, Any]
MOST_YEN = 1000.0
"""In the period; a run of all inspections costs a few yen, and each query may cost what the runbook allows."""
PERIOD = 24 * 3600.0


class Spending:
    """The charges of the last 24 hours: a client that asks again and again must not run up a bill that nobody agreed to."""

    def __init__(self) -> None:
        self._charges: list[tuple[float, float]] = []

    def add(self, yen: float) -> None:
        self._charges.append((time.monotonic(), yen))

    def spent(self) -> float:
        """In yen."""
        since = time.monotonic() - PERIOD
        self._charges = [charge for charge in self._charges if charge[0] > since]
        return sum(yen for _time, yen in self._charges)

    def check(self) -> None:
        """Raise CommandStopped if so much was spent that nothing more is read from AWS for now."""
        if (spent := self.spent()) >= MOST_YEN:
            words = _(
                "The calls of the last 24 hours cost {spent}, and AWS is not asked above {most}. Wait, use the command line, or "
                "have a person start the server anew."
            ).format(spent=yen_words(spent), most=yen_words(MOST_YEN))
            raise CommandStopped([words], ExitStatus.UNAVAILABLE)


class Tool(BaseModel):
    """One tool; its fields are the arguments: nothing is converted, and an unknown name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)
    name: ClassVar[str]
    title: ClassVar[str]
    """English, marked with N_; translated where it is shown."""
    text: ClassVar[str]
    """What it answers, for the model that chooses a tool; English, marked with N_."""
    connect: ClassVar[Callable[[StartOptions], AbstractAsyncContextManager[Reading | Services]] | None] = None
    """Makes the services, with which `answer` is a coroutine; None: it reads the journal, and AWS is not asked."""

    def answer(self, source: Any, /) -> Any:
        """The result, a model or JSON."""
        raise NotImplementedError

    async def call(self, options: StartOptions, spending: Spending) -> Any:
        """The result of `answer`; raises what the server puts into words."""
        connect = type(self).connect
        if connect is None:
            return await in_thread(partial(self._read, options))
        spending.check()
        async with connect(options) as services:
            try:
                return await self.answer(services)
            finally:
                spending.add(services.meter.yen_today)

    def _read(self, options: StartOptions) -> Any:
        with click.Context(click.Command("mcp")).scope():
            return self.answer(find(options, None))

    @classmethod
    def output_schema(cls) -> Json:
        """The schema of what `answer` returns; the protocol wants an object at the root."""
        return {"type": "object", **schema(get_type_hints(cls.answer)["return"])}

    @classmethod
    def name_ids(cls, properties: Json, runbook: Runbook) -> None:
        """Put the ids of the runbook into the schemas of the arguments."""

    @classmethod
    def details(cls) -> str:
        """What follows the text, in the current language."""
        return ""


_CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
_AGO = "[0-9]{1,5}(\\.[0-9]{1,3})? ?[mhd]"
_KINDS: list[Any] = [kind.id for kind in CHANGES]
_Id = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]*$", max_length=40)]
_Value = Annotated[str, Field(max_length=1000)]


class ListAlarms(Tool):
    name = "list_alarms"
    title = N_("State of every alarm")
    text = N_(
        "The state of every alarm now, since when, AWS's reason, and whether anybody is notified. AWS is read once."
    )
    connect = connected

    async def answer(self, services: Reading) -> AlarmsAnswer:
        return AlarmsAnswer.model_validate((await alarms(services)).data)


class RunInspections(Tool):
    name = "run_inspections"
    title = N_("Run inspections")
    text = N_(
        "Runs inspections now and judges them: verdict, measured values beside their limits, evidence, and what the "
        "runbook says to do. Nothing is recorded or signed off. A query above the runbook's cost limit is not run, and "
        "its finding says so; `yen` is what the run cost."
    )
    connect = connected
    names: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(default=[], max_length=50)
    """Ids of inspections or duties; empty: every one that the runbook asks for, which takes longest and costs most."""
    since: str | None = Field(default=None, max_length=40, pattern=f"^({_CLOCK}|{_AGO})$")
    """Start of the window: "2026-01-05 17:00" (the system's time zone), or back from its end: "16h", "3d"; null: since
    the last sign-off."""
    at: str | None = Field(default=None, max_length=40, pattern=f"^{_CLOCK}$")
    """End of the window: "2026-01-05 17:00"; null: now."""

    async def answer(self, services: Reading) -> InspectAnswer:
        return await inspect_answer(services, {**self.model_dump(), "whatever": False, "private": False})

    @classmethod
    def name_ids(cls, properties: Json, runbook: Runbook) -> None:
        properties["names"]["items"]["enum"] = list(dict.fromkeys(id for id, _title in names_to_run(runbook)))


class ReadReport(Tool):
    name = "read_report"
    title = N_("Operations report")
    text = N_(
        "What the journal says about a day, a month or a fiscal year: findings with their verdicts and sign-offs, duties, "
        "alarms, changes, incidents. AWS is not asked."
    )
    when: str | None = Field(
        default=None, max_length=10, pattern="^([0-9]{4}-[0-9]{2}(-[0-9]{2})?|FY[0-9]{4})$"
    )
    """A day "2026-01-05", a month "2026-01", or a fiscal year "FY2025"; null: today."""

    def answer(self, journal: OpenedJournal) -> Report:
        now = datetime.now(UTC)
        return read_report(journal, period_of(self.when, journal.today(now)), now, private=False)


class ListDuties(Tool):
    name = "list_duties"
    title = N_("Duties of a month")
    text = N_(
        "The duties of each day of a month, or of the next days: when, in which state (due, late, done, missed, skipped), "
        "who signed off. From the runbook and the journal; AWS is not asked."
    )
    month: str | None = Field(default=None, pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", max_length=7)
    """A month such as "2026-04"; null: the current one."""
    days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    """So many days from today instead of a month."""

    def answer(self, journal: OpenedJournal) -> Agenda:
        if self.month is not None and self.days is not None:
            raise click.UsageError(_("month and days each set the days: choose one"))
        month = MonthType().convert(self.month, None, None) if self.month is not None else None
        duties = agenda_of(journal, month, self.days)
        if journal.stale:
            duties = duties.model_copy(update={"remarks": (journal.stale, *duties.remarks)})
        return duties


class ListIncidents(Tool):
    name = "list_incidents"
    title = N_("Incidents")
    text = N_(
        "The open incidents and the newest closed ones: since when, who responds, the cause, and how long it took. From "
        "the journal; AWS is not asked."
    )
    every: bool = False
    """All, however old; otherwise the open ones and those closed in the last two weeks."""

    def answer(self, journal: OpenedJournal) -> IncidentList:
        incidents = listed(journal, datetime.now(UTC), every=self.every)
        lines = tuple(incident_line(incident, {}) for incident in incidents)
        return IncidentList(incidents=lines, stale=journal.stale)


class ShowIncident(Tool):
    name = "show_incident"
    title = N_("One incident")
    text = N_(
        "What the journal says about one incident: timeline, steps, impact, evidence, weighed causes, follow-ups; "
        "without log texts."
    )
    id: str = Field(min_length=1, max_length=300)
    """Its number as `list_incidents` gives it (`seq`), its id, or the beginning of an id that only one has."""

    def answer(self, journal: OpenedJournal) -> IncidentReport:
        return report_of(journal, self.id, private=False)


class ReadIncidentReport(Tool):
    name = "incident_report"
    title = N_("Report of an incident")
    text = N_("The report of one incident as a page of Markdown, for people to read; without log texts.")
    id: str = Field(min_length=1, max_length=300)
    """Its number as `list_incidents` gives it (`seq`), its id, or the beginning of an id that only one has."""

    def answer(self, journal: OpenedJournal) -> IncidentPage:
        return IncidentPage(text=incident_text(report_of(journal, self.id, private=False), "md"))


class AssessAlarm(Tool):
    name = "assess_alarm"
    title = N_("Causes of an alarm")
    text = N_(
        "Reads what AWS knows about an alarm now and weighs the causes by fixed rules: score, what speaks for and against "
        "each, what could not be seen, what to do first. Nothing is recorded."
    )
    connect = reads_only
    alarm: str = Field(min_length=1, max_length=255)
    """The exact name of an alarm."""

    async def answer(self, services: Services) -> AssessAnswer:
        return await answer_about(services, self.alarm, private=False)

    @classmethod
    def name_ids(cls, properties: Json, runbook: Runbook) -> None:
        properties["alarm"]["examples"] = [str(alarm.name) for alarm in runbook.alarms]


class PlanChangeTool(Tool):
    name = "plan_change"
    title = N_("Plan of a change")
    text = N_(
        "What a change would do, from the present state: before and after, downtime, cost, warnings, refusals, the approval "
        "that it needs. A plan only: nothing is changed, and no tool here can apply it; a person does that in the console. "
        '`--max 10` of the list below is {"max": "10"} in `values`.'
    )
    connect = reads_only
    kind: str = Field(min_length=1, max_length=40, json_schema_extra={"enum": _KINDS})
    """The kind of change."""
    target: str | None = Field(default=None, min_length=1, max_length=300)
    """Name or id of what is to be changed; null where there is only one."""
    values: dict[_Id, _Value] = Field(default={}, max_length=20)
    """The change's parameters by id, each as text: {"max": "10"}; those left out follow from the present state."""

    async def answer(self, services: Services) -> Json:
        kind = Named(lambda: _KINDS).convert(self.kind, None, None)
        values = {name.replace("-", "_"): value for name, value in self.values.items()}
        check_numbers(kind, values)
        flags = {"kind": kind, "target": self.target}
        plan, _why = await make_plan(services, flags, values, is_preview=True)
        return plan_data(plan)

    @classmethod
    def output_schema(cls) -> Json:
        definitions = change_schema()["$defs"]
        return {**definitions.pop("Plan"), "$defs": definitions}

    @classmethod
    def details(cls) -> str:
        """The kinds of change with their parameters, as they are written on the command line."""
        return "\n".join(f"- {kind.id}: {about(kind)}" for kind in CHANGES)


TOOLS: tuple[type[Tool], ...] = (
    ListAlarms, RunInspections, ReadReport, ListDuties, ListIncidents, ShowIncident, ReadIncidentReport, AssessAlarm,
    PlanChangeTool,
)  # fmt: skip
