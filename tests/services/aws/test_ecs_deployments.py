from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import Incomplete, NotFound
from services.aws.ecs.reader import EcsReader
from services.aws.service_quotas import ServiceQuotas
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ARN = "arn:aws:ecs:r:1:service-deployment/c/s/"
REVISION = "arn:aws:ecs:r:1:service-revision/c/s/"


def row(id, minutes, **more):
    return {
        "serviceDeploymentArn": ARN + id,
        "status": "SUCCESSFUL",
        "createdAt": NOW + timedelta(minutes=minutes),
        "sourceServiceRevisions": [{"arn": REVISION + "1"}],
        "targetServiceRevision": {"arn": REVISION + "2"},
    } | more


async def test_deployments_are_newest_first_with_what_ended_them():
    ended = {
        "status": "ROLLBACK_SUCCESSFUL",
        "statusReason": "rolled back\x1b[2J",
        "rollback": {"serviceRevisionArn": REVISION + "1", "reason": "breaker"},
        "deploymentCircuitBreaker": {"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
        "alarms": {"triggeredAlarmNames": ["alb-5xx"]},
        "lifecycleStage": "BAKE_TIME",
        "lifecycleHookDetails": [{"hookId": "h", "status": "SUCCEEDED", "timeoutAction": "ROLLBACK"}],
    }
    listed = {"serviceDeployments": [{"serviceDeploymentArn": ARN + id} for id in ("b", "a")]}
    described = {"serviceDeployments": [row("a", 0), row("b", 5, **ended)]}
    canned = Canned(ListServiceDeployments=listed, DescribeServiceDeployments=described)
    newest, oldest = await EcsReader(canned).deployments("c", "s")
    assert (newest.id, oldest.id) == (ARN + "b", ARN + "a")
    assert newest.rolls_back
    assert not newest.in_progress
    assert (newest.reason, newest.failures, newest.threshold) == ("rolled back␛[2J", 3, 3)
    assert (newest.alarms, newest.rollback_to, newest.hook) == (("alb-5xx",), REVISION + "1", None)
    assert canned.asked("DescribeServiceDeployments") == [{"serviceDeploymentArns": [ARN + "b", ARN + "a"]}]


async def test_a_hook_that_waits_is_the_hook():
    hooks = [
        {"hookId": "x", "status": "SUCCEEDED"},
        {"hookId": "y", "status": "AWAITING_ACTION", "expiresAt": NOW},
    ]
    described = {"serviceDeployments": [row("a", 0, status="IN_PROGRESS", lifecycleHookDetails=hooks)]}
    deployment = await EcsReader(Canned(DescribeServiceDeployments=described)).deployment(ARN + "a")
    assert deployment.in_progress
    assert (deployment.hook.id, deployment.hook.expires) == ("y", NOW)


async def test_a_deployment_that_ecs_does_not_know_is_not_found():
    missing = {"serviceDeployments": [], "failures": [{"arn": ARN, "reason": "MISSING"}]}
    with pytest.raises(NotFound):
        await EcsReader(Canned(DescribeServiceDeployments=missing)).deployment(ARN + "a")
    assert (
        await EcsReader(Canned(ListServiceDeployments={"serviceDeployments": []})).deployments("c", "s") == ()
    )


@pytest.mark.parametrize("lacking", ["serviceDeploymentArn", "status", "targetServiceRevision"])
async def test_a_deployment_without_what_identifies_it_is_incomplete(lacking):
    broken = {key: value for key, value in row("a", 0).items() if key != lacking}
    with pytest.raises(Incomplete):
        await EcsReader(Canned(DescribeServiceDeployments={"serviceDeployments": [broken]})).deployment(ARN)


async def test_revisions_by_arn_in_requests_of_twenty():
    def described(params):
        return {
            "serviceRevisions": [
                {
                    "serviceRevisionArn": arn,
                    "taskDefinition": "arn:aws:ecs:r:1:task-definition/staff-api:7",
                    "containerImages": [
                        {"containerName": "app", "image": "app:1", "imageDigest": "sha256:a"}
                    ],
                }
                for arn in params["serviceRevisionArns"]
            ]
        }

    canned = Canned(DescribeServiceRevisions=described)
    arns = [f"{REVISION}{number:02d}" for number in range(25)]
    revisions = await EcsReader(canned).revisions([*arns, arns[0]])
    assert [len(each["serviceRevisionArns"]) for each in canned.asked("DescribeServiceRevisions")] == [20, 5]
    assert revisions[arns[3]].task_definition == "staff-api:7"
    assert revisions[arns[3]].images[0].digest == "sha256:a"


async def test_a_task_definition_keeps_names_of_variables_and_no_value():
    container = {
        "name": "app",
        "image": "app@sha256:abc",
        "environment": [{"name": "TOKEN", "value": "hunter2"}, {"name": "ZONE", "value": "hunter2"}],
        "secrets": [{"name": "PASSWORD", "valueFrom": "arn:secret"}],
    }
    answer = {
        "taskDefinition": {
            "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/staff-api:7", "status": "ACTIVE", "cpu": "512",
            "memory": "1024", "containerDefinitions": [container], "registeredAt": NOW,
            "registeredBy": "arn:aws:iam::1:user/ci-cd-user", "requiresCompatibilities": ["EC2"],
        }
    }  # fmt: skip
    definition = await EcsReader(Canned(DescribeTaskDefinition=answer)).definition("staff-api:7")
    assert (definition.id, definition.cpu, definition.memory) == ("staff-api:7", 512, 1024)
    assert definition.registered_by == "ci-cd-user"
    assert definition.compatibilities == ("EC2",)
    assert definition.containers[0].pinned
    variables = definition.environment
    assert set(variables) == {("app", "TOKEN"), ("app", "ZONE"), ("app", "PASSWORD")}
    assert variables["app", "TOKEN"] == variables["app", "ZONE"] != variables["app", "PASSWORD"]
    assert "hunter2" not in definition.model_dump_json()


async def test_a_family_is_not_its_longer_namesakes():
    arns = [
        f"arn:aws:ecs:r:1:task-definition/{name}"
        for name in ("staff-api:9", "staff-api-batch:3", "staff-api:8")
    ]
    canned = Canned(ListTaskDefinitions={"taskDefinitionArns": arns})
    assert await EcsReader(canned).definitions("staff-api") == ("staff-api:9", "staff-api:8")
    with pytest.raises(Incomplete):
        await EcsReader(Canned(ListTaskDefinitions={"taskDefinitionArns": [7]})).definitions("staff-api")


async def test_the_quota_is_the_accounts_or_else_aws_default():
    own = Canned(GetServiceQuota={"Quota": {"Value": 20.0}})
    quota = await ServiceQuotas(own).fargate_vcpus()
    assert (quota.value, quota.is_default) == (20.0, False)
    missing = failure(ProblemKind.NOT_FOUND)
    other = Canned(GetServiceQuota=missing, GetAWSDefaultServiceQuota={"Quota": {"Value": 6.0}})
    assert (await ServiceQuotas(other).fargate_vcpus()).is_default
    with pytest.raises(Incomplete):
        await ServiceQuotas(Canned(GetServiceQuota={"Quota": {}})).fargate_vcpus()
