"""Asks what of a log pane is exported, in which format and whether it is masked, then opens the dialog."""

from collections.abc import Callable, Sequence
from pathlib import Path

from services.host.state_files import state_folder
from services.i18n import N_, _
from services.logs.export.under_way import ExportWish
from services.models.log_exports import ExportFormat, ExportHead, ExportSubject
from services.models.text import clean
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.logs.export.dialog import ExportDialog, Run, Span
from tui.screens.logs.export.subjects import PaneContent, PaneExport, exports_of
from widgets.logs.pane.pane import LogPane

FORMATS = {
    ExportFormat.JSONL: (N_("JSON lines"), N_("for programs; the first record is the head")),
    ExportFormat.TEXT: (N_("Text"), N_("for people; the head stands in comments")),
    ExportFormat.CSV: (N_("CSV"), N_("for spreadsheets; the head is a file beside it")),
}
"""Names and notes: English, translated when shown."""


async def offer_pane_export(app: Console, pane: LogPane, content: PaneContent) -> None:
    """Ask, and export lines of a pane, whose selection then ends. Call it in a worker."""
    exports = exports_of(pane, content)
    if not exports:
        app.inform(_("There are no lines to export."))
        return
    what = exports[0] if len(exports) == 1 else await _choose_export(app, exports)
    if what is not None and await _export(app, what):
        pane.lines.drop_range()


async def _export(app: Console, what: PaneExport) -> bool:
    services = app.ready

    async def run(wish: ExportWish, span: Span | None, progress: Callable[[int], None]) -> ExportHead:
        start, end = span or (what.start_ms, what.end_ms)
        batches = what.batches(services.log_spans, start, end)
        return await services.log_exports.lines(what.subject(start, end), batches, wish, progress)

    span = (what.start_ms, what.end_ms) if what.rows is None else None
    words = _("{what} of {group}").format(what=what.title, group=clean(what.name))
    return await _offer(app, words, what.name, run, span)


async def offer_rows_export(
    app: Console, subject: ExportSubject, columns: Sequence[str], rows: Sequence[dict[str, str]]
) -> bool:
    """Ask, and export the rows of a query's result; True once the file is there. Call it in a worker."""

    async def run(wish: ExportWish, _span: Span | None, _progress: Callable[[int], None]) -> ExportHead:
        return await app.ready.log_exports.rows(subject, columns, rows, wish)

    words = _("The {count} rows of the query").format(count=f"{len(rows):,}")
    return await _offer(app, words, "query", run, None)


async def _offer(app: Console, what: str, name: str, run: Run, span: Span | None) -> bool:
    formats = [Choice(form.value, _(title), _(note)) for form, (title, note) in FORMATS.items()]
    format_id = await app.push_screen_wait(ChooseScreen(_("Format of the export"), formats, harmless=True))
    if format_id is None:
        return False
    treatment = await app.push_screen_wait(
        ChooseScreen(
            _("Secrets and personal data"),
            [
                Choice(
                    "masked", _("Mask them"), _("keys, tokens, passwords, mail, telephone, My Number, cards")
                ),
                Choice("as-logged", _("Export as logged"), _("needs a reason, which the journal keeps")),
            ],
            harmless=True,
        )
    )
    if treatment is None:
        return False
    form = ExportFormat(format_id)
    dialog = ExportDialog(
        what, form, run, _path(app, name, form), app.zone, span=span, masked=treatment == "masked"
    )
    return bool(await app.push_screen_wait(dialog))


async def _choose_export(app: Console, exports: Sequence[PaneExport]) -> PaneExport | None:
    choices = [Choice(str(number), export.title) for number, export in enumerate(exports)]
    number = await app.push_screen_wait(ChooseScreen(_("Export"), choices, harmless=True))
    return exports[int(number)] if number is not None else None


def _path(app: Console, name: str, form: ExportFormat) -> Path:
    last = "".join(
        letter if letter.isalnum() or letter in "-_." else "-" for letter in name.rpartition("/")[2]
    )
    stem = f"{app.ready.runbook.system.id}-{last.strip('-.') or 'log'}"
    now = app.now().astimezone(app.zone)  # the times on the screen and in the file are in this zone, too
    return state_folder("exports") / f"{stem}-{now:%Y%m%d-%H%M%S}.{form.value}"
