from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from services.models.changes import Row
from tests.tools.painted import painted
from tests.widgets import plan_data
from tests.widgets.gallery_plan import PlanGallery
from tests.widgets.stage import at_rest, draw, running
from widgets.changes import lines as drawn
from widgets.drawing.lines import plain, width_of


def words(lines: object) -> str:
    return "\n".join(plain(lines))  # type: ignore[arg-type]


def text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def test_what_changes_has_a_mark_and_an_arrow_and_what_stays_says_so():
    output = words(drawn.row_lines(plan_data.plan(**plan_data.LOWER), 80)).splitlines()
    assert output[0].startswith("* 最大タスク数")
    assert "5 → 10" in output[0]
    assert "stays" in output[1]
    assert "→" not in output[1]


def test_a_value_without_before_or_too_long_for_its_column_is_shown_whole():
    long = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/x/0123456789"
    step = plan_data.REGISTER.model_copy(
        update={"rows": (Row(name="a", before="", after="b"), Row(name="c", before=long, after=long[:-1]))}
    )
    output = words(drawn.row_lines(plan_data.plan(steps=(step,)), 60))
    assert "— → b" in output
    compact = "".join(line.strip() for line in output.splitlines())
    assert long in compact
    assert f"→ {long[:-1]}" in compact


@pytest.mark.parametrize("width", [52, 60, 72])
def test_a_long_value_of_after_goes_on_below_its_column(width):
    rows = (
        Row(name="Auto Scaling", before="suspended", after="suspended"),
        Row(name="Desired", before="10", after="3: 7 tasks are stopped immediately, whatever they do"),
    )
    step = plan_data.REGISTER.model_copy(update={"rows": rows})
    first, second, *more = words(drawn.row_lines(plan_data.plan(steps=(step,)), width)).splitlines()
    assert first.startswith("  Auto Scaling  suspended")
    assert second.startswith("* Desired              10 → 3: 7 tasks")
    assert more, "it is too long for one row"
    assert all(line.startswith(" " * second.index("3: 7")) for line in more)


def test_a_plan_refused_before_it_was_computed_shows_only_its_target():
    plan = plan_data.plan(refusals=("上限",), steps=(), approval="", revert=None)
    output = words(drawn.fact_lines(plan, 100, plan_data.JST, plan_data.NOW))
    assert "staff-api" in output
    assert "approval" not in output
    assert "revert plan" not in output
    refused_plan = plan_data.plan(refusals=("held by another",))
    assert "運用責任者" in words(drawn.fact_lines(refused_plan, 100, plan_data.JST, plan_data.NOW)), (
        "this one is known"
    )


def test_a_japanese_sentence_is_beside_its_label_at_any_length():
    plan = plan_data.plan(downtime="停止するタスクで処理中のリクエストは途切れることがあります。")
    output = words(drawn.fact_lines(plan, 50, plan_data.JST, plan_data.NOW)).splitlines()
    assert any(line.startswith("Downtime") and "停止するタスク" in line for line in output)


def test_the_revert_explains_its_date_while_it_is_the_default():
    why = drawn.why_then(plan_data.PARAMETERS, plan_data.plan())
    assert why == "手順書の次の予定"
    assert why in words(drawn.fact_lines(plan_data.plan(), 100, plan_data.JST, plan_data.NOW, why))
    other = plan_data.plan(wish={"max": "10", "revert": "aws", "revert_at": "2026-02-03 17:00"})
    assert drawn.why_then(plan_data.PARAMETERS, other) == ""
    assert drawn.why_then(plan_data.PARAMETERS, plan_data.plan(revert=None)) == ""


def test_the_request_is_shown_in_full():
    for width in (38, 60, 100):
        output = words(drawn.request_lines(plan_data.plan(), width))
        compact = "".join(line.strip() for line in output.splitlines())
        for part in (
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:PutScheduledAction",
            "123456789012",
            "ap-northeast-1",
            "service/facility-prod-cluster/staff-api",
            '"at(2026-02-02T17:00:00)"',
            "ScalableTargetAction.MaxCapacity",
        ):
            assert part in compact, (width, part)


def test_parameters_read_as_json_so_that_a_number_is_not_its_text():
    nested = {"a": 1, "b": "1", "c": [{"d": None}, "x"], "e": {}, "f": True}
    assert [(name, drawn.literal(value)) for name, value in drawn.flat(nested)] == [
        ("a", "1"),
        ("b", '"1"'),
        ("c[0].d", "null"),
        ("c[1]", '"x"'),
        ("e", "{}"),
        ("f", "true"),
    ]


def test_a_confusable_name_is_marked_with_its_characters():
    target = plan_data.ChangeTarget(id=plan_data.RawId("service/c/stаff-api"), title="stаff-api")
    step = plan_data.REGISTER.model_copy(update={"target": target.id})
    plan = plan_data.plan(target=target, steps=(step,))
    for lines in (drawn.request_lines(plan, 80), drawn.fact_lines(plan, 80, plan_data.JST, plan_data.NOW)):
        assert "not ASCII: а U+0430" in words(lines)
    assert "ASCII" not in words(drawn.request_lines(plan_data.plan(), 80))


