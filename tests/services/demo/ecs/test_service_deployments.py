from typing import Any

import pytest

from services.demo import names
from tests.services.demo.client import ask, refused
from tests.services.demo.system.test_world import alarms, service

OF = {"cluster": names.CLUSTER, "service": names.SERVICE}
IMAGE = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/staff-api"


async def newest(embedded: Any) -> dict[str, Any]:
    listed = await ask(embedded.url, "ecs", "ListServiceDeployments", **OF)
    arns = [row["serviceDeploymentArn"] for row in listed["serviceDeployments"]]
    answer = await ask(embedded.url, "ecs", "DescribeServiceDeployments", serviceDeploymentArns=arns)
    deployment: dict[str, Any] = answer["serviceDeployments"][0]
    assert deployment["serviceDeploymentArn"] == arns[0]
    return deployment


async def revision(embedded: Any, arn: str) -> dict[str, Any]:
    answer = await ask(embedded.url, "ecs", "DescribeServiceRevisions", serviceRevisionArns=[arn])
    (row,) = answer["serviceRevisions"]
    return dict(row)


async def definition_of(embedded: Any, arn: str) -> str:
    return str((await revision(embedded, arn))["taskDefinition"]).rsplit("/", 1)[-1]


def wait(embedded: Any, seconds: int) -> None:
    for _ in range(seconds // 10):
        embedded.advance(10)


async def test_the_system_was_released_once_before_it_is_simulated(embedded):
    deployment = await newest(embedded)
    assert deployment["status"] == "SUCCESSFUL"
    (source,) = deployment["sourceServiceRevisions"]
    assert await definition_of(embedded, source["arn"]) == f"{names.FAMILY}:41"
    assert await definition_of(embedded, deployment["targetServiceRevision"]["arn"]) == names.DEPLOYED
    events = await ask(
        embedded.url, "cloudtrail", "LookupEvents",
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "UpdateService"}],
    )  # fmt: skip
    assert deployment["createdAt"] in [event["EventTime"] for event in events["Events"]]


async def test_what_does_not_exist_is_a_failure_beside_what_does(embedded):
    answer = await ask(embedded.url, "ecs", "DescribeClusters", clusters=[names.CLUSTER, "none"])
    (cluster,) = answer["clusters"]
    assert (cluster["clusterName"], cluster["status"]) == (names.CLUSTER, "ACTIVE")
    assert [failure["arn"].rsplit("/")[-1] for failure in answer["failures"]] == ["none"]


