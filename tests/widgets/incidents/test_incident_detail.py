from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from services import i18n
from services.models.incidents import StepMark, StepRecord
from tests.tools.console import screen_text
from tests.widgets import incident_data as data
from tests.widgets.incident_gallery import IncidentApp
from tests.widgets.stage import at_rest, draw, press, running
from widgets.incidents.detail import Needs, areas

ROWS = st.integers(0, 80)
NEEDS = st.builds(
    Needs,
    head=st.integers(1, 4),
    causes=ROWS,
    steps=ROWS,
    evidence=ROWS,
    timeline=ROWS,
    focus=st.sampled_from(["causes", "steps", "evidence", "timeline"]),
    charts=st.integers(0, 2),
)


@given(width=st.integers(40, 240), height=st.integers(16, 80), needs=NEEDS)
def test_no_part_covers_another_or_leaves_the_screen(width, height, needs):
    places = areas(Size(width, height), needs)
    screen = Size(width, height).region
    for name, place in places.items():
        assert not place or screen.contains_region(place), name
        others = [other for key, other in places.items() if key != name]
        assert not any(place.overlaps(other) for other in others), name
    for name in ("causes", "steps", "evidence", "timeline"):
        assert places[name].height >= 1, f"the head of {name} is there, so that Tab leads to it"


async def test_at_80_by_24_clocks_cause_step_and_its_evidence_are_on_the_screen():
    i18n.use("ja")
    async with IncidentApp().run_test(size=(80, 21)) as pilot:
        await pilot.pause()
        words = screen_text(pilot)
    for part in (
        "連絡期限 あと",
        "DB の飽和",
        "接続を占める処理を止める",
        "連絡先未定: 開発チーム",
        "ECS タスクの状態を確認する",
        "希望 4 に対し実行中 3",
        "すでに最大値",
        "経過",
    ):
        assert part in words, part


async def test_moving_to_a_step_shows_its_evidence_at_once():
    async with IncidentApp().run_test(size=(80, 21)) as pilot:
        await pilot.pause()
        await press(pilot, "down")
        assert "the health check times out" in screen_text(pilot)
        await press(pilot, "up", "up")
        assert "connection slots are reserved" in screen_text(pilot)


async def test_the_part_with_the_focus_has_the_most_rows():
    async with running(IncidentApp(), (80, 21)) as (app, pilot):
        await pilot.pause()
        detail = app.detail
        for panel in (detail.evidence, detail.timeline, detail.causes):
            before = panel.size.height
            panel.focus()
            await at_rest(pilot)
            assert panel.size.height >= before
            others = (detail.steps, detail.evidence, detail.timeline)
            assert panel.size.height >= max(
                other.size.height for other in others if other is not detail.causes
            )


async def test_the_cursor_stays_on_its_step_when_rows_are_added_above():
    async with running(IncidentApp(undecided=()), (120, 37)) as (app, pilot):
        await pilot.pause()
        await pilot.press("down")
        assert app.detail.step == 2
        steps = (StepRecord(index=0, mark=StepMark.DONE, at=data.NOW, by="sato", note="x" * 90),)
        await draw(pilot, app.detail, view=data.view(incident=data.incident(steps=steps)))
        assert app.detail.step == 2


async def test_an_equal_view_repaints_nothing():
    async with running(IncidentApp(), (120, 37)) as (app, pilot):
        await pilot.pause()
        await pilot.pause(0.2)
        panels = (app.detail.causes, app.detail.steps, app.detail.evidence, app.detail.timeline)
        refreshed: list[str] = []
        for panel in panels:
            panel.refresh = lambda *regions, name=panel.id, **_options: refreshed.append(name)  # type: ignore[method-assign,assignment]
        app.detail.view = data.view()
        assert refreshed == []
