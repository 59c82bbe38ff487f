import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.allowed_operations import READS
from services.aws.client.assumed_role import POLICY_LIMIT
from services.changes.registry import CHANGES, change_class
from services.models.aws_calls import aws_call
from services.policy.arns import Arns
from services.policy.declared import operations
from services.policy.permissions import is_known_write
from services.policy.session import RESOURCES, session_policy
from services.runbook.loader import load_builtin
from tests.services.changes.change_world import SERVICE, desk
from tests.services.policy.iam import is_allowed

ARNS = Arns(load_builtin("facility-prod"))
HERE = "ap-northeast-1:123456789012"
DEPLOYMENT = f"arn:aws:ecs:{HERE}:service-deployment/facility-prod-cluster/staff-api/{{}}"
SCALING = f"arn:aws:application-autoscaling:{HERE}:scalable-target/*"
DATABASE = f"arn:aws:rds:{HERE}:db:{{}}"
USER = "arn:aws:iam::123456789012:user/{}"
RULE = f"arn:aws:cloudwatch:{HERE}:alarm-mute-rule:{{}}"
GITHUB = "github"  # The service that IAM does not govern
"""IAM's names of services where they differ from botocore's."""
TARGETS = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


def _samples(name):
    """By write: parameters that name the resource `name`, and the ARNs that AWS checks for them."""
    target = {**TARGETS, "ResourceId": f"service/facility-prod-cluster/{name}"}
    key = {"UserName": name, "AccessKeyId": "AKIAEXAMPLE000000001"}
    database, user, rule = DATABASE.format(name), USER.format(name), RULE.format(name)
    deployment = DEPLOYMENT.format(name)
    return {
        ("application-autoscaling", "RegisterScalableTarget"): (target | {"MaxCapacity": 10}, [SCALING]),
        ("application-autoscaling", "PutScheduledAction"): (target | {"ScheduledActionName": "toban"}, [SCALING]),
        ("application-autoscaling", "DeleteScheduledAction"): (target | {"ScheduledActionName": "toban"}, [SCALING]),
        ("cloudfront", "CreateInvalidation"): (
            {"DistributionId": name, "InvalidationBatch": {}}, [f"arn:aws:cloudfront::123456789012:distribution/{name}"]),
        ("cloudwatch", "PutAlarmMuteRule"): (
            {"Name": name, "MuteTargets": {"AlarmNames": [f"alarm-{name}", "also"]}},
            [rule, f"arn:aws:cloudwatch:{HERE}:alarm:alarm-{name}"]),
        ("cloudwatch", "DeleteAlarmMuteRule"): ({"AlarmMuteRuleName": name}, [rule]),
        ("ecs", "UpdateService"): (
            {"cluster": "facility-prod-cluster", "service": name, "desiredCount": 3},
            [f"arn:aws:ecs:{HERE}:service/facility-prod-cluster/{name}"]),
        ("ecs", "StopServiceDeployment"): ({"serviceDeploymentArn": deployment}, [deployment]),
        ("ecs", "ContinueServiceDeployment"): ({"serviceDeploymentArn": deployment}, [deployment]),
        ("iam", "CreateAccessKey"): ({"UserName": name}, [user]),
        ("iam", "UpdateAccessKey"): (key | {"Status": "Inactive"}, [user]),
        ("iam", "DeleteAccessKey"): (key, [user]),
        ("rds", "ApplyPendingMaintenanceAction"): ({"ResourceIdentifier": database}, [database]),
        ("rds", "CreateDBSnapshot"): (
            {"DBInstanceIdentifier": name, "DBSnapshotIdentifier": f"toban-{name}"},
            [database, f"arn:aws:rds:{HERE}:snapshot:toban-{name}"]),
        ("rds", "DeleteDBInstance"): ({"DBInstanceIdentifier": name}, [database]),
        ("rds", "ModifyDBInstance"): ({"DBInstanceIdentifier": name}, [database]),
        ("rds", "RebootDBInstance"): ({"DBInstanceIdentifier": name}, [database]),
        ("rds", "RestoreDBInstanceFromDBSnapshot"): (
            {"DBInstanceIdentifier": name, "DBSnapshotIdentifier": f"toban-{name}", "DBSubnetGroupName": name,
             "DBParameterGroupName": name},
            [database, *(f"arn:aws:rds:{HERE}:{each}" for each in (f"snapshot:toban-{name}", f"pg:{name}", f"subgrp:{name}"))]),
    }  # fmt: skip


OURS, FOREIGN = _samples("ours"), _samples("foreign")


def call_of(write, params):
    return aws_call(*write, "ap-northeast-1", params)


