"""Pictures of the inspect mode: duties, findings, reports."""

from functools import partial

from services.i18n import _
from services.models.findings import Verdict
from services.models.incidents import HandOver
from services.report.periods import of_day
from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import FAULTS, KEY, QUIET, STRANGER
from tui.screens.common.choose import ChooseScreen
from tui.screens.common.confirm import ConfirmScreen, confirm
from tui.screens.duties import duty_actions, finding_actions, signing
from tui.screens.duties.duty import DutyScreen
from tui.screens.duties.duty_actions import InspectNowScreen, SignAllScreen
from tui.screens.duties.finding import FindingScreen
from tui.screens.duties.finding_actions import OverrideScreen
from tui.screens.duties.follow_up import FollowUpScreen
from tui.screens.duties.hand_over import AcceptDayScreen, OfferDayScreen, hand_over
from tui.screens.duties.inspect import InspectScreen
from tui.screens.duties.sign import SignScreen, SkipScreen
from tui.screens.report.report import RemarkScreen, ReportScreen
from tui.screens.slack.post import PostScreen, propose_finding

_INSPECTIONS = (
    "alarms", "dashboard", "error-logs", "costs", "backups", "sign-ins", "access-keys", "maintenance",
    "slow-queries", "waf-blocks",
)  # fmt: skip


async def _inspect(stage: Stage) -> None:
    await stage.inspected()
    await stage.mode("inspect")


async def _underway(stage: Stage) -> None:
    await stage.has_duties()
    await stage.mode("inspect")


async def _calendar(stage: Stage) -> None:
    await _inspect(stage)
    await stage.press("tab")


async def _month(stage: Stage) -> None:
    await _inspect(stage)
    await stage.do("month(1)")


async def _duty(stage: Stage, id: str) -> None:
    await _inspect(stage)
    await stage.show(DutyScreen(stage.duty(id)))


async def _sign(stage: Stage, id: str) -> None:
    await _inspect(stage)
    signing.sign_now(stage.app, stage.duty(id))
    await stage.on(SignScreen)


async def _follow_up(stage: Stage) -> None:
    await _finding(stage, id="slow-queries")
    await stage.do("leave")
    await stage.on(FollowUpScreen)


async def _skip(stage: Stage) -> None:
    await _inspect(stage)
    duty_actions.skip(stage.app, stage.duty("daily-morning"))
    await stage.on(SkipScreen)


async def _offer_day(stage: Stage) -> None:
    await _inspect(stage)
    await hand_over(stage.app)
    await stage.on(OfferDayScreen)


async def _accept_day(stage: Stage) -> None:
    await _inspect(stage)
    offer = HandOver(by="taro", at=stage.app.now(), note="Quiet.", seq=1, open=("Late: Alarms",))
    stage.app.push_screen(AcceptDayScreen("day:2026-01-14", offer))
    await stage.on(AcceptDayScreen)


async def _cancel_plan(stage: Stage) -> None:
    await _inspect(stage)
    about = duty_actions.cancelling_words(stage.app, stage.duty("daily-morning"))
    confirm(stage.app, _("Cancel the plan"), about, _("cancels the plan"), lambda: None)
    await stage.on(ConfirmScreen)


async def _sign_all(stage: Stage) -> None:
    await _inspect(stage)
    await stage.do("sign_normal")
    await stage.on(SignAllScreen)


async def _signed(stage: Stage) -> None:
    await _sign_all(stage)
    await stage.press("enter")
    await stage.on(InspectScreen)


async def _finding_of_duty(stage: Stage) -> None:
    await _inspect(stage)
    occurrence = stage.duty("daily-morning")
    findings = stage.ready.scheduler.of(occurrence.slot)
    assert findings is not None
    bad = next((each for each in findings.recorded if each.finding.verdict is not Verdict.NORMAL), None)
    recorded = bad or findings.recorded[0]
    await stage.show(FindingScreen(recorded.subject, recorded, occurrence.slot))


async def _reference(stage: Stage) -> None:
    """What is read for a duty that a person does: it has no verdict."""
    await _inspect(stage)
    occurrence = stage.duty("key-rotation")
    findings = stage.ready.scheduler.of(occurrence.slot)
    assert findings is not None
    (recorded,) = findings.recorded
    await stage.show(FindingScreen(recorded.subject, recorded, occurrence.slot))


