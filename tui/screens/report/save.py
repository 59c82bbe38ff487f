import asyncio
import json
from collections.abc import Callable

from services.host.state_files import state_folder, write_private
from services.i18n import N_, _
from services.models.report import Report
from services.models.text import clean
from services.report.rendering.html import to_html
from services.report.rendering.markdown import to_markdown
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from widgets.frame.message_line import LineMessage

FORMATS = {
    "html": N_("HTML, to print or to send"),
    "md": N_("Markdown"),
    "json": N_("JSON, for other programs"),
}
"""Formats by file extension; titles in English, translated when shown."""


def save_report(report: Report, name: str, form: str) -> LineMessage:
    texts = {
        "html": to_html,
        "md": to_markdown,
        "json": lambda data: json.dumps(data.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n",
    }
    return write_report(f"{report.system}-{name}.{form}", lambda: texts[form](report))


def write_report(name: str, make_text: Callable[[], str]) -> LineMessage:
    """Write a file of the reports' folder (mode 0600); the message says where it is, or why it is not. Blocks."""
    try:
        path = state_folder("reports") / name
        write_private(path, make_text())
    except OSError as error:
        reason = clean(error.strerror or error)
        return LineMessage(_("Not saved: {reason}", reason=reason), "warning")
    return LineMessage(_("Saved to {path}", path=clean(path)))


def offer_saving(app: Console, save: Callable[[str], LineMessage]) -> None:
    """Ask for the format; `save` writes the file in a thread and says where it is."""
    choices = [Choice(key, _(words)) for key, words in FORMATS.items()]

    async def write(form: str) -> None:
        app.tell(await asyncio.to_thread(save, form))

    def chosen(form: str | None) -> None:
        if form is not None:
            app.run_worker(write(form), group="save-report")

    app.push_screen(ChooseScreen(_("Save the report"), choices, harmless=True), chosen)
