"""The resource that an alarm watches, where it is none of the system's. Pure."""

from services.models.first_wave import Source
from widgets.charts.data import ChartData, Curve
from widgets.drawing.format import pad
from widgets.drawing.hanging import hanging
from widgets.incidents.entries import Entry
from widgets.incidents.evidence.context import EvidenceContext, read_notes
from widgets.incidents.evidence.curves import chart

_CHARTS = 2
_NAME = 31
"""Cells of a metric's name."""
_SOURCES = (Source.OWN_METRICS, Source.OWN_LOG, Source.TRAIL, Source.ALARMS)


def resource_entries(context: EvidenceContext, width: int) -> list[Entry]:
    """Its metrics before and since T0, who changed it, its log, the alarms that fire with its own."""
    rows = context.resource.rows if context.resource is not None else ()
    entries = [
        Entry(f"own:{index}", tuple(hanging([(pad(row.name, _NAME) + " ", "muted")], row.text, width, "")))
        for index, row in enumerate(rows)
    ]
    return [*entries, *read_notes(context, *_SOURCES, width=width)]


def resource_charts(context: EvidenceContext) -> tuple[ChartData, ...]:
    """The alarm's own curve, and the one that left what is usual for it the farthest."""
    curves = [each for each in context.evidence.own_series if each.values][:_CHARTS]
    return tuple(
        chart(context, (Curve(each.label, each.times, each.values, each.period),)) for each in curves
    )
