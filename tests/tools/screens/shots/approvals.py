"""Pictures of approvals: asked for, obtained elsewhere, reviewed by a second person, overridden in an emergency."""

from services.changes.ages import marked
from services.changes.approval import entries
from services.journal.store import Store
from services.models.changes import Plan
from services.models.journal import NewEntry, Person
from services.runbook.examples import with_example_people
from services.runbook.loader import load_builtin
from tests.services.journal.book import append
from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import BUSY
from tests.tui.change_steps import planned
from tui.screens.changes.approval import ApprovalScreen
from tui.screens.changes.change_screen import ChangeScreen
from tui.screens.changes.plan import PlanScreen
from tui.screens.changes.run import DeclineScreen, ReviewScreen

_ROLE = "arn:aws:sts::123456789012:assumed-role/operator"
TANAKA = Person(user="tanaka", identity=f"{_ROLE}/tanaka", origin="ssh 10.0.0.12", host="bastion")
YAMADA = Person(user="yamada", identity=f"{_ROLE}/yamada", origin="ssh 10.0.0.13", host="bastion")
UNDECIDED = load_builtin("facility-prod")
APPROVED = with_example_people(UNDECIDED)
_OPTIONS = {"runbook": APPROVED, "person": TANAKA}
_NOTE = "月末の帳票作成で CPU が 90 % を超えています。"


async def _plan(stage: Stage) -> Plan:
    await stage.mode("change")
    await stage.until(lambda: stage.screen.live.state.value is not None)
    screen = await planned(stage.pilot)
    assert screen.plan is not None
    plan: Plan = screen.plan
    return plan


def _recorded(stage: Stage, person: Person, draft: NewEntry) -> None:
    """What another console has written."""
    ready = stage.ready
    store = Store(ready.journal.path)
    append(store, marked(draft, ready.clock), at=ready.clock.now(), person=person)
    store.close()


async def _ask(stage: Stage) -> None:
    await _plan(stage)
    await stage.press("f7")
    await stage.on(ApprovalScreen)


async def _elsewhere(stage: Stage) -> None:
    await _ask(stage)
    stage.screen.form.first().focus()
    await stage.press("right", "tab", "tab", "tab", "tab")
    await stage.write("メール 12")


async def _approved(stage: Stage) -> None:
    await stage.armed()
    plan = await _plan(stage)
    await stage.ready.engine.authority.approvals.ask(plan, _NOTE)
    _recorded(stage, YAMADA, entries.approved(plan))
    await stage.until(lambda: stage.screen.view.consents)


async def _obtained(stage: Stage) -> None:
    await stage.armed()
    plan = await _plan(stage)
    await stage.allowed(plan)
    await stage.until(lambda: stage.screen.view.consents)


async def _emergency_plan(stage: Stage) -> None:
    await stage.armed()
    plan = await _plan(stage)
    await stage.allowed(plan)
    await stage.until(lambda: stage.screen.view.consents)


async def _asked(stage: Stage) -> None:
    await stage.mode("change")
    await stage.until(lambda: stage.screen.live.state.value is not None)
    plan = await stage.ready.engine.plan("task-limit", "staff-api", {})
    # All defaults are part of the wish, so that it can be planned again.
    _recorded(stage, YAMADA, entries.asked(plan, _NOTE))
    await stage.until(lambda: stage.ready.engine.requests)


async def _review(stage: Stage) -> None:
    await _asked(stage)
    (request,) = stage.ready.engine.requests
    await stage.show(ReviewScreen(request))
    await stage.until(lambda: stage.screen.plan is not None)


async def _decline(stage: Stage) -> None:
    await _review(stage)
    await stage.press("f7")
    await stage.on(DeclineScreen)
    await stage.write("今月の予算を超えるため")


SHOTS = (
    Shot("approval", ApprovalScreen, _ask, BUSY, _OPTIONS),
    Shot("approval-elsewhere", ApprovalScreen, _elsewhere, BUSY, _OPTIONS),
    Shot("approval-emergency", ApprovalScreen, _ask, BUSY, {**_OPTIONS, "runbook": UNDECIDED}),
    Shot("plan-approved", PlanScreen, _approved, BUSY, _OPTIONS),
    Shot("plan-obtained", PlanScreen, _obtained, BUSY, _OPTIONS),
    Shot("plan-emergency", PlanScreen, _emergency_plan, BUSY, {**_OPTIONS, "runbook": UNDECIDED}),
    Shot("change-asked", ChangeScreen, _asked, BUSY, _OPTIONS),
    Shot("review", ReviewScreen, _review, BUSY, _OPTIONS),
    Shot("decline", DeclineScreen, _decline, BUSY, _OPTIONS),
)
