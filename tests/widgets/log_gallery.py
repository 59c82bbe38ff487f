"""The widgets of the logs mode with made-up lines: to view, and for snapshots."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from services.clock import ManualClock
from services.models.insights_queries import QueryRows
from services.models.logs import LogLine
from services.models.runbook import RawId
from tests.tools.painted import painted
from tui.themes import THEMES
from widgets.charts.chart import Chart
from widgets.logs.form.group_form import FormChoice
from widgets.logs.insights.chart_data import chart_of
from widgets.logs.insights.result_table import ResultTable
from widgets.logs.pane.bar import LogBar
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.sources import lettered

JST = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 1, 5, 0, 15, tzinfo=UTC)  # 2026-01-05 09:15 JST
T0 = round(NOW.timestamp() * 1000) - 600_000


def _json(number: int) -> str:
    fields: dict[str, object] = {
        "timestamp": "t",
        "level": "INFO",
        "message": "予約一覧を取得しました",
        "requestId": f"5f{number:02}",
        "method": "GET",
        "path": "/api/v1/reservations",
        "statusCode": 200,
        "durationMs": 12 + number,
        "userId": "u1",
    }
    if number % 7 == 3:
        fields |= {"level": "WARN", "message": "接続プールの待ちが長い", "durationMs": 2400 + number}
    if number % 9 == 5:
        error = {
            "type": "org.postgresql.util.PSQLException",
            "message": "FATAL: remaining connection slots are reserved",
        }
        fields |= {
            "level": "ERROR",
            "message": "データベースに接続できません",
            "method": "POST",
            "statusCode": 503,
        }
        fields |= {"durationMs": 30012, "error": error}
    return json.dumps(fields, ensure_ascii=False)


def _postgresql(number: int) -> str:
    client = f"2026-01-05 00:{5 + number // 6:02}:{number % 6 * 10:02} UTC:10.0.12.135(32196):facility@facility:[{812 + number}]:"
    if number % 4 == 1:
        return (
            f"{client}FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute"
        )
    if number % 4 == 2:
        return f"{client}LOG:  duration: {1500 + number}.201 ms  statement: SELECT * FROM reservations WHERE id = {number}"
    return f"{client}LOG:  checkpoint complete: wrote {number} buffers (0.1%)"


def _waf(number: int) -> str:
    is_blocked = number % 3 == 1
    return json.dumps(
        {
            "timestamp": T0 + number * 10_000,
            "formatVersion": 1,
            "webaclId": "arn:aws:wafv2:x",
            "terminatingRuleId": "AWS-AWSManagedRulesCommonRuleSet" if is_blocked else "Default_Action",
            "action": "BLOCK" if is_blocked else "ALLOW",
            "ruleGroupList": [{"terminatingRule": {"ruleId": "SizeRestrictions_BODY", "action": "BLOCK"}}],
            "httpRequest": {
                "clientIp": f"203.0.113.{number}",
                "country": "NL" if is_blocked else "JP",
                "uri": "/wp-login.php" if is_blocked else "/予約",
                "args": "id=1",
                "httpMethod": "GET",
                "headers": [{"name": "Host", "value": "staff.example.lg.jp"}],
            },
        }
    )


_TEXTS = {"json": _json, "postgresql": _postgresql, "waf": _waf}
_STREAM = "ecs/staff-api/0123456789abcdef"


def lines_of(form: str) -> list[LogLine]:
    """Sixty lines in ten minutes; one in twenty is late."""
    return [
        LogLine(f"{form}{n}", T0 + n * 10_000, T0 + n * 10_000 + 500, _STREAM, _TEXTS[form](n), n % 20 == 7)
        for n in range(60)
    ]


def results() -> QueryRows:
    rows = tuple(
        (f"2026-01-05 00:{minute:02}:00.000", level, str(count * (1 + minute % 4)))
        for minute in range(0, 15, 5)
        for level, count in (("INFO", 210), ("WARN", 12), ("ERROR", 3))
    )
    return QueryRows(("bin(5m)", "level", "n"), rows, ("",) * len(rows))


class LogGallery(App[None]):
    """One page: the pane of a form of lines, of all merged, or a query's result."""

    CSS = "Chart { height: 14; }"

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        clock = ManualClock(NOW)
        self.pane = LogPane(now=clock.now, elapsed=clock.elapsed, zone=JST, ruler=True, fps=50)
        self.chart, self.table = Chart(), ResultTable()

    def compose(self) -> ComposeResult:
        if self.page == "query":
            yield self.chart
            yield self.table
        else:
            yield self.pane

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "toban-dark"
        if self.page == "query":
            self._show_result()
        else:
            self._show_lines()

    def _show_result(self) -> None:
        self.chart.zone = self.table.zone = JST
        self.table.today = NOW.astimezone(JST).date()
        self.chart.data = chart_of(results())
        self.table.show(results(), partial=False)
        self.table.focus()

    def _show_lines(self) -> None:
        self.pane.title = RawId(self.page)
        if self.page == "merged":
            self.pane.store.by_ingestion = True
            lines = self.pane.lines
            lines.painter.lead_width = 2
            lines.show(replace(lines.format, gap_beside=True))
            for form, letter in zip(_TEXTS, "ABC", strict=True):
                lines.choose_form(FormChoice(form, form), letter)
            self.pane.sources = tuple(zip("ABC", _TEXTS, strict=True))
            batches = [lettered(lines_of(form), letter) for letter, form in zip("ABC", _TEXTS, strict=True)]
            self.pane.append([line for batch in batches for line in batch])
        else:
            self.pane.append(lines_of(self.page))
        self.pane.focus()


async def drawn(pilot: Pilot[None]) -> None:
    app = pilot.app
    while app.page != "query" and not app.query_one(LogBar).facts.lines:
        await pilot.pause(0.01)
    await app.workers.wait_for_complete()
    await painted(pilot)