async def _finding(stage: Stage, id: str) -> None:
    await stage.mode("inspect")
    recorded = await stage.finding(id)
    await stage.show(FindingScreen(recorded.subject, recorded))


async def _override(stage: Stage) -> None:
    await _finding(stage, "access-keys")
    await stage.do("override")
    await stage.on(OverrideScreen)


async def _post(stage: Stage) -> None:
    await _finding(stage, "sign-ins")
    propose_finding(stage.app, stage.screen.recorded)
    await stage.on(PostScreen)


async def _choose(stage: Stage) -> None:
    await _inspect(stage)
    await stage.do("choose_inspection")
    await stage.on(InspectNowScreen)


async def _known(stage: Stage) -> None:
    await _finding(stage, "sign-ins")
    finding_actions.edit_allow_list(stage.app, stage.screen.recorded.finding)
    await stage.on(ChooseScreen)


async def _report(stage: Stage, span: str = "day") -> None:
    await _inspect(stage)
    duty_actions.report(stage.app)
    await stage.on(ReportScreen)
    await stage.until(lambda: stage.screen.report is not None)
    if span != "day":
        await stage.do(f"span('{span}')")
        await stage.until(lambda: stage.screen.report is not None)


async def _save(stage: Stage) -> None:
    await _report(stage)
    await stage.do("save")
    await stage.on(ChooseScreen)


async def _remark(stage: Stage) -> None:
    await _report(stage)
    assert stage.app.duties is not None
    await stage.show(RemarkScreen(of_day(stage.app.duties.today.day)))


SHOTS = (
    Shot("inspect", InspectScreen, _inspect, FAULTS),
    Shot("inspect-quiet", InspectScreen, _inspect, QUIET),
    Shot("inspect-underway", InspectScreen, _underway, FAULTS),
    Shot("inspect-calendar", InspectScreen, _calendar, FAULTS),
    Shot("inspect-month", InspectScreen, _month, FAULTS),
    Shot("inspect-signed", InspectScreen, _signed, QUIET),
    Shot("duty", DutyScreen, partial(_duty, id="daily-morning"), FAULTS),
    Shot("duty-checklist", DutyScreen, partial(_duty, id="key-rotation"), KEY),
    Shot("sign", SignScreen, partial(_sign, id="daily-morning"), FAULTS),
    Shot("sign-checklist", SignScreen, partial(_sign, id="key-rotation"), KEY),
    Shot("skip", SkipScreen, _skip, FAULTS),
    Shot("hand-over-day", OfferDayScreen, _offer_day, FAULTS),
    Shot("accept-day", AcceptDayScreen, _accept_day, FAULTS),
    Shot("plan-cancel", ConfirmScreen, _cancel_plan, FAULTS),
    Shot("sign-all", SignAllScreen, _sign_all, QUIET),
    Shot("finding", FindingScreen, _finding_of_duty, FAULTS),
    *(Shot(f"finding-{id}", FindingScreen, partial(_finding, id=id), FAULTS) for id in _INSPECTIONS),
    Shot("follow-up", FollowUpScreen, _follow_up, FAULTS),
    Shot("finding-reference", FindingScreen, _reference, KEY),
    Shot("finding-normal", FindingScreen, partial(_finding, id="backups"), QUIET),
    Shot("finding-stranger", FindingScreen, partial(_finding, id="sign-ins"), STRANGER),
    Shot("override", OverrideScreen, _override, FAULTS),
    Shot("post-finding", PostScreen, _post, FAULTS, slack=True),
    Shot("inspect-now", InspectNowScreen, _choose, FAULTS),
    Shot("choose-known", ChooseScreen, _known, STRANGER),
    Shot("report", ReportScreen, _report, FAULTS),
    Shot("report-month", ReportScreen, partial(_report, span="month"), FAULTS),
    Shot("report-year", ReportScreen, partial(_report, span="fiscal-year"), FAULTS),
    Shot("report-save", ChooseScreen, _save, FAULTS),
    Shot("remark", RemarkScreen, _remark, FAULTS),
)
