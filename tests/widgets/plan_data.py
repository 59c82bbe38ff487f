"""A made-up change of facility-prod for the gallery and the tests; nothing random, nothing real."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.models.aws_calls import aws_call
from services.models.base import RawId
from services.models.change_runs import Run, StepRun, StepState
from services.models.changes import (
    Caution,
    ChangeTarget,
    Danger,
    Fact,
    LiveState,
    Parameter,
    Plan,
    PlannedStep,
    Revert,
    Row,
)

JST = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)
REGION = "ap-northeast-1"
HOSTILE = "[/ecs/web] [@click=app.quit]\x1b[2J\u202e全て正常"
ID = RawId("service/facility-prod-cluster/staff-api")
TARGET = ChangeTarget(id=ID, title="staff-api")
BACK = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)

REGISTER = PlannedStep(
    id="register",
    title="上限を 10 にする",
    target=ID,
    call=aws_call(
        "application-autoscaling",
        "RegisterScalableTarget",
        REGION,
        {
            "ServiceNamespace": "ecs",
            "ResourceId": str(ID),
            "ScalableDimension": "ecs:service:DesiredCount",
            "MaxCapacity": 10,
        },
    ),
    rows=(
        Row(name="最大タスク数", before="5", after="10"),
        Row(name="最小タスク数", before="2", after="2"),
        Row(name="希望タスク数", before="5", after="5"),
    ),
    expects="0" * 64,
)
SCHEDULE = PlannedStep(
    id="schedule-revert",
    title="2月2日 17:00 に 5 へ戻すことを AWS に予約する",
    target=RawId(f"{ID}#toban-revert-01kg"),
    call=aws_call(
        "application-autoscaling",
        "PutScheduledAction",
        REGION,
        {
            "ServiceNamespace": "ecs",
            "ResourceId": str(ID),
            "ScalableDimension": "ecs:service:DesiredCount",
            "ScheduledActionName": "toban-revert-01kg",
            "Schedule": "at(2026-02-02T17:00:00)",
            "Timezone": "Asia/Tokyo",
            "ScalableTargetAction": {"MaxCapacity": 5},
        },
    ),
    rows=(Row(name="予約アクション", before="", after="toban-revert-01kg"),),
    expects="1" * 64,
)


def plan(**more: object) -> Plan:
    fields: dict[str, object] = {
        "id": "01kg",
        "kind": "task-limit",
        "title": "最大タスク数 5 → 10",
        "target": TARGET,
        "account": "123456789012",
        "region": REGION,
        "made_at": NOW,
        "expires_at": NOW + timedelta(seconds=120),
        "wish": {"max": "10", "revert": "aws", "revert_at": "2026-02-02 17:00"},
        "danger": Danger.CAREFUL,
        "steps": (REGISTER, SCHEDULE),
        "cautions": (
            Caution(
                grave=False, text="10 タスク × プール 20 = 200 接続。上限 170 を超えるおそれがあります。"
            ),
            Caution(
                grave=True,
                text="CPU が高いのは接続待ちかもしれません。タスクを増やすと DB がさらに混みます。",
            ),
        ),
        "approval": "運用責任者",
        "downtime": "なし",
        "cost": "5 タスク分、1 日あたり約 1,480 円",
        "reversible": "可。元の値 5 を覚えています",
        "revert": Revert(
            way="aws", at=BACK, title="最大タスク数を 5 に戻す", values={"max": "5", "revert": "none"}
        ),
    }
    return Plan.model_validate({**fields, **more})


LOWER = {
    "blast": "3 タスクがただちに停止します（実行中 8 → 5）",
    "danger": Danger.DANGEROUS,
    "steps": (REGISTER,),
    "revert": None,
}
"""What `plan` takes for a change that hits something at once."""


def run(*states: StepState, plan_made: Plan | None = None, **more: object) -> Run:
    run_plan = plan_made or plan()
    steps = tuple(
        StepRun(id=step.id, state=state, at=NOW, **(more if at == 0 else {}))
        for at, (step, state) in enumerate(
            zip(
                run_plan.steps,
                [*states, *[StepState.WAITING] * (len(run_plan.steps) - len(states))],
                strict=True,
            )
        )
    )
    return Run(plan=run_plan, by="yamada", at=NOW, steps=steps)


def cut_off(whole: Run) -> Run:
    """The run, whose second step another console sends, or none any more."""
    first, second = whole.steps
    until = NOW + timedelta(seconds=60)
    return whole.model_copy(update={"steps": (first, second.model_copy(update={"until": until}))})


PARAMETERS = (
    Parameter(
        id="max",
        title="最大タスク数",
        kind="integer",
        default="10",
        minimum=2,
        maximum=1000,
        help="ふだん 5、繁忙期 10",
    ),
    Parameter(
        id="revert",
        title="元に戻す方法",
        kind="choice",
        default="aws",
        choices=(("aws", "AWS が自動で戻す"), ("duty", "人が戻す（定例作業）"), ("none", "戻さない")),
    ),
    Parameter(
        id="revert_at",
        title="戻す日時",
        kind="moment",
        default="2026-02-02 17:00",
        help="日本時間",
        why="手順書の次の予定",
    ),
)
LIVE = LiveState(
    target=TARGET,
    facts=(
        Fact(name="最大タスク数", value="5"),
        Fact(name="最小タスク数", value="2"),
        Fact(name="希望 / 実行中", value="5 / 5", note="上限に達しています"),
    ),
    read_at=NOW,
    remarks=("すでに上限で動いています: これ以上はふえません",),
)
