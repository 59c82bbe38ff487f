"""Which evidence belongs to which step: a page for each place, inspection or change that a step can name. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.i18n import N_, _
from services.models import glyphs
from services.models.first_wave import Measure, Source
from services.models.incidents import StepKind
from widgets.charts.data import ChartData
from widgets.drawing.lines import Span
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import (
    EvidenceContext,
    heading,
    note,
    read_notes,
    recovery_entries,
    telling_entries,
)
from widgets.incidents.evidence.curves import chart_of, curve_entries, resource_charts, resource_entries
from widgets.incidents.evidence.database import database_entries, storage_entries
from widgets.incidents.evidence.log_lines import application_entries, database_log_entries
from widgets.incidents.evidence.targets import target_entries
from widgets.incidents.evidence.tasks import count_entries, scaling_entries, stopped_entries

_MOST = 20
_BEFORE, _AFTER = timedelta(minutes=30), timedelta(minutes=2)


def write_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    entries = read_notes(context, Source.TRAIL, Source.TRAIL_GLOBAL, width=width)
    writes, until = context.evidence.writes, context.evidence.trail_until
    words = _("known until {time}", time=context.time(until)) if until else _("about 5 minutes late")
    entries.append(heading("writes", _("Changes that CloudTrail recorded"), (words, "muted")))
    if not writes and until:
        words = _("CloudTrail shows none up to {time}; what came later is not seen yet.")
        entries.append(note("writes:none", words.format(time=context.time(until)), width))
    for event in writes[:_MOST]:
        is_near = context.onset - _BEFORE <= event.at <= context.onset + _AFTER
        first: list[Span] = [
            (f"{glyphs.ATTENTION if is_near else ' '} ", "caution"),
            (context.clock(event.at) + " ", "muted"),
        ]
        who = event.actor.shown
        text = f"{event.name}  {_(', ').join(event.resources)}  {who}".replace("    ", "  ")
        if event.error:
            text += "  " + _("refused: {error}", error=event.error)
        entries.append(note(f"write:{event.id}", text, width, "strong" if is_near else "muted", first))
    return entries


Section = Callable[[EvidenceContext, int], Sequence[IncidentEntry]]


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    sections: tuple[Section, ...] = ()
    charts: tuple[tuple[Measure, ...], ...] = ()
    """Measures that share a chart; the first chart comes first where there is room for one alone."""
    rows: tuple[Measure, ...] = ()  # Measures whose values are listed above the sections

    def entries(self, context: EvidenceContext, width: int) -> list[IncidentEntry]:
        entries = list(curve_entries(context, self.rows, width)) if self.rows else []
        for section in self.sections:
            entries += section(context, width)
        return _distinct(entries) or [note("empty", _("Nothing of this was read."), width, "warn")]

    def chart_data(self, context: EvidenceContext) -> tuple[ChartData, ...]:
        if self is RESOURCE:
            return resource_charts(context)
        charts = [chart_of(context, measures) for measures in self.charts]
        return tuple(chart for chart in charts if chart.curves)


def _distinct(entries: Sequence[IncidentEntry]) -> list[IncidentEntry]:
    return list({entry.key: entry for entry in entries}.values())


_ERRORS = (Measure.ELB_5XX, Measure.TARGET_5XX)
_DATABASE = (Measure.DB_CPU, Measure.DB_CONNECTIONS, Measure.DB_CREDITS, Measure.DB_LOAD)
_LOGS = Page(N_("Logs"), (application_entries, database_log_entries), (_ERRORS,))


def _usage_and_scaling_entries(context: EvidenceContext, width: int) -> Sequence[IncidentEntry]:
    usage = curve_entries(context, (Measure.ECS_CPU, Measure.ECS_MEMORY), width)
    scaling = scaling_entries(context, width)
    return [*scaling, *usage] if context.evidence.activities else [*usage, *scaling]


_TASKS = Page(
    N_("Tasks"),
    (count_entries, stopped_entries, _usage_and_scaling_entries),
    ((Measure.ECS_CPU, Measure.ECS_MEMORY),),
)
_SCALING = Page(
    "Auto Scaling", (scaling_entries, count_entries), ((Measure.ECS_CPU, Measure.ECS_CPU_MAX), (Measure.REQUESTS,)),
    (Measure.ECS_CPU, Measure.ECS_CPU_MAX, Measure.REQUESTS),
)  # fmt: skip
_STORAGE = Page(
    N_("Storage"), (storage_entries,), ((Measure.DB_FREE,), (Measure.DB_WAL, Measure.DB_SLOT_LAG))
)
_CLASS = Page(
    N_("Database load"), (database_log_entries,), ((Measure.DB_CPU,), (Measure.DB_CONNECTIONS,)), _DATABASE
)
_DATABASE_PAGE = Page(
    N_("Database"), (database_entries, database_log_entries), ((Measure.DB_CONNECTIONS,), (Measure.DB_CPU,))
)
PAGES: dict[str, Page] = {
    "tail": _LOGS,
    "error-logs": _LOGS,
    "ecs": _TASKS,
    "scaling": _SCALING,
    "targets": Page(
        N_("Targets"), (target_entries,), ((Measure.HEALTHY, Measure.UNHEALTHY), (Measure.LATENCY,)),
    ),
    "slow-queries": _CLASS,
    "databases": _DATABASE_PAGE,
    "maintenance": _DATABASE_PAGE,
    "backups": _DATABASE_PAGE,
    "task-limit": _SCALING,
    "desired-count": _SCALING,
    "deploy-rollback": Page(N_("Deployments"), (count_entries, stopped_entries, write_entries), (_ERRORS,)),
    "service-restart": _TASKS,
    "rds-storage": _STORAGE,
    "rds-class": _CLASS,
    "sign-ins": Page("CloudTrail", (write_entries,)),
    "waf-blocks": Page(
        "WAF", (), ((Measure.WAF_BLOCKED,), (Measure.REQUESTS,)), (Measure.WAF_BLOCKED, Measure.REQUESTS)
    ),
}  # fmt: skip
"""By the name that a step's `look` gives."""
_BY_ALARM: tuple[tuple[str, Page], ...] = (
    ("outage:", Page(N_("Metrics"), (target_entries,), ((Measure.REQUESTS,), (Measure.HEALTHY, Measure.UNHEALTHY)), (Measure.REQUESTS, Measure.HEALTHY, *_ERRORS))),
    ("5xx", Page(N_("Errors"), (target_entries,), (_ERRORS, (Measure.REQUESTS,)), (*_ERRORS, Measure.REQUESTS, Measure.HEALTHY))),
    ("latency", Page(N_("Latency"), (), ((Measure.LATENCY,), (Measure.REQUESTS,)), (Measure.LATENCY, Measure.REQUESTS, Measure.ECS_CPU, Measure.DB_CPU))),
    ("storage", _STORAGE),
    ("rds-connections", Page(N_("Connections"), (), ((Measure.DB_CONNECTIONS,), (Measure.DB_CPU,)), _DATABASE)),
    ("rds", Page(N_("Database load"), (), ((Measure.DB_CPU,), (Measure.DB_CONNECTIONS,)), _DATABASE)),
    ("memory", Page(N_("Memory"), (), ((Measure.ECS_MEMORY,), (Measure.ECS_CPU,)), (Measure.ECS_MEMORY, Measure.ECS_CPU, Measure.REQUESTS))),
    ("cpu", Page("CPU", (), ((Measure.ECS_CPU, Measure.ECS_CPU_MAX), (Measure.REQUESTS,)), (Measure.ECS_CPU, Measure.ECS_CPU_MAX, Measure.REQUESTS))),
)  # fmt: skip
"""What `dashboard` shows, by a part of the playbook's id, or of the target of an outage without an alarm."""
_ALL = Page(N_("Metrics"), (), (_ERRORS, (Measure.LATENCY,)), (*_ERRORS, Measure.REQUESTS, Measure.LATENCY, Measure.ECS_CPU, Measure.DB_CPU))  # fmt: skip
_TELLING = Page(N_("What to say"), (telling_entries,))
DECIDING = Page(N_("Weighed causes"), (), (_ERRORS, (Measure.LATENCY,)))
"""The causes to choose from, which are not of the evidence: who shows the page lists them."""
_RECOVERY = Page(N_("Recovery"), (recovery_entries, count_entries, target_entries), (_ERRORS,))


RESOURCE = Page(N_("The alarm's own resource"), (resource_entries,))


def page_for(look: str | None, kind: StepKind, playbook: str) -> Page:
    if look == "dashboard":
        return next((page for part, page in _BY_ALARM if part in playbook), _ALL)
    if look in PAGES:
        return PAGES[look]
    if kind is StepKind.WAIT:
        return _RECOVERY
    if kind is StepKind.TELL:
        return _TELLING
    if kind is StepKind.DECIDE:
        return DECIDING
    return _ALL