async def test_an_update_of_the_definition_rolls_until_it_is_successful(embedded):
    described = await ask(embedded.url, "ecs", "UpdateService", **OF, taskDefinition=f"{names.FAMILY}:41")
    assert described["service"]["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert (await newest(embedded))["status"] == "PENDING"
    wait(embedded, 70)
    under_way = await newest(embedded)
    assert under_way["status"] == "IN_PROGRESS"
    assert under_way["targetServiceRevision"]["runningTaskCount"] == 2
    assert under_way["sourceServiceRevisions"][0]["requestedTaskCount"] == 0
    wait(embedded, 120)
    assert (await newest(embedded))["status"] == "SUCCESSFUL"
    state = await service(embedded)
    assert state["taskDefinition"].endswith(":41")
    assert any("deployment completed" in event["message"] for event in state["events"])


async def test_a_forced_deployment_resolves_the_tag_again_and_a_count_alone_deploys_nothing(embedded):
    first = (await newest(embedded))["targetServiceRevision"]["arn"]
    await ask(embedded.url, "ecs", "UpdateService", **OF, desiredCount=3)
    assert (await newest(embedded))["targetServiceRevision"]["arn"] == first
    embedded.world.clusters.digests[f"{IMAGE}:2.14.3"] = "sha256:moved"
    await ask(embedded.url, "ecs", "UpdateService", **OF, forceNewDeployment=True)
    deployed = await revision(embedded, (await newest(embedded))["targetServiceRevision"]["arn"])
    assert deployed["containerImages"] == [
        {"containerName": names.SERVICE, "image": f"{IMAGE}:2.14.3", "imageDigest": "sha256:moved"}
    ]
    before = await revision(embedded, first)
    assert before["containerImages"][0]["imageDigest"] != "sha256:moved"
    wait(embedded, 200)
    assert (await service(embedded))["desiredCount"] == 2, (
        "the policy undoes a count that the load does not need"
    )


async def test_a_stopped_deployment_rolls_back_to_the_revision_that_ran_with_its_digest(embedded):
    before = (await newest(embedded))["targetServiceRevision"]["arn"]
    await ask(embedded.url, "ecs", "UpdateService", **OF, taskDefinition=f"{names.FAMILY}:40")
    wait(embedded, 20)
    arn = (await newest(embedded))["serviceDeploymentArn"]
    embedded.world.clusters.digests[f"{IMAGE}:2.14.3"] = "sha256:moved"
    await ask(embedded.url, "ecs", "StopServiceDeployment", serviceDeploymentArn=arn, stopType="ROLLBACK")
    requested = await newest(embedded)
    assert requested["status"] == "ROLLBACK_REQUESTED"
    assert requested["rollback"]["serviceRevisionArn"] == before
    again = await ask(embedded.url, "ecs", "StopServiceDeployment", serviceDeploymentArn=arn)
    assert again == {"serviceDeploymentArn": arn}, "a second request continues the rollback"
    wait(embedded, 10)
    assert (await newest(embedded))["status"] == "ROLLBACK_IN_PROGRESS"
    wait(embedded, 180)
    ended = await newest(embedded)
    assert (ended["status"], ended["serviceDeploymentArn"]) == ("ROLLBACK_SUCCESSFUL", arn)
    assert (await service(embedded))["taskDefinition"].endswith(":42")
    tasks = embedded.world.system.service.alive(embedded.clock.now().timestamp())
    assert {task.revision.digest for task in tasks} != {"sha256:moved"}
    code, _status, _text = await refused(
        embedded.url, "ecs", "StopServiceDeployment", serviceDeploymentArn=arn
    )
    assert code == "ConflictException"


@pytest.mark.scenario("rollout-failed")
@pytest.mark.slow
async def test_the_circuit_breaker_ends_a_deployment_and_rolls_it_back(embedded):
    statuses = set()
    for _ in range(60):
        embedded.advance(20)
        statuses.add((await newest(embedded))["status"])
    assert {"IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"} <= statuses
    ended = await newest(embedded)
    assert ended["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 4, "threshold": 3}
    assert "circuit breaker" in ended["statusReason"]
    assert (await service(embedded))["taskDefinition"].endswith(":42")


@pytest.mark.parametrize(
    ("action", "status", "definition"),
    [
        ({}, "SUCCESSFUL", ":41"),
        ({"action": "CONTINUE"}, "SUCCESSFUL", ":41"),
        ({"action": "ROLLBACK"}, "ROLLBACK_SUCCESSFUL", ":42"),
    ],
)
async def test_a_paused_deployment_waits_and_continues_unless_the_action_says_rollback(
    embedded, action, status, definition
):
    ecs = embedded.world.system.service
    ecs.deploy(f"{names.FAMILY}:41", embedded.clock.now().timestamp(), hook="pause-1")
    wait(embedded, 200)
    paused = await newest(embedded)
    (hook,) = paused["lifecycleHookDetails"]
    assert (hook["status"], paused["status"]) == ("AWAITING_ACTION", "IN_PROGRESS")
    serving = ecs.serving(embedded.clock.now().timestamp())
    assert {task.definition for task in serving} == {names.DEPLOYED}
    asked = {"serviceDeploymentArn": paused["serviceDeploymentArn"], "hookId": hook["hookId"]}
    await ask(embedded.url, "ecs", "ContinueServiceDeployment", **asked, **action)
    wait(embedded, 200)
    assert (await newest(embedded))["status"] == status
    assert (await service(embedded))["taskDefinition"].endswith(definition)
    code, _status, _text = await refused(embedded.url, "ecs", "ContinueServiceDeployment", **asked)
    assert code == "InvalidParameterException"


async def test_task_definitions_are_listed_by_status_and_inactive_ones_cannot_be_deployed(embedded):
    url, family = embedded.url, names.FAMILY
    page = await ask(url, "ecs", "ListTaskDefinitions", familyPrefix=family, sort="DESC", maxResults=10)
    assert page["taskDefinitionArns"][0].endswith(":42")
    rest = await ask(
        url, "ecs", "ListTaskDefinitions", familyPrefix=family, sort="DESC", nextToken=page["nextToken"]
    )
    assert [arn.rsplit(":", 1)[1] for arn in rest["taskDefinitionArns"]] == ["32", "31"]
    inactive = await ask(url, "ecs", "ListTaskDefinitions", familyPrefix=family, status="INACTIVE")
    assert len(inactive["taskDefinitionArns"]) == 30
    described = await ask(url, "ecs", "DescribeTaskDefinition", taskDefinition=f"{family}:41")
    assert described["taskDefinition"]["containerDefinitions"][0]["image"] == f"{IMAGE}:2.14.2"
    for operation, params in (
        ("DescribeTaskDefinition", {"taskDefinition": f"{family}:30"}),
        ("UpdateService", {**OF, "taskDefinition": f"{family}:30"}),
    ):
        assert (await refused(url, "ecs", operation, **params))[0] == "ClientException"
    await ask(url, "ecs", "DeregisterTaskDefinition", taskDefinition=f"{family}:42")
    newest_active = await ask(url, "ecs", "DescribeTaskDefinition", taskDefinition=family)
    assert newest_active["taskDefinition"]["revision"] == 41
    used = await ask(url, "ecs", "DescribeTaskDefinition", taskDefinition=f"{family}:42")
    assert used["taskDefinition"]["status"] == "INACTIVE", "a running service references it"


@pytest.mark.scenario("bad-deploy")
async def test_a_bad_release_causes_errors_until_it_is_rolled_back(embedded):
    for _ in range(8):
        embedded.advance(60)
    assert (await newest(embedded))["status"] == "SUCCESSFUL"
    assert (await service(embedded))["taskDefinition"].endswith(":43")
    assert (await alarms(embedded))["alb-5xx-error-rate"] == "ALARM"
    await ask(embedded.url, "ecs", "UpdateService", **OF, taskDefinition=names.DEPLOYED)
    for _ in range(8):
        embedded.advance(60)
    assert (await newest(embedded))["status"] == "SUCCESSFUL"
    assert (await alarms(embedded))["alb-5xx-error-rate"] == "OK"


async def test_the_fargate_quota_has_a_value_and_a_default(embedded):
    asked = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538"}
    values = [
        (await ask(embedded.url, "service-quotas", operation, **asked))["Quota"]["Value"]
        for operation in ("GetServiceQuota", "GetAWSDefaultServiceQuota")
    ]
    assert values == [16.0, 6.0]
    other = {"ServiceCode": "fargate", "QuotaCode": "L-0"}
    code, _status, _text = await refused(embedded.url, "service-quotas", "GetServiceQuota", **other)
    assert code == "NoSuchResourceException"
