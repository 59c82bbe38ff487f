import json

from services.models.incident_report import IncidentReport
from services.report.rendering import html, markdown
from services.report.rendering.incident.document import incident_document


def incident_text(report: IncidentReport, form: str, *, wareki: bool = False) -> str:
    """The report as `json`, `html` or `md`; ends with a newline."""
    if form == "json":
        return json.dumps(report.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=2) + "\n"
    write = html.write if form == "html" else markdown.write
    return write(incident_document(report, wareki=wareki))
