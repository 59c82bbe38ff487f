"""Which document a report becomes."""

from zoneinfo import ZoneInfo

from services.models.report import DayReport, Report
from services.report.rendering.day_document import day_document
from services.report.rendering.document import Document
from services.report.rendering.period_document import period_document
from services.report.rendering.wording import Dates


def document(report: Report, *, wareki: bool = False) -> Document:
    """The report in the language now spoken; `wareki`: years in Japan's eras."""
    dates = Dates(ZoneInfo(report.timezone), wareki)
    if isinstance(report, DayReport):
        return day_document(report, dates)
    return period_document(report, dates)