def allows(policy, write, resources):
    """Whether a role that may do everything could send the request with this session policy."""
    service, operation = write
    action = f"{service}:{operation}"
    return all(is_allowed(json.loads(policy), action, resource) for resource in resources)


def test_every_write_of_every_change_has_its_resources():
    declared = {call for kind in CHANGES for call in operations(change_class(kind).calls)}
    writes = {write for write in declared - READS if write[0] not in (GITHUB, "local")}
    assert set(RESOURCES) == set(OURS) == writes
    assert all(is_known_write(*write) for write in writes)


@pytest.mark.parametrize("write", OURS, ids=":".join)
def test_a_session_may_send_this_request_and_no_other(write):
    params, resources = OURS[write]
    policy = session_policy([call_of(write, params)], ARNS)
    assert allows(policy, write, resources)
    for other, (_params, its) in {**OURS, **{(*k, "foreign"): v for k, v in FOREIGN.items()}}.items():
        if (other[:2], its) != (write, resources):
            assert not allows(policy, other[:2], its), other
    for service, operation in READS:
        assert not allows(policy, (service, operation), ["*"])


def test_a_plan_of_several_requests_gets_all_of_them_and_nothing_across():
    both = [("ecs", "UpdateService"), ("rds", "ModifyDBInstance")]
    policy = session_policy([call_of(write, OURS[write][0]) for write in both], ARNS)
    assert all(allows(policy, write, OURS[write][1]) for write in both)
    assert not allows(policy, both[0], OURS[both[1]][1])
    assert not allows(policy, both[1], OURS[both[0]][1])


@pytest.mark.parametrize(
    ("params", "passes"), [({"taskDefinition": "api:41"}, True), ({"desiredCount": 4}, False)]
)
def test_roles_are_passed_only_where_a_task_definition_is_named(params, passes):
    call = call_of(("ecs", "UpdateService"), {"cluster": "c", "service": "s", **params})
    policy = session_policy([call], ARNS)
    assert ("iam:PassRole" in _actions(policy)) is passes
    assert not passes or "ecs-tasks.amazonaws.com" in policy


def test_scaling_is_cut_to_tasks_of_services():
    write = ("application-autoscaling", "RegisterScalableTarget")
    (statement,) = json.loads(session_policy([call_of(write, OURS[write][0])], ARNS))["Statement"]
    assert statement["Condition"]["StringEquals"] == {
        "application-autoscaling:service-namespace": "ecs",
        "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
    }


NAMES = st.text(st.sampled_from("ab*?${}é検"), min_size=1, max_size=6)


@given(NAMES, NAMES)
def test_a_name_is_never_a_pattern(ours, other):
    write = ("cloudwatch", "DeleteAlarmMuteRule")
    policy = session_policy([call_of(write, {"AlarmMuteRuleName": ours})], ARNS)
    assert policy.isascii()
    assert allows(policy, write, [RULE.format(ours)])
    assert allows(policy, write, [RULE.format(other)]) is (ours == other)


PARAMETERS: dict[str, dict[str, str]] = {
    "task-limit": {"max": "10", "revert": "aws", "revert_at": "2026-01-14 17:00"},
    "desired-count": {"desired": "3"},
    "alarm-mute": {"reason": "maintenance"},
}


@pytest.mark.scenario("ordinary-day", history=3600)
async def test_the_plan_of_every_kind_fits_and_its_session_may_send_it(embedded, tmp_path):
    planned: dict[str, str] = {}
    async with desk(embedded, tmp_path / "j.db") as one:
        for kind in CHANGES:
            change = one.engine.changes[kind.id]
            if not change.targets():  # the deletion of what a drill restores
                continue
            target = change.targets()[0]
            defaults = {each.id: each.default for each in await change.parameters(target)}
            plan = await one.engine.plan(kind.id, target.id, defaults | PARAMETERS.get(kind.id, {}))
            calls = [step.call for step in plan.steps if change.transport(step) is None]
            policy = session_policy(calls, ARNS)
            assert len(policy) <= POLICY_LIMIT
            for call in calls:
                write = (call.service, call.operation)
                resources = list(RESOURCES[write](ARNS, call.params))
                assert allows(policy, write, [_plain(each) for each in resources])
                planned[kind.id] = policy
    # What one plan may do, the plan of another kind may not, unless both send the same request.
    for id, policy in planned.items():
        for other, its in planned.items():
            same = _actions(policy) & _actions(its)
            for action in _actions(its) - same:
                assert not is_allowed(json.loads(policy), action), (id, other)
    assert len(planned) >= len(CHANGES) - 2, set(planned)
    assert SERVICE


def _actions(policy):
    return {action for each in json.loads(policy)["Statement"] for action in each["Action"]}


def _plain(pattern):
    return pattern.replace("${*}", "*").replace("${?}", "?")
