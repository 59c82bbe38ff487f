from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import Incomplete, NotFound
from services.aws.ecs.reader import EcsReader
from tests.services.aws.canned import Canned

NOW = datetime(2026, 4, 1, tzinfo=UTC)


async def test_a_service_with_its_deployments_and_newest_events():
    row = {
        "serviceName": "staff-api",
        "status": "ACTIVE",
        "desiredCount": 3,
        "runningCount": 2,
        "pendingCount": 1,
        "deployments": [
            {
                "id": "ecs-svc/1",
                "status": "PRIMARY",
                "rolloutState": "IN_PROGRESS",
                "desiredCount": 3,
                "runningCount": 2,
                "failedTasks": 1,
                "taskDefinition": "arn:aws:ecs:r:1:task-definition/staff-api:12",
                "updatedAt": NOW,
            }
        ],
        "events": [
            {"createdAt": NOW - timedelta(minutes=1), "message": "older"},
            {"createdAt": NOW, "message": "newest\x1b[2J"},
            {"message": "undated"},
        ],
        "loadBalancers": [{"targetGroupArn": "arn:tg"}, {}],
    }
    canned = Canned(DescribeServices={"services": [row], "failures": []})
    service = await EcsReader(canned).service("facility-prod-cluster", "staff-api")
    assert (service.desired, service.running, service.pending) == (3, 2, 1)
    assert [event.message for event in service.events] == ["newest␛[2J", "older"]
    (deployment,) = service.deployments
    assert (deployment.rollout, deployment.failed, deployment.task_definition) == (
        "IN_PROGRESS",
        1,
        "staff-api:12",
    )
    assert service.target_groups == ("arn:tg",)
    assert canned.asked("DescribeServices") == [
        {"cluster": "facility-prod-cluster", "services": ["staff-api"]}
    ]


async def test_a_misspelt_service_is_not_found_although_aws_answers_200():
    failures = [{"arn": "arn:x", "reason": "MISSING"}]
    with pytest.raises(NotFound) as caught:
        await EcsReader(Canned(DescribeServices={"services": [], "failures": failures})).service(
            "c", "staf-api"
        )
    assert "staf-api" in caught.value.problem.summary
    assert "MISSING" in caught.value.problem.detail


async def test_missing_counts_are_not_zero():
    row = {"serviceName": "staff-api", "status": "ACTIVE", "runningCount": 2}
    with pytest.raises(Incomplete):
        await EcsReader(Canned(DescribeServices={"services": [row]})).service("c", "staff-api")
