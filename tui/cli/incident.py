"""`toban incident list`, `show` and `report`: the incidents of the journal without a screen. AWS is asked for an open one's report.

Exit status of `list`: 0 no incident is open, 1 somebody responds to each open one, 2 nobody has taken one, 3 no
journal could be read. Of `show` and `report`: 0, and 3 as above. Of all: 64 usage error, 65 and 78 a runbook or
configuration with mistakes, 73 the file cannot be written. `report --json` prints the fields of
`services.models.incident_report.IncidentReport`, `list --json` those of its `incident`.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from services.i18n import _
from services.models.text import clean
from tui.cli.click_i18n import FileOption, Prints, TranslatedCommand, TranslatedGroup
from tui.cli.entry_text import problem_lines
from tui.cli.opened_journal import CommandStopped, OpenedJournal, deliver, file_option, journal_callback
from tui.cli.printing import json_lines
from tui.exit_status import ExitStatus
from tui.start_options import StartError, StartOptions

if TYPE_CHECKING:
    from services.models.first_wave import IncidentEvidence
    from services.models.incident_report import IncidentReport
    from services.models.incidents import Incident

_SUFFIXES = {".html": "html", ".htm": "html", ".json": "json"}
_NAMED = 5  # Incidents that are named where an id is not unique
_NARROW, _WIDE = 60, 120


def incident_group(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedGroup:
    commands = _Incidents(output)
    json_flag = click.Option(["--json", "data"], is_flag=True, help=_("Print JSON."))
    private = click.Option(
        ["--private"], is_flag=True, help=_("Include log texts; they may contain personal data.")
    )
    return TranslatedGroup(
        "incident",
        help=_("Print the incidents of the journal and their reports."),
        commands=[
            TranslatedCommand(
                "list",
                callback=journal_callback(output, shared, before, commands.print_list),
                help=_(
                    "Print the open incidents and the newest closed ones.\n\nExit status: 0 none is open, 1 "
                    "somebody responds to each open one, 2 nobody has taken one, 3 unknown."
                ),
                params=[
                    json_flag,
                    click.Option(["--all", "every"], is_flag=True, help=_("Print all, however old.")),
                    file_option(),
                    *shared,
                ],
            ),
            TranslatedCommand(
                "show",
                callback=journal_callback(output, shared, before, commands.show),
                help=_("Print what is known of an incident.\n\n") + _id_help(),
                params=[_id_argument(), json_flag, private, file_option(), *shared],
            ),
            TranslatedCommand(
                "report",
                callback=_or_schema(output, journal_callback(output, shared, before, commands.report)),
                help=_("Print the report of an incident: one page and its annexes.\n\n") + _id_help(),
                params=[
                    _id_argument(),
                    click.Option(["--markdown", "form"], flag_value="md", help=_("Markdown (default).")),
                    click.Option(["--html", "form"], flag_value="html", help=_("HTML, to print.")),
                    click.Option(["--json", "form"], flag_value="json", help=_("Print JSON.")),
                    click.Option(
                        ["--schema"], is_flag=True, help=_("Print what the fields of the JSON mean.")
                    ),
                    FileOption("--output", "-o", "to", help=_("Output file, readable only by you")),
                    private,
                    click.Option(["--wareki"], is_flag=True, help=_("Use Japanese era years.")),
                    file_option(),
                    *shared,
                ],
            ),
        ],
    )


def _id_argument() -> click.Argument:
    return click.Argument(["id"], metavar="ID", required=False)


def _id_help() -> str:
    return _(
        "ID is the number that `list` prints, or the beginning of an id or of an alarm's name if only one "
        "incident begins like it. An open incident is read anew in AWS, unless --file names a journal."
    )


def _or_schema(output: Prints, callback: Callable[..., int]) -> Callable[..., int]:
    def chosen(*, schema: bool, **flags: object) -> int:
        if not schema:
            return callback(**flags)
        from services.models.incident_report import IncidentReport
        from services.toml.grammar import schema as schema_of

        output.hand_over(json_lines(schema_of(IncidentReport)))
        return ExitStatus.NORMAL

    return chosen


@dataclass(frozen=True, slots=True)
class _Incidents:
    output: Prints

    def print_list(self, journal: OpenedJournal, *, data: bool, every: bool) -> int:
        """Run `toban incident list`. Raises CommandStopped."""
        from services.report.collecting.incident_lines import incident_line

        now = datetime.now(UTC)
        incidents = listed(journal, now, every=every)
        if data:
            lines = [incident_line(incident, {}).model_dump(mode="json") for incident in incidents]
            self.output.hand_over(json_lines(lines))
        else:
            self.output.print_lines(_list_lines(incidents, journal, now) or [_("There are no incidents.")])
        return _status(incidents)

    def show(self, journal: OpenedJournal, *, id: str | None, data: bool, private: bool) -> int:
        """Run `toban incident show`. Raises CommandStopped, UsageError."""
        report = report_of(journal, id, private=private, asks_aws=True)
        if data:
            from services.report.incident_formats import incident_text

            self.output.hand_over([incident_text(report, "json").removesuffix("\n")])
            return ExitStatus.NORMAL
        from services.report.rendering.incident.document import incident_document
        from tui.screens.report.lines import report_lines
        from widgets.drawing.spans import plain

        width = max(_NARROW, min(_WIDE, shutil.get_terminal_size((_WIDE, 0)).columns))
        lines = plain(report_lines(incident_document(report), width))
        self.output.print_lines(line.rstrip() for line in lines)
        return ExitStatus.NORMAL

    def report(
        self,
        journal: OpenedJournal,
        *,
        id: str | None,
        form: str | None,
        to: str | None,
        private: bool,
        wareki: bool,
    ) -> int:
        """Run `toban incident report`. Raises CommandStopped, UsageError."""
        report = report_of(journal, id, private=private, asks_aws=True)
        from services.report.incident_formats import incident_text

        form = form or _SUFFIXES.get(Path(to or "").suffix.lower(), "md")

        deliver(self.output, incident_text(report, form, wareki=wareki), to)
        return ExitStatus.NORMAL


def report_of(
    journal: OpenedJournal, id: str | None, *, private: bool, asks_aws: bool = False
) -> "IncidentReport":
    """The report of the incident that an id names. Raises CommandStopped, UsageError."""
    from services.report.collecting.incident import make_incident_report

    incident = _incident_of(_recorded(journal), id)
    live = _read_now(journal, incident) if asks_aws else None
    now = datetime.now(UTC)
    with _readable(journal, now):
        return make_incident_report(
            journal.path, journal.runbook, incident, now, private=private, stale=journal.stale, live=live
        )


def _read_now(journal: OpenedJournal, incident: "Incident") -> "IncidentEvidence | None":
    """What AWS shows of an open incident; None where it cannot be asked: the report says when its numbers were read."""
    import asyncio

    from services.aws.client.errors import AwsError
    from tui.startup.connection import connected

    async def once(options: StartOptions) -> "IncidentEvidence":
        async with connected(options) as services:
            return await services.response.live.read(incident)

    if journal.options is None or not incident.is_weighed:
        return None
    try:
        return asyncio.run(once(journal.options))
    except (StartError, AwsError) as error:
        click.echo(str(error), err=True)
        return None


def listed(journal: OpenedJournal, now: datetime, *, every: bool) -> "list[Incident]":
    """The open incidents, then the newest closed ones, or all. Raises CommandStopped."""
    from services.incidents.service import SHOWN

    incidents = [
        incident
        for incident in reversed(_recorded(journal))
        if every or incident.closed_at is None or now - incident.closed_at < SHOWN
    ]
    incidents.sort(key=lambda incident: not incident.is_open)
    return incidents


def _recorded(journal: OpenedJournal) -> "tuple[Incident, ...]":
    from services.report.collecting.incident import recorded_incidents

    with _readable(journal, datetime.now(UTC)):
        return recorded_incidents(journal.path)


@contextmanager
def _readable(journal: OpenedJournal, now: datetime) -> Iterator[None]:
    """Turn what is wrong with the journal into words. Raises CommandStopped."""
    from services.journal.problems import UnusableJournal, problem_of

    try:
        yield
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        lines = problem_lines(problem_of(error, journal.path, now))
        raise CommandStopped(lines, ExitStatus.UNKNOWN) from error


def _incident_of(incidents: "Sequence[Incident]", id: str | None) -> "Incident":
    """The incident that an id names. Raises UsageError if none or several do."""
    context = click.get_current_context()
    if not id:
        raise click.UsageError(
            _("An incident is missing: toban incident list prints their numbers."), context
        )
    matching = chosen_by(incidents, id)
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise click.UsageError(_("The journal has no incident {id}.", id=clean(id)), context)
    names = _(", ").join(f"{incident.seq} {clean(incident.id)}" for incident in matching[:_NAMED])
    words = _("{id} is the beginning of {count} incidents: {names}")
    raise click.UsageError(words.format(id=clean(id), count=len(matching), names=names), context)


def chosen_by(incidents: "Iterable[Incident]", id: str) -> "list[Incident]":
    """The incidents of this number or exact id; otherwise those whose id, with or without its head, begins like it."""
    every = list(incidents)
    exact = [each for each in every if id in (str(each.seq), f"#{each.seq}", each.id)]
    if exact:
        return exact
    heads = (id, f"incident:{id}")
    return [each for each in every if each.id.startswith(heads)]


def _list_lines(incidents: "Iterable[Incident]", journal: OpenedJournal, now: datetime) -> list[str]:
    from services.report.collecting.incident_lines import incident_line
    from services.report.rendering.incident.listing import incident_state, time_taken
    from widgets.drawing.format import pad, stamp

    zone = ZoneInfo(journal.runbook.system.timezone)
    lines = []
    for incident in incidents:
        line = incident_line(incident, {})
        times = f"MTTA {time_taken(line.mtta_seconds)}  MTTR {time_taken(line.mttr_seconds)}"
        words = "  ".join(part for part in (incident.title, line.cause, incident.holder) if part)
        lines.append(
            f"{pad(str(incident.seq), 6, 'right')}  {pad(incident_state(incident.state), 12)} "
            f"{pad(stamp(incident.since, zone), 26)} {pad(times, 26)} {words}".rstrip()
        )
    return lines


def _status(incidents: "Iterable[Incident]") -> ExitStatus:
    from services.models.incidents import IncidentState

    states = {incident.state for incident in incidents if not incident.joined_to}
    if IncidentState.OPEN in states:
        return ExitStatus.ABNORMAL
    return ExitStatus.ATTENTION if IncidentState.TAKEN in states else ExitStatus.NORMAL
