from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from services import i18n
from services.models.approvals import ApprovalState, ConsentWay, Means
from services.models.change_runs import StepState
from services.models.journal import EntryKind, Person
from services.models.runbook import Runbook
from tests.conftest import Embedded
from tests.services.changes.approval.approval_world import (
    HANAKO,
    TARO,
    UNDECIDED,
    again,
    approve,
    confirmed,
    obtain,
    office,
    raise_plan,
    sent,
)
from tests.services.changes.approval.test_freezes import frozen
from tests.services.changes.change_world import APPROVED, RESOURCE, Desk
from tests.tools.console import expect, flat_text, press, until
from tests.tui.change_steps import SIZES, arm_without_screen, armed_plan, change_mode, planned, to_question
from tests.tui.screens.changes.test_change_keys import burst
from tui.screens.changes.approval import ApprovalScreen
from tui.screens.changes.plan import PlanScreen
from widgets.journal.contents import contents_lines
from widgets.journal.journal_wording import kind_spans, kind_word

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ordinary-day", history=600)]


@asynccontextmanager
async def console_of(
    embedded: Embedded, path: Path, person: Person = HANAKO, runbook: Runbook = APPROVED, **options: Any
) -> AsyncIterator[Pilot[Any]]:
    async with change_mode(embedded, journal=path, person=person, runbook=runbook, **options) as pilot:
        yield pilot


async def way(pilot: Pilot[Any], presses: int = 0) -> ApprovalScreen:
    """F7 on the plan, and so many steps to the right on the first question."""
    screen = await press(pilot, "f7", at="ApprovalScreen")
    await until(pilot, lambda: screen.guard.is_open and screen.form.has_questions)
    for _step in range(presses):
        before = screen._way
        await pilot.press("right")
        await until(pilot, lambda before=before: screen._way != before and screen.form.has_questions)
        await until(pilot, lambda: screen.focused is screen.form.first())
    return screen


async def fill(pilot: Pilot[Any], screen: ApprovalScreen, **values: str) -> None:
    for name, value in values.items():
        screen.query_one(f"#ask-{name}", Input).value = value
    list(screen.query(Input))[-1].focus()
    await pilot.press("enter")


async def confirm(pilot: Pilot[Any], screen: PlanScreen) -> None:
    await to_question(pilot, screen)
    await burst(pilot, *"staff-api")
    await press(pilot, "enter", then=lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.DONE)


async def asked_by(two: Desk, note: str = "") -> Any:
    plan = await raise_plan(two)
    await two.engine.authority.approvals.ask(plan, note)
    return plan


@SIZES
@pytest.mark.slow
async def test_asked_approved_confirmed(embedded, tmp_path, size):
    path = tmp_path / "j.db"
    async with office(embedded, path, TARO) as two, console_of(embedded, path, size=size) as pilot:
        app = pilot.app
        plan_screen = await armed_plan(pilot, asked=False)
        await expect(pilot, shows=("is missing: F7", "still missing"))
        assert not plan_screen.bar.asking, "armed, but nothing can be confirmed"
        form = await way(pilot)
        assert "must approve it" in flat_text(pilot)
        await fill(pilot, form, note="月末です")
        await expect(pilot, at="PlanScreen", shows="has not answered yet")
        assert not plan_screen.bar.asking

        await two.engine.authority.approvals.load()
        (request,) = two.engine.requests
        assert (request.note, request.asker.name) == ("月末です", "hanako")
        await approve(two, request.plan)
        await expect(pilot, shows="Approved by taro", then=lambda: plan_screen.bar.asking)
        assert sent(embedded) == 0
        await confirm(pilot, plan_screen)
        assert sent(embedded) == 2
        assert app.runs[0].consents[0].by == "taro"
        lines = plan_screen.view.approval_block.draw(100, 0)
        approval = " ".join(text for line in lines for text, _role in line)
        assert "Approved by taro, a second person" in approval, "also while it is carried out"


