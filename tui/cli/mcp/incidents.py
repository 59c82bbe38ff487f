"""The tools for the journal's incidents: what `toban incident list`, `show` and `report` print."""

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from services.i18n import N_
from services.models.base import Clean, Model
from services.models.incident_report import IncidentLine, IncidentReport
from services.report.collecting.incident_lines import incident_line
from services.report.incident_formats import incident_text
from services.toml.grammar import schema
from tui.cli.incident import listed, report_of
from tui.cli.mcp.tool import Arguments, Caller, Json, Tool
from tui.cli.opened_journal import OpenedJournal


class IncidentsArguments(Arguments):
    """Which incidents."""

    every: bool = False
    """All, however old; otherwise the open ones and those closed in the last two weeks."""


class IncidentArguments(Arguments):
    """Which incident."""

    id: str = Field(min_length=1, max_length=300)
    """Its number as `list_incidents` gives it (`seq`), its id, or the beginning of an id that only one has."""


class IncidentList(Model):
    """Incidents of the journal, open ones first."""

    incidents: tuple[IncidentLine, ...]
    """As `toban incident list --json` prints them."""
    stale: Clean = ""
    """Why the journal that was read, a copy of a shared one, may lack newer entries; "" if it does not."""


class IncidentPage(Model):
    """The report of an incident as people read it."""

    format: Literal["markdown"] = "markdown"
    text: str
    """One page and its annexes."""


async def _list(caller: Caller, arguments: IncidentsArguments) -> Json:
    def read(journal: OpenedJournal) -> Json:
        incidents = listed(journal, datetime.now(UTC), every=arguments.every)
        lines = tuple(incident_line(incident, {}) for incident in incidents)
        return IncidentList(incidents=lines, stale=journal.stale).model_dump(mode="json")

    return await caller.from_journal(read)


async def _show(caller: Caller, arguments: IncidentArguments) -> Json:
    return await caller.from_journal(
        lambda journal: report_of(journal, arguments.id, private=False).model_dump(mode="json", by_alias=True)
    )


async def _page(caller: Caller, arguments: IncidentArguments) -> Json:
    def read(journal: OpenedJournal) -> Json:
        text = incident_text(report_of(journal, arguments.id, private=False), "md")
        return IncidentPage(text=text).model_dump(mode="json")

    return await caller.from_journal(read)


LIST = Tool(
    name="list_incidents",
    title=N_("Incidents"),
    text=N_(
        "The open incidents and the newest closed ones: since when, who responds, the cause, and how long it took. From "
        "the journal; AWS is not asked."
    ),
    arguments=IncidentsArguments,
    output=lambda: schema(IncidentList),
    call=_list,
    asks_aws=False,
)
SHOW = Tool(
    name="show_incident",
    title=N_("One incident"),
    text=N_(
        "What the journal says about one incident: timeline, steps, impact, evidence, weighed causes, follow-ups; "
        "without log texts."
    ),
    arguments=IncidentArguments,
    output=lambda: schema(IncidentReport),
    call=_show,
    asks_aws=False,
)
PAGE = Tool(
    name="incident_report",
    title=N_("Report of an incident"),
    text=N_("The report of one incident as a page of Markdown, for people to read; without log texts."),
    arguments=IncidentArguments,
    output=lambda: schema(IncidentPage),
    call=_page,
    asks_aws=False,
)
