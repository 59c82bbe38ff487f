from collections.abc import Collection, Sequence
from datetime import UTC, datetime, tzinfo

from textual.reactive import reactive

from services.i18n import _
from services.models.approvals import ApprovalRequest, ApprovalState
from services.models.change_runs import Run
from widgets.changes.consents import request_span
from widgets.changes.headed_table import HeadedTable
from widgets.changes.run.view import revert_span, state_spans, verified_span, what_spans
from widgets.drawing.columns import Column
from widgets.drawing.format import NOTHING, stamp
from widgets.drawing.table import KeyedTable, Row
from widgets.drawing.ticker import every_second
from widgets.drawing.timers import is_going
from widgets.frame.panel import Now

_TITLE = 52
"""Cells for what was changed: other columns go first, because a cut title does not tell two changes apart."""


class RunTable(HeadedTable):
    """Set `runs`, `requests` for approval, `awaited` to the ids of the plans whose requests wait for the person here,
    and `waiting` to the ids of the runs whose revert is pending."""

    runs: reactive[tuple[Run, ...]] = reactive((), repaint=False, init=False)
    requests: reactive[tuple[ApprovalRequest, ...]] = reactive((), repaint=False, init=False)
    awaited: reactive[frozenset[str]] = reactive(frozenset(), repaint=False, init=False)
    waiting: reactive[frozenset[str]] = reactive(frozenset(), repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    def __init__(self, *, now: Now, zone: tzinfo = UTC, id: str | None = None) -> None:
        table = KeyedTable(
            (
                Column(_("State"), max_width=38),
                Column(_("Change made"), flex=1, min_width=_TITLE),
                Column(_("Made by"), max_width=20, rank=3),
                Column(_("When"), max_width=18, rank=1),
                Column(_("Verified"), max_width=13, rank=4),
                Column(_("Revert plan"), max_width=36, rank=2),
            ),
            margin=1,
        )
        none = _("No change has been made with this console yet.")
        super().__init__(_("Changes made"), table, none, id=id)
        self._now = now
        self.set_reactive(RunTable.zone, zone)

    def on_mount(self) -> None:
        self._show()
        every_second(self, self._show)

    def watch_runs(self, before: tuple[Run, ...], runs: tuple[Run, ...]) -> None:
        self._show()
        if before and runs and runs[0].id != before[0].id and not self.table.has_focus:
            self.table.move_to(runs[0].id)

    def run_at_cursor(self) -> Run | None:
        return next((run for run in self.runs if run.id == self.table.cursor_key), None)

    def request_at(self, key: str) -> ApprovalRequest | None:
        return next((each for each in self.requests if _request_key(each) == key), None)

    def _show(self) -> None:
        if is_going(self):
            return
        self.set_class(not (self.runs or self.requests), "-none")
        now = self._now()
        runs = run_rows(self.runs, self.waiting, self.zone, now)
        self.table.set_rows([*request_rows(self.requests, self.awaited, self.zone, now), *runs])

    watch_requests = watch_waiting = watch_zone = _show


def _request_key(request: ApprovalRequest) -> str:
    return f"approval {request.plan.id}"


def request_rows(
    requests: Sequence[ApprovalRequest], awaited: Collection[str], zone: tzinfo, now: datetime
) -> list[Row]:
    return [
        Row(
            _request_key(each),
            (
                [request_span(each, awaited=each.plan.id in awaited)],
                [(each.plan.target.title, "strong"), ("  ", ""), (each.plan.title, "")],
                [(each.asker.name, "")],
                [(stamp(each.at, zone, now), "muted")],
                [(NOTHING, "faint")],
                [(until_text(each, zone, now), "muted")],
            ),
        )
        for each in requests
    ]


def until_text(request: ApprovalRequest, zone: tzinfo, now: datetime) -> str:
    if request.until is None or request.state not in (ApprovalState.ASKED, ApprovalState.GIVEN):
        return NOTHING
    return _("valid until {when}", when=stamp(request.until, zone, now))


def run_rows(runs: Sequence[Run], waiting: Collection[str], zone: tzinfo, now: datetime) -> list[Row]:
    return [
        Row(
            run.id,
            (
                state_spans(run, zone, now),
                what_spans(run),
                [(run.by, "")],
                [(stamp(run.at, zone, now), "muted")],
                [verified_span(run, now)],
                [revert_span(run, zone, now, waiting=run.id in waiting)],
            ),
        )
        for run in runs
    ]