@pytest.mark.slow
@SIZES
async def test_the_second_person_sees_reviews_and_approves_it_by_name(embedded, tmp_path, size):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, console_of(embedded, path, TARO, size=size) as pilot:
        app = pilot.app
        plan = await asked_by(one, "月末です")
        await expect(pilot, shows=("hanako asks for an approval", "approval asked", "Change(1)"))
        app.screen.runs.table.focus()
        screen = await press(pilot, "enter", at="ReviewScreen")
        await until(pilot, lambda: screen.plan is not None and screen.bar.asking and screen.guard.is_open)
        assert screen.plan.digest == plan.digest
        assert screen.plan.made_at >= plan.made_at
        assert "月末です" in flat_text(pilot)
        await burst(pilot, *"staff-ap")
        await press(pilot, "enter", shows="is not the target's name")
        await burst(pilot, *"staff-api")
        await press(pilot, "enter", at="ChangeScreen", then=lambda: "Change(1)" not in flat_text(pilot))
        assert sent(embedded) == 0, "approving sends nothing"
        run = await confirmed(one, plan)
        assert run.state is StepState.DONE
        assert run.consents[0].way is ConsentWay.SECOND_PERSON


@pytest.mark.slow
async def test_who_asked_opens_the_plan_from_its_row_and_confirms(embedded, tmp_path):
    # The first console was closed meanwhile: the row in the change mode leads back to the same plan.
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        plan = await asked_by(one)
        await approve(two, plan)
    async with console_of(embedded, path) as pilot:
        app = pilot.app
        await until(pilot, lambda: "Change(1)" in flat_text(pilot) and "approved" in flat_text(pilot))
        await arm_without_screen(pilot)
        app.screen.runs.table.focus()
        screen = await press(pilot, "enter", at="PlanScreen")
        await until(pilot, lambda: screen.plan is not None and screen.guard.is_open)
        assert screen.plan.id == plan.id
        await confirm(pilot, screen)
        assert app.runs[0].id == plan.id
        assert sent(embedded) == 2


