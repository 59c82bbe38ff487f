"""Chooses the document layout for a report."""

from zoneinfo import ZoneInfo

from services.models.report import DayReport, Report
from services.report.rendering.dates import Dates
from services.report.rendering.day_document import day_document
from services.report.rendering.document import Document
from services.report.rendering.period_document import period_document


def document(report: Report, *, wareki: bool = False) -> Document:
    """The report as a document in the active language; `wareki` writes years in Japanese eras."""
    dates = Dates(ZoneInfo(report.timezone), report.first, report.last, wareki)
    if isinstance(report, DayReport):
        return day_document(report, dates)
    return period_document(report, dates)