def test_what_the_operator_wrote_may_be_japanese():
    params = {"Description": "定期作業のため", "Name": "toban-1"}
    call = plan_data.REGISTER.call.model_copy(update={"params": params})
    step = plan_data.REGISTER.model_copy(update={"call": call})
    assert "ASCII" not in words(drawn.request_lines(plan_data.plan(steps=(step,)), 80))


def test_grave_warnings_are_first_and_only_there():
    plan = plan_data.plan(**plan_data.LOWER)
    first = words(drawn.impact_lines(plan, 100))
    assert first.index("3 タスクがただちに停止") < first.index("接続待ち")
    assert "接続待ち" not in words(drawn.warning_lines(plan, 100))
    assert "200 接続" in words(drawn.warning_lines(plan, 100))


def test_the_revert_is_shown_with_its_date_and_so_is_its_absence():
    assert "02-02(Mon) 17:00 JST: AWS reverts it" in words(
        drawn.fact_lines(plan_data.plan(), 100, plan_data.JST, plan_data.NOW)
    )
    assert "none: not reverted" in words(
        drawn.fact_lines(plan_data.plan(revert=None), 100, plan_data.JST, plan_data.NOW)
    )


def test_a_plan_counts_down_and_says_that_it_expired():
    plan = plan_data.plan()
    assert drawn.expiry(plan, plan_data.NOW)[0] == "valid for 2m"
    assert drawn.expiry(plan, plan_data.NOW + timedelta(seconds=95)) == ("valid for 25s", "warn")
    assert drawn.expiry(plan, plan_data.NOW + timedelta(seconds=120)) == ("◆ the plan has expired", "bad")


def test_the_text_of_a_plan_has_every_part():
    output = "\n".join(drawn.plan_text(plan_data.plan(), plan_data.JST, plan_data.NOW))
    for part in ("Before → after", "Exact request", "Conditions", "運用責任者", "valid for 2m", "▲ CPU"):
        assert part in output
    refused = "\n".join(
        drawn.plan_text(plan_data.plan(refusals=("上限",), steps=()), plan_data.JST, plan_data.NOW)
    )
    assert "◆ This cannot be applied:" in refused


@given(st.text(max_size=60), st.text(max_size=60), st.integers(20, 130))
def test_no_line_is_wider_than_its_room(name, value, width):
    step = plan_data.REGISTER.model_copy(
        update={"rows": (Row(name=name, before=value, after=name),), "title": name}
    )
    plan = plan_data.plan(steps=(step,), blast=value, refusals=(name,))
    for lines in (
        drawn.row_lines(plan, width),
        drawn.impact_lines(plan, width),
        drawn.refusal_lines(plan, width),
        drawn.fact_lines(plan, width, plan_data.JST, plan_data.NOW),
    ):
        assert max((width_of(line) for line in lines), default=0) <= width


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_what_it_hits_is_the_first_thing_read(size):
    async with running(PlanGallery("lower"), size) as (app, pilot):
        await at_rest(pilot)
        output = text(app).splitlines()
        assert "Most important" in output[0]
        assert "▲ 3 タスクがただちに停止" in output[1]
        side_by_side = any("Before → after" in line and "Before you confirm" in line for line in output)
        assert side_by_side is (size[0] >= 110)


async def test_hostile_text_stays_text():
    async with running(PlanGallery("hostile"), (120, 40)) as (app, pilot):
        await at_rest(pilot)
        output = text(app).replace("\n", "")
        assert "[/ecs/web] [@" in output
        assert not any(ord(each) < 32 or each in "\x7f\x9b\u202e" for each in output)


async def test_a_new_reading_of_the_same_plan_does_not_move_the_reader():
    async with running(PlanGallery("plan"), (80, 20)) as (app, pilot):
        await pilot.pause()
        view = app.query_one("PlanView")
        view.scroll_to(y=6, animate=False)
        await pilot.pause()
        view.plan = plan_data.plan(id="another", made_at=plan_data.NOW + timedelta(seconds=9))
        await pilot.pause()
        assert view.scroll_offset.y == 6
        await draw(pilot, view, plan=plan_data.plan(blast="x"))
        assert view.scroll_offset.y == 0


async def test_the_progress_marks_each_stage():
    async with running(PlanGallery("progress"), (120, 40)) as (app, pilot):
        await at_rest(pilot)
        output = text(app)
        assert "✓ recorded ─ ✓ rechecked ─ ✓ sent ─ ✓ AWS accepted ─ ✓ verified" in output
        assert "? AWS accepted" in output
        assert "resends nothing" in output


@pytest.mark.parametrize("page", ["plan", "lower", "runs", "progress"])
def test_plan_snapshot(snap_compare, page):
    app: App[None] = PlanGallery(page)
    assert snap_compare(app, terminal_size=(120, 40), run_before=painted)
