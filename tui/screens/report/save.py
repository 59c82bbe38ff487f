"""Saving a report from the screen into the user's folder of reports."""

import json

from services.host.state_files import state_folder, write_private
from services.i18n import N_, _
from services.models.report import Report
from services.models.text import clean
from services.report.rendering.html import to_html
from services.report.rendering.markdown import to_markdown
from widgets.frame.message_line import LineMessage

FORMATS = {
    "html": N_("HTML, to print or to send"),
    "md": N_("Markdown"),
    "json": N_("JSON, for other programs"),
}
"""Formats by file extension; titles in English, translated when shown."""


def save_report(report: Report, name: str, form: str) -> LineMessage:
    """Write the report (mode 0600); the message says where it is, or why it is not. Blocks."""
    texts = {
        "html": to_html,
        "md": to_markdown,
        "json": lambda data: json.dumps(data.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n",
    }
    try:
        path = state_folder("reports") / f"{report.system}-{name}.{form}"
        write_private(path, texts[form](report))
    except OSError as error:
        reason = clean(error.strerror or error)
        return LineMessage(_("Not saved: {reason}").format(reason=reason), "warning")
    return LineMessage(_("Saved to {path}").format(path=clean(path)))
