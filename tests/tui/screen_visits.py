"""How each screen of the console is opened, for the tests of what is left of it once it is closed."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from textual.content import Content
from textual.pilot import Pilot
from textual.screen import Screen

import tui
from services.aws.client.errors import MfaNeeded
from services.aws.client.secret import Secret
from services.incidents.escalation import Situation
from services.logs.export.under_way import ExportWish
from services.logs.marks import SavedMark
from services.models.alarms import Alarm
from services.models.approvals import ApprovalRequest, ApprovalState
from services.models.change_runs import Run
from services.models.duties import Occurrence
from services.models.findings import Recorded
from services.models.incidents import HandOver, Incident, TriggerKind
from services.models.insights_queries import QueryParameter
from services.models.journal import Entry, EntryQuery, Person
from services.models.log_exports import ExportFormat, ExportHead
from services.models.posts import Post, Proposal
from services.models.problem import Problem, ProblemKind
from services.report.periods import of_day
from tests.tools.console import press, until
from tui import messages
from tui.app import TobanApp
from tui.modes import MODES, SYSTEMS
from tui.screens.changes.applying import RevealScreen
from tui.screens.changes.approval import ApprovalScreen
from tui.screens.changes.arm import ArmScreen
from tui.screens.changes.manual_resolution import ManualResolutionScreen
from tui.screens.changes.plan import PlanScreen
from tui.screens.changes.run import DeclineScreen, ReviewScreen, RunScreen
from tui.screens.common import command_sheets
from tui.screens.common.aws_commands import AwsCommandsScreen
from tui.screens.common.choose import ChooseScreen
from tui.screens.common.command_palette import ConsolePalette
from tui.screens.common.confirm import ConfirmScreen, confirm
from tui.screens.common.first_frame import ShellScreen
from tui.screens.common.help import HelpScreen
from tui.screens.common.mfa_code import CodeScreen
from tui.screens.common.notice import NoticeScreen
from tui.screens.common.past_messages import PastMessagesScreen
from tui.screens.common.runbook import RunbookScreen
from tui.screens.duties import duty_actions, finding_actions, signing
from tui.screens.duties.duty import DutyScreen
from tui.screens.duties.duty_actions import InspectNowScreen, SignAllScreen
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.finding_actions import OverrideScreen
from tui.screens.duties.follow_up import FollowUpScreen
from tui.screens.duties.hand_over import AcceptDayScreen, OfferDayScreen
from tui.screens.duties.sign import SignScreen, SkipScreen
from tui.screens.journal.entry import EntryScreen
from tui.screens.journal.filter import JournalFilterScreen
from tui.screens.journal.journal import JournalVerifyScreen
from tui.screens.journal.note import NoteScreen
from tui.screens.logs.export.choosing import ExportDialog
from tui.screens.logs.forms import ColumnOffer, ColumnsScreen
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.insights.dialogs import LineScreen, ParametersScreen, RecordScreen
from tui.screens.logs.insights.draft import QueryDraft
from tui.screens.logs.insights.ranges import up_to
from tui.screens.logs.insights.screen import InsightsScreen
from tui.screens.logs.layouts import LayoutScreen
from tui.screens.logs.line_tables import LineTablesScreen, slow_views
from tui.screens.logs.marking import MarkScreen
from tui.screens.logs.memory import LayoutPane, SavedLayout, log_memory
from tui.screens.logs.reading_tools import PatternsScreen
from tui.screens.report.report import RemarkScreen, ReportScreen
from tui.screens.respond.actions import HandOverScreen, IncidentReportScreen
from tui.screens.respond.closing import CloseScreen
from tui.screens.respond.dialogs import IncidentDialog, decide_dialog
from tui.screens.respond.incident import IncidentScreen
from tui.screens.respond.told import ToldScreen
from tui.screens.slack.outbox import DecideScreen, OutboxScreen
from tui.screens.slack.post import PostScreen, propose_alarm
from tui.screens.watch.acknowledge import AcknowledgeScreen
from tui.screens.watch.alarm import AlarmScreen
from tui.screens.watch.usage import UsageScreen
from widgets.logs.form.group_form import Sample
from widgets.logs.pane.pane import LogPane


@dataclass(frozen=True, slots=True)
class Things:
    app: TobanApp
    alarm: Alarm
    occurrence: Occurrence
    recorded: Recorded
    run: Run
    post: Post
    entry: Entry


async def things(pilot: Pilot[Any]) -> Things:
    app = pilot.app
    ready = app.ready
    recorded = await ready.scheduler.runs.run_on_demand("alarms")
    await ready.outbox.release("a" * 12, "text", Proposal(title="title", text="text"))
    change = ready.engine.changes["task-limit"]
    (target,) = change.targets()
    await ready.engine.arm("a test", timedelta(minutes=15))
    plan = await ready.engine.plan(change.kind.id, str(target.id), {})
    await ready.engine.apply(plan, plan.confirm)
    await until(pilot, lambda: app.duties and app.duties.today.occurrences and app.posts and app.runs)
    await ready.engine.disarm()
    assert app.alarms.value is not None
    (entry, *_older) = (await ready.journal.page(EntryQuery(), limit=1)).entries
    return Things(
        app,
        app.alarms.value.watched[0],
        next(each for each in app.duties.today.occurrences if ready.duties.signable(each.slot)),
        recorded,
        app.runs[0],
        app.posts[0],
        entry,
    )


async def _nothing(_post: Post, _text: str) -> None:
    pass


def _export() -> ExportDialog:
    async def run(wish: ExportWish, _span: object, _progress: object) -> ExportHead:
        raise FileExistsError(17, "File exists", str(wish.path))

    return ExportDialog("3 lines", ExportFormat.CSV, run, Path("/nowhere"), UTC, span=(0, 1000), masked=False)


def _code(it: Things) -> CodeScreen:
    return CodeScreen(
        it.app.ready.session, MfaNeeded(Problem(kind=ProblemKind.EXPIRED, summary="", at=it.app.now()))
    )


def _request(it: Things) -> ApprovalRequest:
    person = Person(user="taro", identity="arn:aws:iam::123456789012:user/taro")
    return ApprovalRequest(plan=it.run.plan, asker=person, at=it.app.now(), state=ApprovalState.ASKED)


def _incident(it: Things) -> Incident:
    since = it.app.now()
    return Incident(
        id=f"incident:{it.alarm.id}@{since.isoformat()}", trigger=TriggerKind.ALARM, target=it.alarm.id, title="x",
        since=since, opened_at=since, seq=1,
    )  # fmt: skip


async def _write_nothing(_text: str) -> None:
    pass


def _telling(it: Things) -> ToldScreen:
    ready = it.app.ready
    situation = Situation(
        incident=_incident(it), runbook=ready.runbook, playbook=None, now=it.app.now(), zone=it.app.zone
    )
    return ToldScreen(_incident(it), ready.incidents, situation)


def _offer(it: Things) -> HandOver:
    return HandOver(by="taro", at=it.app.now(), note="Quiet.", seq=1, open=("Late: Alarms",))


FOLLOWING = {"incident-live"}  # Groups of workers that read again and again while the screen is open
Opener = Callable[[Things], object]


def _draft(it: Things) -> QueryDraft:
    groups = (str(it.app.ready.runbook.log_groups[0].id),)
    return QueryDraft(span=up_to(it.app.now(), timedelta(hours=1)), groups=groups)


OPENERS: dict[type[Screen[Any]], tuple[Opener, ...]] = {
    AcceptDayScreen: (lambda it: it.app.push_screen(AcceptDayScreen("day:2026-01-14", _offer(it))),),
    AcknowledgeScreen: (lambda it: it.app.post_message(messages.Acknowledge(it.alarm)),),
    AlarmScreen: (lambda it: it.app.post_message(messages.OpenAlarm(it.alarm)),),
    ApprovalScreen: (lambda it: it.app.push_screen(ApprovalScreen(it.run.plan)),),
    ArmScreen: (lambda it: it.app.action_arm(),),
    AwsCommandsScreen: (
        lambda it: it.app.push_screen(AwsCommandsScreen(command_sheets.alarm_sheet(it.app, it.alarm))),
    ),
    ChooseScreen: (lambda it: finding_actions.edit_allow_list(it.app, it.recorded.finding),),
    CloseScreen: (
        lambda it: it.app.push_screen(CloseScreen(_incident(it), it.app.ready.incidents, {}, it.app.zone)),
    ),
    CodeScreen: (lambda it: it.app.push_screen(_code(it)),),
    ConsolePalette: (lambda it: it.app.action_command_palette(), lambda it: it.app.action_jump()),
    ConfirmScreen: (lambda it: confirm(it.app, "title", Content("what happens"), "does it", lambda: None),),
    DecideScreen: (lambda it: it.app.push_screen(DecideScreen(it.post, "title", "asked", _nothing)),),
    DeclineScreen: (lambda it: it.app.push_screen(DeclineScreen(it.run.plan)),),
    DutyScreen: (lambda it: it.app.push_screen(DutyScreen(it.occurrence)),),
    EntryScreen: (lambda it: it.app.push_screen(EntryScreen(it.entry)),),
    FindingScreen: (
        lambda it: it.app.push_screen(FindingScreen(it.recorded.subject, it.recorded)),
        lambda it: it.app.post_message(messages.RunInspection("alarms")),
    ),
    ColumnsScreen: (
        lambda it: it.app.push_screen(ColumnsScreen("g", "JSON", [ColumnOffer("status")], Sample())),
    ),
    ExportDialog: (lambda it: it.app.push_screen(_export()),),
    GroupScreen: (lambda it: it.app.push_screen(GroupScreen(it.app.ready)),),
    LineTablesScreen: (
        lambda it: it.app.push_screen(LineTablesScreen("g", slow_views([], it.app.zone, it.app.now()))),
    ),
    HandOverScreen: (
        lambda it: it.app.push_screen(
            HandOverScreen(_incident(it), it.app.ready.incidents, it.app.ready.runbook)
        ),
    ),
    HelpScreen: (lambda it: it.app.action_keys_help(),),
    InsightsScreen: (lambda it: it.app.push_screen(InsightsScreen(_draft(it))),),
    LineScreen: (lambda it: it.app.push_screen(LineScreen("Range", "1h", "3h", lambda _text: "")),),
    ParametersScreen: (
        lambda it: it.app.push_screen(ParametersScreen("Errors", [QueryParameter(name="level")])),
    ),
    RecordScreen: (lambda it: it.app.push_screen(RecordScreen("Record", [("level", "ERROR")])),),
    InspectNowScreen: (lambda it: duty_actions.choose_inspection(it.app),),
    JournalFilterScreen: (
        lambda it: it.app.push_screen(JournalFilterScreen(it.app.ready.journal, EntryQuery())),
    ),
    JournalVerifyScreen: (lambda it: it.app.push_screen(JournalVerifyScreen(it.app.ready.journal)),),
    PatternsScreen: (lambda it: it.app.push_screen(PatternsScreen(LogPane())),),
    SkipScreen: (lambda it: duty_actions.skip(it.app, it.occurrence),),
    MarkScreen: (lambda it: it.app.push_screen(MarkScreen(SavedMark("/ecs/a", 0, "s", "text", "0123"))),),
    NoteScreen: (lambda it: it.app.action_note(),),
    NoticeScreen: (lambda it: signing.sign(it.app, None),),
    OfferDayScreen: (lambda it: it.app.push_screen(OfferDayScreen(())),),
    OutboxScreen: (lambda it: it.app.action_show_outbox(),),
    FollowUpScreen: (lambda it: it.app.push_screen(FollowUpScreen(it.recorded.subject, it.recorded)),),
    IncidentDialog: (lambda it: it.app.push_screen(decide_dialog("title", _write_nothing)),),
    IncidentScreen: (lambda it: it.app.push_screen(IncidentScreen(_incident(it))),),
    IncidentReportScreen: (lambda it: it.app.push_screen(IncidentReportScreen(_incident(it))),),
    OverrideScreen: (lambda it: finding_actions.override(it.app, it.recorded.subject, it.recorded),),
    PastMessagesScreen: (lambda it: it.app.action_show_messages(),),
    PlanScreen: (lambda it: it.app.post_message(messages.PlanChange(it.run.plan.kind, it.run.plan.target)),),
    PostScreen: (lambda it: propose_alarm(it.app, it.alarm),),
    RevealScreen: (lambda it: it.app.push_screen(RevealScreen("AKIAIOSFODNN7EXAMPLE", Secret("x"))),),
    ReviewScreen: (lambda it: it.app.push_screen(ReviewScreen(_request(it))),),
    RemarkScreen: (lambda it: it.app.push_screen(RemarkScreen(of_day(it.occurrence.slot.day))),),
    ReportScreen: (lambda it: duty_actions.report(it.app),),
    RunScreen: (lambda it: it.app.push_screen(RunScreen(it.run)),),
    RunbookScreen: (lambda it: it.app.action_show_runbook(),),
    LayoutScreen: (
        lambda it: it.app.push_screen(
            LayoutScreen(log_memory(it.app), SavedLayout(panes=(LayoutPane(group="/ecs/a"),)))
        ),
    ),
    ManualResolutionScreen: (
        lambda it: it.app.push_screen(ManualResolutionScreen(it.run, it.run.plan.steps[0])),
    ),
    SignAllScreen: (lambda it: it.app.push_screen(SignAllScreen([it.occurrence])),),
    SignScreen: (lambda it: signing.sign_now(it.app, it.occurrence),),
    ToldScreen: (lambda it: it.app.push_screen(_telling(it)),),
    UsageScreen: (lambda it: it.app.action_show_usage(),),
}
"""Every way to open a screen over a mode's."""


