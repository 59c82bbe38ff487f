"""Every cause that is described can be drawn, sets off its alarm and shows what AWS would show, over HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest

from services.clock import ManualClock
from services.demo import names, scenario
from services.demo.cloudwatch.alarms.states import State
from services.demo.ec2 import DATABASE_GROUP, TASKS_GROUP
from services.demo.front.app import Front, Server
from services.demo.incidents import drawing
from tests.services.demo.client import ask, sums
from tests.tools.incident_worlds import IncidentWorld, healthy_world, incident_world

CAUSES = [(name, cause) for name in drawing.ALARMS for cause in drawing.causes(name)]
SEEDS = range(3)
OF_SERVICE = {"cluster": names.CLUSTER, "services": [names.SERVICE]}


@contextmanager
def served(world: IncidentWorld) -> Iterator[str]:
    """The address of a world."""
    server = Server(Front(lambda: world.world))
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
    assert not server.failures


@pytest.mark.slow
@pytest.mark.parametrize(("name", "cause"), CAUSES)
def test_a_cause_sets_off_the_alarm_of_its_scenario(name, cause):
    # A cause need not set it off with every seed.
    world = next(each for each in (incident_world(cause, seed, name) for seed in SEEDS) if each.is_firing)
    assert world.scenario.causes == (cause,)
    assert world.began - timedelta(minutes=6) < world.moment < world.began + timedelta(minutes=16)
    assert world.moment <= world.world.clock.now()


def test_a_seed_draws_the_same_world_again_and_every_cause_in_time():
    assert drawing.draw("alb-5xx", 7) == drawing.draw("alb-5xx", 7)
    causes = {drawing.draw("alb-5xx", seed).causes[0] for seed in range(200)}
    assert causes == set(drawing.causes("alb-5xx"))
    with pytest.raises(LookupError, match="does not set off"):
        drawing.draw("rds-storage", 1, ["third-party"])
    with pytest.raises(LookupError, match="alb-5xx"):
        drawing.draw("ordinary-day", 1)


def test_without_a_seed_nothing_is_drawn():
    assert all(scenario.load(name).causes == () for name in drawing.ALARMS)


@pytest.mark.parametrize("seed", range(2))
def test_a_healthy_world_has_no_cause(seed):
    world = healthy_world(seed)
    assert world.causes == world.scenario.causes == ()


@pytest.mark.slow
async def test_two_causes_at_a_time_both_show():
    world = incident_world(("database-full", "tasks-cannot-start"), 1)
    with served(world) as url:
        instance = (await ask(url, "rds", "DescribeDBInstances"))["DBInstances"][0]
        stopped_arns = await ask(url, "ecs", "ListTasks", cluster=names.CLUSTER, desiredStatus="STOPPED")
    assert instance["DBInstanceStatus"] == "storage-full"
    assert stopped_arns["taskArns"]
    assert world.is_firing


async def tasks_of(url: str) -> list[dict[str, Any]]:
    """The stopped tasks as ECS describes them."""
    arns = await ask(url, "ecs", "ListTasks", cluster=names.CLUSTER, desiredStatus="STOPPED")
    if not arns["taskArns"]:
        return []
    answer = await ask(url, "ecs", "DescribeTasks", cluster=names.CLUSTER, tasks=arns["taskArns"])
    tasks: list[dict[str, Any]] = answer["tasks"]
    return tasks


async def test_tasks_that_run_out_of_memory_tell_how_they_ended():
    with served(incident_world("out-of-memory", 3)) as url:
        exits = [task for task in await tasks_of(url) if task["stopCode"] == "EssentialContainerExited"]
        service = (await ask(url, "ecs", "DescribeServices", **OF_SERVICE))["services"][0]
    assert exits
    for task in exits:
        container = task["containers"][0]
        assert container["exitCode"] == 137
        assert "OutOfMemoryError" in container["reason"]
        assert task["startedBy"] == service["deployments"][0]["id"]
        assert task["startedAt"] < task["stoppingAt"] == task["stoppedAt"]


@pytest.mark.slow
async def test_tasks_that_do_not_start_have_a_reason_and_no_exit_code():
    kinds = set()
    for seed in range(6):
        with served(incident_world("tasks-cannot-start", seed)) as url:
            failed = [task for task in await tasks_of(url) if task["stopCode"] == "TaskFailedToStart"]
            service = (await ask(url, "ecs", "DescribeServices", **OF_SERVICE))["services"][0]
        assert service["runningCount"] < service["desiredCount"]
        unplaced = any("was unable to place a task" in event["message"] for event in service["events"])
        kinds.add("unplaced" if unplaced else "failed")
        assert unplaced or failed
        for task in failed:
            assert "startedAt" not in task
            assert "exitCode" not in task["containers"][0]
            assert "Error" in task["stoppedReason"] or "Timeout" in task["stoppedReason"]
    assert kinds == {"unplaced", "failed"}


@pytest.mark.slow
async def test_a_network_change_shows_in_the_groups_and_later_in_the_trail():
    for seed in range(5):
        world = incident_world("network-change", seed)
        removed = next(each for each in world.scenario.effects if each.kind == "network")
        with served(world) as url:
            service = (await ask(url, "ecs", "DescribeServices", **OF_SERVICE))["services"][0]
            instance = (await ask(url, "rds", "DescribeDBInstances"))["DBInstances"][0]
            of_tasks = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
            of_database = [each["VpcSecurityGroupId"] for each in instance["VpcSecurityGroups"]]
            answer = await ask(url, "ec2", "DescribeSecurityGroups", GroupIds=[*of_tasks, *of_database])
            events = await ask(url, "cloudtrail", "LookupEvents", StartTime=world.began - timedelta(hours=1))
        assert (of_tasks, of_database) == ([TASKS_GROUP], [DATABASE_GROUP])
        groups = {group["GroupId"]: group for group in answer["SecurityGroups"]}
        lets_in = [
            pair["GroupId"]
            for rule in groups[DATABASE_GROUP]["IpPermissions"]
            for pair in rule["UserIdGroupPairs"]
        ]
        assert lets_in == ([] if removed.removed == "database-ingress" else [TASKS_GROUP])
        assert bool(groups[TASKS_GROUP]["IpPermissionsEgress"]) is (removed.removed != "tasks-egress")
        writes = {event["EventName"] for event in events["Events"]} & {
            "RevokeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "ModifySecurityGroupRules",
        }
        delivered = world.world.clock.now() - timedelta(minutes=5)
        assert bool(writes) is (world.began + timedelta(seconds=removed.at) <= delivered)


@pytest.mark.slow
async def test_only_the_new_tasks_log_what_was_deployed():
    world = next(
        each
        for each in (incident_world("bad-deployment", seed) for seed in range(20))
        if any(effect.kind == "deploy" and effect.errors for effect in each.scenario.effects)
    )
    with served(world) as url:
        errors = await ask(
            url,
            "logs",
            "FilterLogEvents",
            logGroupName=names.APP_LOG,
            startTime=int(world.began.timestamp() - 300) * 1000,
            filterPattern='{ $.level = "ERROR" && $.statusCode = 500 }',
        )
        running_arns = await ask(url, "ecs", "ListTasks", cluster=names.CLUSTER, desiredStatus="RUNNING")
        tasks = await ask(url, "ecs", "DescribeTasks", cluster=names.CLUSTER, tasks=running_arns["taskArns"])
    new = {
        task["taskArn"].rsplit("/", 1)[1]
        for task in tasks["tasks"]
        if task["taskDefinitionArn"].endswith(":43")
    }
    streams = {event["logStreamName"].rsplit("/", 1)[1] for event in errors["events"]}
    assert streams
    assert streams <= new


@pytest.mark.slow
async def test_a_zone_in_trouble_is_the_only_one_with_unhealthy_targets():
    shifted = set()
    for seed in range(5):
        with served(incident_world("availability-zone", seed)) as url:
            answer = await ask(url, "elbv2", "DescribeTargetHealth", TargetGroupArn=names.GROUP_ARN)
        bad = [
            row for row in answer["TargetHealthDescriptions"] if row["TargetHealth"]["State"] == "unhealthy"
        ]
        assert len({row["Target"]["AvailabilityZone"] for row in bad}) == 1
        assert len(bad) < len(answer["TargetHealthDescriptions"])
        shifted |= {row.get("AdministrativeOverride", {}).get("State") for row in bad}
    assert shifted == {None, "zonal_shift_active"}


async def counts(url: str, metric: str, world: IncidentWorld, ago: timedelta = timedelta(0)) -> list[float]:
    """Sums by the minute of the hour before an incident."""
    end = world.began - ago
    dimensions = [("LoadBalancer", names.BALANCER)]
    return await sums(url, "AWS/ApplicationELB", metric, dimensions, end - timedelta(hours=1), end)


@pytest.mark.slow
async def test_the_same_hour_a_week_ago_was_ordinary():
    world = incident_world("traffic-surge", 2)
    with served(world) as url:
        then = await counts(url, "RequestCount", world, timedelta(days=7))
        again = await counts(url, "RequestCount", world, timedelta(days=7))
        errors = await counts(url, "HTTPCode_ELB_5XX_Count", world, timedelta(days=7))
    assert len(then) >= 59
    assert then == again
    assert max(then) < 200
    assert errors == []


def test_the_control_path_tells_what_is_true():
    world = incident_world("dns-tls", 4)
    with served(world) as url, urlopen(f"{url}/_toban/truth") as answer:
        truth = json.load(answer)
    assert truth == {"causes": ["dns-tls"], "red_herrings": list(world.scenario.red_herrings), "seed": 4}


@pytest.mark.parametrize(
    "scenario", [name for name in drawing.ALARMS if "bad-deployment" in drawing.causes(name)]
)
@pytest.mark.parametrize("seed", range(3))
def test_rolling_back_a_bad_deployment_ends_what_it_brought(scenario, seed):
    incident = incident_world("bad-deployment", seed, scenario)
    alarm = next(each for each in incident.world.alarms.alarms.values() if each.name == incident.alarm)
    clock = incident.world.clock
    assert isinstance(clock, ManualClock)
    assert incident.world.system is not None
    service = incident.world.system.service
    service.deploy(names.DEPLOYED, clock.now().timestamp())
    for _minute in range(12):
        clock.advance(60)
        incident.world.tick()
    assert alarm.state is State.OK
