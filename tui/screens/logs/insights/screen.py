"""クエリ: Logs Insights over the pane's log groups: price first, partial rows while it runs, table and chart."""

from contextlib import aclosing
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import TextArea

from services.aws.client.errors import AwsError
from services.i18n import N_, _, sentences
from services.logs.insights.mistakes import mistake_in
from services.logs.insights.texts import groups_read
from services.models.aws_cli import CommandSheet
from services.models.insights_queries import InsightsQuery, QueryEstimate, QueryRows
from tui.screens.common.mode_screen import ModeScreen
from tui.screens.logs.insights import choosing
from tui.screens.logs.insights.bar_facts import bar_facts
from tui.screens.logs.insights.draft import QueryDraft
from tui.screens.logs.insights.exporting import export_result
from tui.screens.logs.insights.row_actions import commands_of, open_row
from widgets.charts.chart import Chart
from widgets.logs.insights.bar import QueryBar
from widgets.logs.insights.chart_data import chart_of
from widgets.logs.insights.editor import QueryEditor
from widgets.logs.insights.result_table import ResultTable


class InsightsScreen(ModeScreen):
    """Opened from the logs mode; returns (groups, epoch milliseconds) of a row whose logs are to be opened, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5,ctrl+r", "run", N_("Run"), tooltip=N_("Run the query; a high price is asked about first")),
        Binding("f3", "choose_item('saved')", N_("Saved queries"), tooltip=N_("Choose a saved query")),
        Binding("ctrl+t", "language", N_("Query language"), tooltip=N_("LogsQL, PPL or SQL")),
        Binding("O", "choose_item('groups')", N_("Log group"), tooltip=N_("Choose the log groups that are queried")),
        Binding("at", "choose_item('span')", N_("Go to time"), show=False, tooltip=N_("Choose the range of the query")),
        Binding("ctrl+s", "export", N_("Export"), tooltip=N_("Save the rows of the result, masked and with a head")),
        Binding("z", "zoom", N_("Zoom"), tooltip=N_("Give the result the whole screen, or restore it")),
        Binding("escape", "leave", N_("Back"), tooltip=N_("Cancel the running query, or go back to the logs")),
    ]  # fmt: skip
    DEFAULT_CSS = """
    InsightsScreen {
        #result { height: 1fr; }
        Chart { height: 12; display: none; }
        &.-short Chart { height: 7; }
        &.-short QueryEditor { max-height: 5; }
        &.-charted Chart { display: block; }
        &.-zoomed QueryEditor { display: none; }
    }
    """

    def __init__(self, draft: QueryDraft) -> None:
        super().__init__()
        self.draft = draft
        self.editor = QueryEditor(draft.text)
        self.bar = QueryBar()
        self.table = ResultTable()
        self.chart = Chart()
        self._trouble = ""
        self._query_under_way: InsightsQuery | None = None
        """The query that is running; one that was replaced may still be stopping."""

    def body(self) -> ComposeResult:
        yield self.editor
        yield self.bar
        with Vertical(id="result"):
            yield self.chart
            yield self.table

    async def opened(self) -> None:
        self._use_zone()
        self.editor.use_language(self.draft.language)
        self.editor.focus()
        if self.draft.progress is not None:
            self._show_rows(self.draft.progress.rows, partial=not self.draft.progress.complete)
        self.refresh_bar()
        self.estimate()
        self.read_fields()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self._use_zone()
        self.refresh_bar()

    def _use_zone(self) -> None:
        self.table.zone = self.chart.zone = self.app.zone
        self.table.today = self.app.now().astimezone(self.app.zone).date()

    def aws_commands(self) -> CommandSheet | None:
        return commands_of(self.query_now())

    # The query

    def query_now(self) -> InsightsQuery:
        return self.draft.query(self.editor.text, self.app.now())

    @on(TextArea.Changed)
    def _edited(self) -> None:
        self.draft.text = self.editor.text
        self._trouble = ""
        if self.editor.error_place is not None:
            self.editor.show_error(None)
        self.refresh_bar()
        self.estimate()

    @work(group="estimate", exclusive=True)
    async def estimate(self) -> None:
        self.draft.estimate = None
        query = self.query_now()
        self.draft.estimate, self.draft.priced = await self._estimated(query), query.text
        self.refresh_bar()

    async def _estimated(self, query: InsightsQuery) -> QueryEstimate | None:
        groups = groups_read(query)
        if groups is None:
            return None
        try:
            return await self.services.insights.estimate(groups, query.span, query.text, query.language)
        except AwsError as error:
            self._say(_("The price could not be estimated. {why}", why=error.problem.summary))
            return None

    @work(group="fields", exclusive=True)
    async def read_fields(self) -> None:
        names: dict[str, None] = {}
        for group in self.draft.groups[:3]:
            try:
                names |= dict.fromkeys(await self.services.insights.fields_of(group))
            except AwsError:
                continue  # the words of the language are still completed
        self.editor.fields = tuple(names)

    @work(group="run", exclusive=True)
    async def action_run(self) -> None:
        """Run the query; ask first if its price is high or unknown."""
        query = self.query_now()
        if trouble := mistake_in(query):
            self._say(trouble)
            return
        estimate = self.draft.estimate_of(query.text) or await self._estimated(query)
        if not await choosing.agreed(self.app, estimate):
            return
        self._say("")
        self.draft.asked, self.draft.progress = query, None
        self._query_under_way = query
        try:
            async with aclosing(self.services.insights.run(query, estimate)) as states:
                async for progress in states:
                    self.draft.progress = progress
                    self._show_rows(progress.rows, partial=not progress.complete)
                    self.refresh_bar()
        except AwsError as error:
            self._refused(query, error)
        finally:
            if self._query_under_way is query:
                self._query_under_way = None
            if self.is_attached:
                self.refresh_bar()
        if self.draft.progress is not None and self.draft.progress.rows.rows and self.is_attached:
            self.table.focus()

    def _refused(self, query: InsightsQuery, error: AwsError) -> None:
        if (compile_error := error.compile_error) is None:
            self._say(sentences(error.problem.summary, error.problem.advice))
            return
        self.draft.progress = None
        place = compile_error.place(query.text)
        where = ""
        if place is not None:
            where = _("line {line}, column {column}", line=place[0] + 1, column=place[1] + 1) + ": "
        self._say(where + compile_error.message)
        self.editor.show_error(place)
        self.editor.focus()

    def _say(self, trouble: str) -> None:
        self._trouble = trouble
        self.refresh_bar()

    # What is shown

    def _show_rows(self, rows: QueryRows, *, partial: bool) -> None:
        self.table.show(rows, partial=partial)
        data = chart_of(rows)
        self.set_class(data is not None, "-charted")
        if data is not None and (asked := self.draft.asked) is not None:
            start, end = int(asked.span.start.timestamp()), int(asked.span.end.timestamp())
            self.chart.data = replace(data, start=min(data.start, start), end=max(data.end, end))

    def refresh_bar(self) -> None:
        self.bar.facts = bar_facts(
            self.app,
            self.draft,
            running=self._query_under_way is not None,
            trouble=self._trouble,
            position=self.table.position_words,
        )

    # Choosing

    @on(QueryBar.Chosen)
    def _item_chosen(self, message: QueryBar.Chosen) -> None:
        if message.item == "language":
            self.action_language()
        else:
            self.choose(message.item)

    def action_language(self) -> None:
        self._take(choosing.next_language(self.draft))

    def action_choose_item(self, item: str) -> None:
        self.choose(item)

    @work(group="choose", exclusive=True)
    async def choose(self, item: str) -> None:
        app, draft = self.app, self.draft
        if item == "groups":
            groups = await choosing.choose_groups(app, draft)
            self._take(choosing.DraftChange(groups=groups or None))
        elif item == "span":
            if await choosing.choose_span(app, draft):
                self._take(choosing.DraftChange())
        elif item == "limit":
            draft.limit = await choosing.choose_limit(app, draft) or draft.limit
            self.refresh_bar()
        else:
            change = await (choosing.choose_saved(app) if item == "saved" else choosing.choose_past(app))
            if change is not None:
                self._take(change)
                self.editor.focus()

    def _take(self, change: choosing.DraftChange) -> None:
        draft = self.draft
        draft.language = change.language or draft.language
        draft.groups = change.groups or draft.groups
        if change.length is not None:
            draft.take_length(change.length, self.app.now())
        if change.text is not None:
            self.editor.load_text(change.text)
        draft.text = self.editor.text
        self.editor.use_language(draft.language)
        self._trouble = ""
        self.refresh_bar()
        self.estimate()
        self.read_fields()

    # Leaving, and rows

    @on(QueryEditor.Left)
    def _left_editor(self) -> None:
        if self.table.order:
            self.table.focus()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        if self._query_under_way is not None:
            self.workers.cancel_group(self, "run")
        else:
            self.dismiss(None)

    @work(group="export", exclusive=True)
    async def action_export(self) -> None:
        await export_result(self.app, self.draft)

    def action_zoom(self) -> None:
        self.toggle_class("-zoomed")
        if self.has_class("-zoomed"):
            self.table.focus()

    @on(ResultTable.Opened)
    def _row_opened(self, message: ResultTable.Opened) -> None:
        self.open_row(message.row, whole=message.whole)

    @work(group="row", exclusive=True)
    async def open_row(self, row: int, *, whole: bool) -> None:
        try:
            place = await open_row(self.app, self.table.table, row, self.draft.asked, whole=whole)
        except AwsError as error:
            self._say(sentences(error.problem.summary, error.problem.advice))
            return
        if place is not None:
            self.dismiss(place)