def of_modes() -> set[type[Screen[Any]]]:
    """The modes' own screens, and the outline before them; all are built anew in another language."""
    split = [mode.screen.partition(":") for mode in (*MODES, SYSTEMS)]
    return {ShellScreen, *(getattr(importlib.import_module(module), name) for module, _colon, name in split)}


def every_screen() -> set[type[Screen[Any]]]:
    """Every screen that can be shown; those that others are made from cannot."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {
        each for each in _below(Screen) if each.__module__.startswith("tui.") and not each.__subclasses__()
    }


def _below(kind: type[Screen[Any]]) -> Iterator[type[Screen[Any]]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _below(subclass)


async def call(opener: Opener, it: Things) -> None:
    """Open a screen, whether or not that takes awaiting."""
    answer = opener(it)
    if isinstance(answer, Awaitable):
        await answer


async def open_screen(pilot: Pilot[Any], kind: type[Screen[Any]], opener: Opener, it: Things) -> None:
    await call(opener, it)
    await until(pilot, lambda: type(pilot.app.screen) is kind and pilot.app.screen.is_mounted)


async def has_read(pilot: Pilot[Any]) -> None:
    screen = pilot.app.screen

    def reads() -> bool:
        workers = [worker for worker in pilot.app.workers if worker.node is screen]
        return any(not worker.is_finished and worker.group not in FOLLOWING for worker in workers)

    await until(pilot, lambda: not reads())


async def close_screens(pilot: Pilot[Any]) -> None:
    for _press in range(5):
        if len(pilot.app.screen_stack) == 1:
            return
        top = pilot.app.screen
        await press(pilot, "escape", then=lambda top=top: pilot.app.screen is not top)
    raise AssertionError(f"escape does not close {pilot.app.screen}")
