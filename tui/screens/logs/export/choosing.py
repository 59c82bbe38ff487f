import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter
from textual.widgets import Input, Static

from services.aws.client.errors import AwsError
from services.background.boundaries import Boundary
from services.host.regular_files import named
from services.host.state_files import state_folder
from services.i18n import N_, _, plural, sentences
from services.journal.errors import JournalError
from services.logs.export.under_way import ExportWish, done
from services.models.log_exports import ExportFormat, ExportHead, ExportSubject
from services.models.text import clean
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog
from tui.screens.logs.export.subjects import PaneContent, PaneExport, exports_of
from widgets.drawing.prose import Prose
from widgets.logs.pane.pane import LogPane
from widgets.logs.text.time import moment, parse_moment

Span = tuple[int, int]  # Epoch milliseconds
Run = Callable[[ExportWish, Span | None, Callable[[int], None]], Awaitable[ExportHead]]
"""Makes the export; is told the wish, the span, and whom to tell how many lines there are."""


class ExportDialog(GuardedDialog[bool]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", N_("Close"))]
    DEFAULT_CSS = """
    ExportDialog {
        & Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        & .label { height: 1; margin-top: 1; color: $text-muted; }
        & #say { height: auto; margin-top: 1; color: $text-muted; }
        & #say.-trouble { color: $text-error; }
    }
    """

    app = app_getter(Console)

    def __init__(
        self,
        what: str,
        form: ExportFormat,
        run: Run,
        path: Path,
        zone: tzinfo,
        *,
        span: Span | None,
        masked: bool,
    ) -> None:
        """`span`: what is offered for a span of time; None: the lines are given."""
        super().__init__()
        self._what = what
        self._form = form
        self._run = run
        self._zone = zone
        self._span = span
        self._masked = masked
        self._export_task: asyncio.Task[None] | None = None
        self.fields: dict[str, Input] = {}
        if span is not None:
            self.fields["from"] = Input(self._time(span[0]))
            self.fields["to"] = Input(self._time(span[1]))
        if not masked:
            self.fields["reason"] = Input(max_length=200)
        self.fields["path"] = Input(str(path))
        self._say = Prose(id="say")

    def compose(self) -> ComposeResult:
        labels = {
            "from": _("From"),
            "to": _("To"),
            "reason": _("Why secrets and personal data are not masked (recorded in the journal)"),
            "path": _("File, readable by you alone"),
        }
        with window(_("Export logs"), _("⏎ exports · Esc closes")):
            yield Prose(Content(self._what))
            for key, field in self.fields.items():
                yield Static(Content(labels[key]), classes="label")
                yield field
            yield self._say

    def first(self) -> Input:
        return self.fields["reason" if "reason" in self.fields else "path"]

    def show(self, text: str, *, trouble: bool = False) -> None:
        self._say.set_class(trouble, "-trouble")
        self._say.show(Content(text))

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._export_task is not None and not self._export_task.done():
            return
        span = self._typed_span() if self._span is not None else None
        reason = self.fields["reason"].value.strip() if "reason" in self.fields else ""
        path = self.fields["path"].value.strip()
        if self._span is not None and span is None:
            self.show(_("The span must be two times, the earlier one first: 9:00 and 9:30."), trouble=True)
        elif not self._masked and not reason:
            self.show(_("A reason is needed for an export that is not masked."), trouble=True)
        elif not path:
            self.show(_("The name of the file is missing."), trouble=True)
        else:
            wish = ExportWish(named(path), self._form, reason)
            self.show(_("Exporting…"))
            self._export_task = asyncio.create_task(self._export(wish, span), name="log export")

    async def _export(self, wish: ExportWish, span: Span | None) -> None:
        # Nobody is above this task.
        with Boundary(self._stop):
            try:
                head = await self._run(wish, span, self._progress)
            except FileExistsError as error:
                words = _("There is a file {path} already; nothing is overwritten.")
                self.show(words.format(path=clean(error.filename or wish.path)), trouble=True)
            except OSError as error:
                self.show(_("Not saved: {reason}", reason=clean(error.strerror or error)), trouble=True)
            except AwsError as error:
                self.show(sentences(_("Nothing was exported."), error.problem.message), trouble=True)
            except JournalError as error:
                problem = error.problem
                self.show(
                    sentences(_("Nothing was exported."), problem.summary, problem.remedy), trouble=True
                )
            else:
                self.app.inform(done(head, wish, self.app.ready.runbook.masking))
                self.dismiss(True)

    def _stop(self, error: BaseException) -> None:
        self.app.ready.workers.report(error)
        self.show(_("An internal error ended the export; nothing was saved."), trouble=True)

    def _progress(self, count: int) -> None:
        words = plural("{count} line so far; Esc cancels", "{count} lines so far; Esc cancels", count)
        self.show(words.format(count=f"{count:,}"))

    async def action_leave(self) -> None:
        task, self._export_task = self._export_task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.show(_("Cancelled; nothing was saved."))
        else:
            self.dismiss(False)

    def on_unmount(self) -> None:
        if self._export_task is not None:
            self._export_task.cancel()

    def _time(self, at: int) -> str:
        return moment(at).astimezone(self._zone).replace(tzinfo=None).isoformat(" ", "seconds")

    def _typed_span(self) -> Span | None:
        near = moment(self._span[1]) if self._span is not None else self.app.now()
        start, end = (parse_moment(self.fields[key].value, self._zone, near) for key in ("from", "to"))
        if start is None or end is None or start > end:
            return None
        # A time is typed to the second: the last one belongs to the span.
        return start, end + 999


FORMATS = {
    ExportFormat.JSONL: (N_("JSON lines"), N_("for programs; the first record is the head")),
    ExportFormat.TEXT: (N_("Text"), N_("for people; the head stands in comments")),
    ExportFormat.CSV: (N_("CSV"), N_("for spreadsheets; the head is a file beside it")),
}
"""Names and notes: English, translated when shown."""


async def offer_pane_export(app: Console, pane: LogPane, content: PaneContent) -> None:
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
    words = _("{what} of {group}", what=what.title, group=clean(what.name))
    return await _offer(app, words, what.name, run, span)


async def offer_rows_export(
    app: Console, subject: ExportSubject, columns: Sequence[str], rows: Sequence[dict[str, str]]
) -> bool:
    """Ask, and export the rows of a query's result; True once the file is there. Call it in a worker."""

    async def run(wish: ExportWish, _span: Span | None, _progress: Callable[[int], None]) -> ExportHead:
        return await app.ready.log_exports.rows(subject, columns, rows, wish)

    words = _("The {count} rows of the query", count=f"{len(rows):,}")
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
