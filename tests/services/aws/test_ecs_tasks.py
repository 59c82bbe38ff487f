from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import Incomplete
from services.aws.ecs.reader import EcsReader
from tests.services.aws.canned import Canned

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ARN = "arn:aws:ecs:ap-northeast-1:123456789012:task/facility/"


async def stopped_alone():
    return False


async def with_running():
    return True


def task(id, **more):
    return {
        "taskArn": ARN + id,
        "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/staff-api:43",
        "desiredStatus": "STOPPED",
        "lastStatus": "STOPPED",
        "containers": [{"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed"}],
        **more,
    }


async def test_stopped_tasks_newest_first_with_their_reasons():
    older = task(
        "a", stoppingAt=NOW - timedelta(minutes=3), containers=[{"name": "app"}], stopCode="TaskFailedToStart"
    )
    newer = task(
        "b",
        stoppingAt=NOW,
        stoppedAt=NOW + timedelta(seconds=9),
        startedAt=NOW - timedelta(hours=1),
        stopCode="EssentialContainerExited",
        stoppedReason="Essential container in task exited\x1b[2J",
        startedBy="ecs-svc/7",
        availabilityZone="ap-northeast-1c",
    )
    canned = Canned(
        ListTasks={"taskArns": [ARN + "a", ARN + "b"], "nextToken": "x"},
        DescribeTasks={"tasks": [older, newer], "failures": []},
    )
    stopped_only = await EcsReader(canned).tasks("facility", "staff-api", running=stopped_alone)
    assert stopped_only.more
    first, second = stopped_only.stopped
    assert (first.id, first.code, first.started_by) == ("b", "EssentialContainerExited", "ecs-svc/7")
    assert (first.reason, first.definition) == ("Essential container in task exited␛[2J", "staff-api:43")
    assert (first.ended, first.zone) == (NOW, "ap-northeast-1c")
    (container,) = first.containers
    assert (container.exit_code, container.reason) == (137, "OutOfMemoryError: Container killed")
    assert second.containers[0].exit_code is None
    (request,) = canned.asked("ListTasks")
    assert (request["desiredStatus"], request["serviceName"]) == ("STOPPED", "staff-api")


async def test_no_stopped_task_takes_one_request():
    canned = Canned(ListTasks={"taskArns": []})
    assert (await EcsReader(canned).tasks("facility", "staff-api", running=stopped_alone)).stopped == ()
    assert len(canned.calls) == 1


async def test_a_task_that_ecs_forgot_meanwhile_is_no_error():
    canned = Canned(
        ListTasks={"taskArns": [ARN + "a", ARN + "b"]},
        DescribeTasks={"tasks": [task("a")], "failures": [{"arn": ARN + "b", "reason": "MISSING"}]},
    )
    assert [
        each.id
        for each in (await EcsReader(canned).tasks("facility", "staff-api", running=stopped_alone)).stopped
    ] == ["a"]


@pytest.mark.parametrize(
    "described",
    [{"tasks": []}, {"tasks": [task("a") | {"taskArn": ""}]}, {"tasks": [task("a") | {"containers": None}]}],
    ids=["not described", "no ARN", "no containers"],
)
async def test_a_crash_is_not_lost_in_a_damaged_answer(described):
    canned = Canned(ListTasks={"taskArns": [ARN + "a"]}, DescribeTasks=described)
    with pytest.raises(Incomplete):
        await EcsReader(canned).tasks("facility", "staff-api", running=stopped_alone)


async def test_an_unreadable_list_is_not_empty():
    with pytest.raises(Incomplete):
        await EcsReader(Canned(ListTasks={"taskArns": "none"})).tasks(
            "facility", "staff-api", running=stopped_alone
        )


async def test_running_tasks_are_told_apart_by_their_definition():
    alive = {
        "taskArn": ARN + "r",
        "desiredStatus": "RUNNING",
        "taskDefinitionArn": "arn:x/staff-api:44",
        "startedBy": "ecs-svc/8",
    }
    canned = Canned(
        ListTasks=lambda params: {"taskArns": [ARN + ("r" if params["desiredStatus"] == "RUNNING" else "a")]},
        DescribeTasks={"tasks": [alive, task("a")]},
    )
    answer = await EcsReader(canned).tasks("facility", "staff-api", running=with_running)
    assert [each.id for each in answer.stopped] == ["a"]
    assert [(each.id, each.started_by, each.definition) for each in answer.running] == [
        ("r", "ecs-svc/8", "staff-api:44")
    ]
    assert len(canned.calls) == 3
    del alive["taskDefinitionArn"]
    with pytest.raises(Incomplete):
        await EcsReader(canned).tasks("facility", "staff-api", running=with_running)


async def test_deployments_as_listed_take_one_request():
    row = {
        "serviceDeploymentArn": "arn:d/1",
        "status": "ROLLBACK_SUCCESSFUL",
        "statusReason": "circuit breaker",
        "targetServiceRevisionArn": "arn:r/1",
        "createdAt": NOW,
    }
    newer = row | {"serviceDeploymentArn": "arn:d/2", "createdAt": NOW + timedelta(hours=1)}
    canned = Canned(ListServiceDeployments={"serviceDeployments": [row, newer]})
    latest = await EcsReader(canned).latest("facility", "staff-api")
    assert [each.id for each in latest] == ["arn:d/2", "arn:d/1"]
    assert (latest[1].rolls_back, latest[1].target, latest[1].sources) == (True, "arn:r/1", ())
    for key in ("createdAt", "targetServiceRevisionArn", "status"):
        damaged = Canned(ListServiceDeployments={"serviceDeployments": [row | {key: None}]})
        with pytest.raises(Incomplete):
            await EcsReader(damaged).latest("facility", "staff-api")
