from typing import Any

import pytest

from services.changes.registry import CHANGES
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Cause, Step
from services.runbook.loader import load_builtin
from tests.tools.console import console, expect, press, until
from tests.tui.change_steps import SIZES
from tui.messages import OpenAlarm
from tui.screens.changes.change_screen import leads

pytestmark = pytest.mark.scenario("ordinary-day", history=3600.0)

BOOK = load_builtin("facility-prod")
MAX = ("task-limit", {"max": "10"})
ROWS: tuple[tuple[str, str, tuple[str, dict[str, str]]], ...] = (
    ("スケール操作 1", "最大タスク数を一時的に 10 に変更", MAX),
    ("スケール操作 2", "メンテナンスウィンドウで db.t4g.large に変更", ("rds-class", {"class": "db.t4g.large", "timing": "window"})),
    ("スケール操作 2", "緊急時のみ、即座に変更", ("rds-class", {"class": "db.t4g.large", "timing": "now"})),
    ("スケール操作 3", "/index.html のキャッシュを無効化", ("cache-invalidation", {"paths": "/index.html"})),
    ("スケール操作 3", "/* を無効化", ("cache-invalidation", {"paths": "/*"})),
    ("定期メンテナンス 3", "新しいアクセスキーを作成", ("key-rotation", {"step": "create"})),
    ("定期メンテナンス 3", "GitHub Actions のシークレットを更新", ("key-rotation", {"step": "github"})),
    ("定期メンテナンス 3", "動作確認", ("key-rotation", {})),
    ("定期メンテナンス 3", "古いアクセスキーを無効化", ("key-rotation", {"step": "deactivate"})),
    ("定期メンテナンス 3", "7日後、古いアクセスキーを削除", ("key-rotation", {"step": "delete"})),
    ("定期メンテナンス 4", "メンテナンスウィンドウで適用", ("rds-maintenance", {"timing": "window"})),
    ("ALB 5XX エラー発生時の対応", "デプロイが原因なら、ロールバック", ("deploy-rollback", {})),
    ("ALB 5XX エラー発生時の対応", "必要に応じてロールバック", ("deploy-rollback", {})),
    ("ECS CPU高負荷時の対応", "手動でタスク数を増やす", ("desired-count", {"desired": "5"})),
    ("ECS CPU高負荷時の対応", "最大値を一時的に引き上げ", MAX),
    ("RDS ストレージ不足時の対応", "ストレージを 200 GiB に拡張", ("rds-storage", {"size": "200", "timing": "now"})),
    ("ECS メモリ高負荷時の対応", "最大値を一時的に引き上げ", MAX),
    ("RDS CPU高負荷時の対応", "インスタンスサイズを db.t4g.large に変更", ("rds-class", {"class": "db.t4g.large", "timing": "window"})),
)  # fmt: skip
"""Section or title, the row's words, and the change: スケール操作, 定期メンテナンス and アラート対応, from top to bottom."""
KINDS = {kind.id for kind in CHANGES}


def steps_of(book: Runbook) -> list[tuple[str, str, Step | Cause]]:
    """(section or title, text, step) of everything that may lead somewhere."""
    return [
        *(
            (each.original("section"), step.original("text"), step)
            for each in book.procedures
            for step in each.steps
        ),
        *(
            (each.original("title"), step.original("text" if isinstance(step, Step) else "action"), step)
            for each in book.playbooks
            for step in each.leads
        ),
    ]


@pytest.mark.parametrize(("place", "words", "change"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_a_row_leads_to_its_change(place, words, change):
    rows = [step for where, text, step in steps_of(BOOK) if where == place and words in text]
    assert [(step.look, step.values) for step in rows] == [change]


def test_no_row_is_forgotten():
    rows = {(where, text) for where, text, step in steps_of(BOOK) if step.look in KINDS}
    for where, text in rows:
        assert any(where == place and words in text for place, words, _change in ROWS), (where, text)
    assert len(rows) == len(ROWS)


@pytest.mark.slow
async def test_each_opens_the_plan_with_its_numbers(embedded):
    async with console(embedded.url, embedded.clock, mode="change") as pilot:
        app: Any = pilot.app
        engine = app.ready.engine
        every = list(leads(app))
        assert len(every) == len(ROWS)
        for lead in every:
            request = lead.request
            target = engine.target(request.kind, request.target)
            ids = {each.id for each in await engine.changes[request.kind].parameters(target)}
            assert set(request.values) <= ids, lead
            app.post_message(request)
            await expect(pilot, at="PlanScreen", then=lambda: app.screen.plan is not None)
            plan = app.screen.plan
            assert (plan.kind, plan.target) == (request.kind, target)
            assert {**plan.wish, **request.values} == plan.wish, lead
            app.screen.dismiss(None)
            await expect(pilot, left="PlanScreen")
        assert not [
            name for name in embedded.counts() if name.split(".")[1].startswith(("Modify", "Update", "Put"))
        ]


@SIZES
async def test_a_key_of_the_change_mode_opens_a_step(embedded, size):
    async with console(embedded.url, embedded.clock, mode="change", size=size) as pilot:
        app: Any = pilot.app
        await press(pilot, "full_stop", at="ChooseScreen", shows="Raise the maximum number of tasks to 10")
        await press(pilot, "enter", at="PlanScreen", then=lambda: app.screen.plan is not None)
        assert app.screen.plan.wish["max"] == "10"


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=3600.0)
@SIZES
async def test_the_number_of_a_cause_opens_its_change(embedded, size):
    embedded.advance(360)
    async with console(embedded.url, embedded.clock, size=size) as pilot:
        app: Any = pilot.app
        await until(pilot, lambda: app.alarms.value is not None)
        alarms = {alarm.id: alarm for alarm in app.alarms.value.alarms}
        app.post_message(OpenAlarm(alarms["ecs-cpu-high"]))
        await expect(pilot, at="AlarmScreen", shows="7. Auto Scaling does not work")
        await press(pilot, "full_stop", "7", at="PlanScreen", then=lambda: app.screen.plan is not None)
        assert (app.screen.plan.kind, app.screen.plan.wish["desired"]) == ("desired-count", "5")
