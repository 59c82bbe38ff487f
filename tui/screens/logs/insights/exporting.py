from services.i18n import _
from services.models.log_exports import ExportKind, ExportSubject
from tui.console import Console
from tui.screens.logs.export.choosing import offer_rows_export
from tui.screens.logs.insights.draft import QueryDraft


async def export_result(app: Console, draft: QueryDraft) -> None:
    asked, progress = draft.asked, draft.progress
    if asked is None or progress is None or not progress.rows.rows:
        app.inform(_("there is no result to save"))
        return
    table = progress.rows
    subject = ExportSubject(
        kind=ExportKind.QUERY,
        groups=asked.groups,
        query=asked.text,
        language=asked.language.label,
        start=asked.span.start,
        end=asked.span.end,
        note="" if progress.is_whole else _("The rows are partial."),
    )
    rows = [
        {name: text for name, text in zip(table.columns, row, strict=True) if text is not None}
        for row in table.rows
    ]
    await offer_rows_export(app, subject, table.columns, rows)