@pytest.mark.slow
async def test_it_is_another_plan_once_the_state_has_moved(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, console_of(embedded, path, TARO) as pilot:
        app = pilot.app
        await asked_by(one)
        await until(pilot, lambda: app.ready.engine.requests)
        with embedded.world.lock:
            embedded.world.scaling.targets[RESOURCE].maximum = 6
        app.screen.runs.table.focus()
        await press(pilot, "enter", at="ReviewScreen", shows="another plan")
        assert not app.screen.bar.asking


@SIZES
@pytest.mark.slow
async def test_who_cannot_approve_is_told(embedded, tmp_path, size):
    path = tmp_path / "j.db"
    same = TARO.model_copy(update={"identity": HANAKO.identity})
    async with office(embedded, path) as one, console_of(embedded, path, same, size=size) as pilot:
        await asked_by(one)
        await until(pilot, lambda: pilot.app.ready.engine.requests)
        pilot.app.screen.runs.table.focus()
        await press(pilot, "enter", at="ReviewScreen", shows="you are taro")
        assert "another OS user with another AWS identity" in flat_text(pilot)
        assert "cannot be approved here" in flat_text(pilot)
        assert not pilot.app.screen.bar.asking


@pytest.mark.slow
async def test_a_declined_plan_says_so_when_it_is_made_again(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with console_of(embedded, path) as pilot, office(embedded, path, TARO) as two:
        screen = await planned(pilot)
        first = screen.plan
        await pilot.app.ready.engine.authority.approvals.ask(first)
        screen._plan_id = first.id
        await two.engine.authority.approvals.load()
        await two.engine.authority.approvals.decline(first, "not before Monday")
        await until(pilot, lambda: "Declined by taro" in flat_text(pilot))
        await press(pilot, "f5", shows="declined or used, or has expired")
        assert screen.plan is None or screen.plan.id != first.id


@pytest.mark.slow
async def test_declined_with_a_reason(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, console_of(embedded, path, TARO) as pilot:
        app = pilot.app
        plan = await asked_by(one)
        await until(pilot, lambda: app.ready.engine.requests)
        app.screen.runs.table.focus()
        await press(pilot, "enter", at="ReviewScreen", then=lambda: app.screen.plan is not None)
        await press(pilot, "f7", at="DeclineScreen")
        await press(pilot, "enter", shows="A reason is required")
        await burst(pilot, *"toolate")
        await press(pilot, "enter", at="ChangeScreen", shows="declined")
        assert one.engine.authority.approvals.request(plan.id).state is ApprovalState.ASKED
        await one.engine.authority.approvals.load()
        assert one.engine.authority.approvals.request(plan.id).decline_reason == "toolate"


@pytest.mark.slow
async def test_the_asker_is_told_that_it_was_declined(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path, TARO) as two, console_of(embedded, path) as pilot:
        await planned(pilot)
        await fill(pilot, await way(pilot), note="")
        await two.engine.authority.approvals.load()
        (request,) = two.engine.requests
        await two.engine.authority.approvals.decline(request.plan, "予算がない")
        await until(pilot, lambda: "Declined by taro" in flat_text(pilot))
        screen = pilot.app.screen
        await press(pilot, "f5", then=lambda: screen.plan is not None and screen.plan.id != request.plan.id)
        assert "is missing: F7" in flat_text(pilot), "it needs an approval of its own"


@pytest.mark.slow
async def test_obtained_elsewhere(embedded, tmp_path):
    async with console_of(embedded, tmp_path / "j.db") as pilot:
        app = pilot.app
        plan_screen = await armed_plan(pilot, asked=False)
        form = await way(pilot, 1)
        assert "recorded as your statement" in flat_text(pilot)
        assert "Hanako Yamada (example)" in flat_text(pilot)
        for bad in ("yesterday", "2026-02-30 10:00", "2999-01-01 10:00"):
            await fill(pilot, form, at=bad, reference="mail 12")
            await until(pilot, lambda: "◆" in flat_text(pilot))
            assert isinstance(app.screen, ApprovalScreen)
        wide = "２０２６－０１－１０　１０：３０"
        await fill(pilot, form, who="鈴木", at=wide, reference="mail 12")
        await expect(
            pilot, at="PlanScreen", shows=("Approval obtained elsewhere: 鈴木 by phone", "(mail 12)")
        )
        await confirm(pilot, plan_screen)
        (consent,) = app.runs[0].consents
        assert (consent.who, consent.means, consent.reference) == ("鈴木", Means.PHONE, "mail 12")
        assert consent.consented_at.isoformat() == "2026-01-10T01:30:00+00:00"


@pytest.mark.slow
async def test_an_emergency_where_the_approver_is_undecided(embedded, tmp_path):
    async with console_of(embedded, tmp_path / "j.db", runbook=UNDECIDED) as pilot:
        app = pilot.app
        plan_screen = await armed_plan(pilot, asked=False)
        form = await way(pilot)
        assert "names nobody" in flat_text(pilot)
        assert "report's first page" in flat_text(pilot)
        await fill(pilot, form, reason=" ")
        await until(pilot, lambda: "A reason is required" in flat_text(pilot))
        await fill(pilot, form, reason="窓口が止まっている")
        await expect(pilot, at="PlanScreen", shows="EMERGENCY, recorded by hanako")
        await confirm(pilot, plan_screen)
        assert app.runs[0].consents[0].way is ConsentWay.EMERGENCY


@pytest.mark.slow
async def test_a_freeze_and_an_approval_are_both_asked_for(embedded, tmp_path):
    runbook = frozen(embedded.clock.now(), -60, 60, APPROVED)
    async with console_of(embedded, tmp_path / "j.db", runbook=runbook) as pilot:
        app = pilot.app
        plan_screen = await armed_plan(pilot, asked=False)
        assert "Changes are frozen: 年度末処理" in flat_text(pilot)
        form = await way(pilot, 1)
        await fill(pilot, form, who="鈴木", reference="12")
        await expect(pilot, at="PlanScreen", shows="F7 records an emergency")
        assert not plan_screen.bar.asking
        form = await way(pilot)
        assert form._way == "emergency", "only that is missing"
        await fill(pilot, form, reason="窓口が止まっている")
        await expect(pilot, at="PlanScreen")
        await confirm(pilot, plan_screen)
        assert [consent.way for consent in app.runs[0].consents] == [
            ConsentWay.EMERGENCY,
            ConsentWay.ELSEWHERE,
        ]


@pytest.mark.slow
async def test_what_has_expired_is_obtained_again_for_a_new_plan(embedded, tmp_path):
    async with console_of(embedded, tmp_path / "j.db") as pilot:
        plan_screen = await planned(pilot)
        await fill(pilot, await way(pilot, 1), who="鈴木", reference="12")
        await expect(pilot, at="PlanScreen")
        first = plan_screen.plan.id
        embedded.clock.advance(1801)
        await press(pilot, "f5", then=lambda: plan_screen.plan is not None and plan_screen.plan.id != first)
        await until(pilot, lambda: "is missing: F7" in flat_text(pilot))
        await fill(pilot, await way(pilot, 1), who="鈴木", reference="13")
        await until(pilot, lambda: "(13)" in flat_text(pilot))


@pytest.mark.slow
async def test_an_edited_plan_is_no_longer_said_to_be_approved(embedded, tmp_path):
    async with console_of(embedded, tmp_path / "j.db") as pilot:
        plan_screen = await planned(pilot)
        await fill(pilot, await way(pilot, 1), who="鈴木", reference="12")
        await until(pilot, lambda: "The approval is recorded" in flat_text(pilot))
        await until(pilot, lambda: pilot.app.board.noticed is not None)
        plan_screen.form.query_one("#ask-max", Input).value = "7"
        await until(pilot, lambda: plan_screen.plan is not None and plan_screen.plan.wish["max"] == "7")
        await until(pilot, lambda: "The approval is recorded" not in flat_text(pilot))
        await until(pilot, lambda: "is missing: F7" in flat_text(pilot))


@pytest.mark.slow
async def test_in_japanese(embedded, tmp_path):
    i18n.use("ja")
    async with console_of(embedded, tmp_path / "j.db", size=(80, 24)) as pilot:
        await planned(pilot)
        await until(pilot, lambda: "PM（プロジェクトマネージャー）の承認: 未取得" in flat_text(pilot))
        form = await way(pilot, 1)
        for words in ("第二者に依頼", "コンソール外で取得", "あなたの申告として記録します", "記録の所在"):
            assert words in flat_text(pilot)
        await fill(pilot, form, who="鈴木", reference="メール 12")
        await until(pilot, lambda: "コンソール外の承認: 鈴木 さん 電話" in flat_text(pilot))


@pytest.mark.slow
async def test_the_row_of_my_own_request_does_not_wait_for_me(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, console_of(embedded, path) as pilot:
        plan = await asked_by(one)
        await until(pilot, lambda: "○ approval asked" in flat_text(pilot))
        assert "Change(1)" not in flat_text(pilot)
        assert (await again(one, plan)).digest == plan.digest


@pytest.mark.slow
async def test_an_emergency_is_proposed_to_slack_and_can_be_again(embedded, tmp_path):
    async with console_of(embedded, tmp_path / "j.db", runbook=UNDECIDED) as pilot:
        app = pilot.app
        plan_screen = await armed_plan(pilot, asked=False)
        await fill(pilot, await way(pilot), reason="窓口が止まっている")
        await expect(pilot, at="PlanScreen")
        await confirm(pilot, plan_screen)
        await expect(pilot, at="PostScreen")
        assert "EMERGENCY CHANGE" in app.screen.proposal.text
        assert "窓口が止まっている" in app.screen.proposal.text
        await press(pilot, "escape", at="PlanScreen")
        await press(pilot, "escape", at="ChangeScreen")
        app.screen.runs.table.focus()
        await press(pilot, "enter", at="RunScreen", shows="EMERGENCY, recorded by hanako")
        await press(pilot, "p", at="PostScreen")


async def test_the_journal_tells_both_kinds_apart(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with office(embedded, path) as one, office(embedded, path, TARO) as two:
        await approve(two, await asked_by(one))
        await obtain(one, await raise_plan(one))
        entries = [
            entry
            for entry in await one.entries()
            if entry.kind in (EntryKind.APPROVED, EntryKind.APPROVAL_ASKED)
        ]
    words = {(kind_word(entry), kind_spans(entry)[0][1]) for entry in entries}
    assert words == {("approved", "good"), ("approved elsewhere", "caution"), ("approval asked", "key")}
    body = "\n".join(
        "".join(text for text, _role in line) for entry in entries for line in contents_lines(entry, UTC, 100)
    )
    for said_there in (
        "who approved: 鈴木",
        "by what means: by phone",
        "reference: メール 12",
        "way: obtained elsewhere",
    ):
        assert said_there in body
