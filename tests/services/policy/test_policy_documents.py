import json
import re

import pytest

from services.aws.client.allowed_operations import READS
from services.changes.registry import CHANGES, change_class
from services.models.runbook import ChangeCalendar, JournalSpec
from services.policy.arns import Arns
from services.policy.declared import Declared, declared, operations
from services.policy.documents import POLICIES, SECOND_FACTOR, document
from services.policy.permissions import is_known_write, permissions_of
from services.runbook.loader import load_builtin
from tests.services.policy.iam import allowed_actions, is_allowed
from tui.panel_registry import PANELS

BOOK = load_builtin("facility-prod")
PANEL_CALLS = tuple(call for panel in PANELS for call in panel.calls)
PLACE = "ap-northeast-1:123456789012"
LARGEST = 6144  # Characters of a managed policy, without white space (IAM quotas)
ROTATION = Declared(
    reads=frozenset(),
    writes=frozenset(),
    rotation=frozenset({("iam", "ListAccessKeys"), ("iam", "CreateAccessKey"), ("iam", "DeleteAccessKey")}),
    journal=frozenset(),
)


def policy(name, runbook=BOOK):
    return document(name, runbook, panels=PANEL_CALLS)


def arn(service, resource):
    return f"arn:aws:{service}:{PLACE}:{resource}"


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_is_one_that_iam_takes(name):
    book = BOOK.model_copy(update={"journal": JournalSpec(log_group="/toban", log_stream="hashes")})
    printed = policy(name, book)
    assert printed["Version"] == "2012-10-17"
    text = json.dumps(printed, separators=(",", ":"))
    assert len(text) <= LARGEST
    ids = [statement["Sid"] for statement in printed["Statement"]]
    assert len(ids) == len(set(ids))
    for statement in printed["Statement"]:
        assert re.fullmatch(r"[A-Za-z0-9]+", statement["Sid"])
        assert statement["Effect"] in ("Allow", "Deny")
        assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+\*?", action) for action in statement["Action"])
        resources = statement.get("Resource") or statement["NotResource"]
        assert all(each == "*" or each.startswith("arn:aws:") for each in resources)


def test_reading_never_changes_anything():
    reads = {each.action for call in READS for each in permissions_of(*call, Arns(BOOK))}
    assert allowed_actions(policy("read")) <= reads
    assert not is_allowed(policy("read"), "logs:Unmask", arn("logs", "log-group:/ecs/staff-api"))


@pytest.mark.parametrize("name", ["operate", "rotate"])
def test_every_write_needs_a_second_factor_and_a_resource(name):
    statements = [each for each in policy(name)["Statement"] if each["Effect"] == "Allow"]
    for statement in statements:
        if statement["Sid"].startswith("ReadKeys"):
            continue
        assert statement["Condition"].items() >= SECOND_FACTOR.items()
        assert "*" not in statement["Resource"]


@pytest.mark.parametrize(
    ("context", "allowed"),
    [
        ({}, False),
        ({"aws:TokenIssueTime": "now", "aws:MultiFactorAuthPresent": "false"}, False),
        ({"aws:TokenIssueTime": "now", "aws:MultiFactorAuthPresent": "true"}, True),
        ({"aws:TokenIssueTime": "now"}, True),
    ],
    ids=["access key", "session without MFA", "session with MFA", "role, whose trust policy asks for MFA"],
)
def test_writes_need_a_session_and_its_second_factor(context, allowed):
    for statement in policy("operate")["Statement"]:
        if statement["Effect"] == "Allow":
            conditions = statement["Condition"]
            (present,) = conditions["BoolIfExists"].items()
            (absent,) = conditions["Null"].items()
            holds = context.get(present[0], present[1]) == present[1]
            holds &= str(absent[0] not in context).lower() == absent[1]
            assert holds is allowed


def test_a_change_is_allowed_on_the_runbooks_resources_alone():
    operate = policy("operate")
    ours, foreign = "distribution/E1234567890ABC", "distribution/E0OTHER"
    action = "cloudfront:CreateInvalidation"
    assert is_allowed(operate, action, f"arn:aws:cloudfront::123456789012:{ours}")
    assert not is_allowed(operate, action, f"arn:aws:cloudfront::123456789012:{ours}", mfa=False)
    assert not is_allowed(operate, action, f"arn:aws:cloudfront::123456789012:{foreign}")
    for action in ("cloudwatch:PutAlarmMuteRule", "cloudwatch:DeleteAlarmMuteRule"):
        assert is_allowed(operate, action, arn("cloudwatch", "alarm-mute-rule:toban-01kex08gm0"))
        assert not is_allowed(operate, action, arn("cloudwatch", "alarm-mute-rule:night"))
    assert is_allowed(operate, "cloudwatch:PutAlarmMuteRule", arn("cloudwatch", "alarm:rds-cpu-high"))
    assert not is_allowed(operate, "cloudwatch:PutAlarmMuteRule", arn("cloudwatch", "alarm:other"))


def test_only_an_instance_of_a_drill_that_bears_our_tag_is_deleted():
    operate, drill = policy("operate"), arn("rds", "db:facility-prod-db-drill-20260128-0abcdefg")
    assert is_allowed(operate, "rds:DeleteDBInstance", drill)
    assert not is_allowed(operate, "rds:DeleteDBInstance", drill, tagged=False)
    everything = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
    beside = {"Statement": [everything, *operate["Statement"]]}
    assert not is_allowed(beside, "rds:DeleteDBInstance", drill, tagged=False)
    for name in ("facility-prod-db", "other-drill-20260128-0abcdefg"):
        assert not is_allowed(operate, "rds:DeleteDBInstance", arn("rds", f"db:{name}"))
        assert not is_allowed(beside, "rds:DeleteDBInstance", arn("rds", f"db:{name}"))
    restore = "rds:RestoreDBInstanceFromDBSnapshot"
    for resource in (drill, arn("rds", "snapshot:rds:facility-prod-db-2026-01-27"), arn("rds", "subgrp:any")):
        assert is_allowed(operate, restore, resource)
        assert not is_allowed(operate, restore, resource, tagged=False), "never without the tag"
    assert not is_allowed(operate, restore, arn("rds", "db:facility-prod-db"))
    assert is_allowed(operate, "rds:AddTagsToResource", drill)
    assert is_allowed(operate, "rds:RebootDBInstance", arn("rds", "db:facility-prod-db"))


@pytest.mark.parametrize(
    "action",
    [
        "rds:DeleteDBSnapshot",
        "s3:DeleteObject",
        "cloudtrail:StopLogging",
        "ecs:DeleteService",
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "iam:DeleteAccessKey",
    ],
)
def test_the_operator_is_denied_what_no_change_does(action):
    everything = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
    denied = {"Statement": [everything, *policy("operate")["Statement"]]}
    assert is_allowed(denied, "rds:DescribeDBInstances")
    assert is_allowed(denied, "iam:ListUsers"), "the policy for reading stays in force beside it"
    assert not is_allowed(denied, action, arn("any", "resource"))


def test_logs_are_read_in_the_runbooks_groups_alone():
    read = policy("read")
    for action in ("logs:FilterLogEvents", "logs:StartQuery"):
        for group in BOOK.log_groups:
            assert is_allowed(read, action, arn("logs", f"log-group:{group.id}:log-stream:x"))
        assert not is_allowed(read, action, arn("logs", "log-group:/other:log-stream:x"))


def test_the_change_calendar_of_the_runbook_is_read():
    assert "ssm:GetCalendarState" not in allowed_actions(policy("read"))
    book = BOOK.model_copy(update={"change_calendar": ChangeCalendar(name="facility-freeze")})
    document_arn = arn("ssm", "document/facility-freeze")
    assert is_allowed(policy("read", book), "ssm:GetCalendarState", document_arn)
    assert not is_allowed(policy("read", book), "ssm:GetCalendarState", f"{document_arn}-other")


def test_the_bucket_is_listed_below_the_prefix_alone():
    (statement,) = [each for each in policy("read")["Statement"] if "s3:ListBucket" in each["Action"]]
    assert statement["Resource"] == ["arn:aws:s3:::facility-waf-logs-prod"]
    assert statement["Condition"] == {"StringLike": {"s3:prefix": "waf/*"}}


def test_the_journal_may_append_to_its_stream_and_read_its_group():
    book = BOOK.model_copy(update={"journal": JournalSpec(log_group="/toban", log_stream="hashes")})
    printed = policy("journal", book)
    assert is_allowed(printed, "logs:PutLogEvents", arn("logs", "log-group:/toban:log-stream:hashes"))
    assert not is_allowed(printed, "logs:PutLogEvents", arn("logs", "log-group:/toban:log-stream:other"))
    assert is_allowed(printed, "logs:FilterLogEvents", arn("logs", "log-group:/toban:log-stream:hashes"))
    assert policy("journal")["Statement"] == [], "the runbook names no stream"


def test_keys_are_rotated_by_a_role_of_its_own_for_the_runbooks_user():
    printed = {"Statement": list(POLICIES["rotate"](ROTATION, Arns(BOOK)))}
    user = "arn:aws:iam::123456789012:user/ci-cd-user"
    assert is_allowed(printed, "iam:CreateAccessKey", user)
    assert not is_allowed(printed, "iam:CreateAccessKey", user, mfa=False)
    assert is_allowed(printed, "iam:ListAccessKeys", user, mfa=False)
    assert not is_allowed(printed, "iam:CreateAccessKey", "arn:aws:iam::123456789012:user/root-like")
    assert {action for action in allowed_actions(policy("operate")) if action.startswith("iam:")} == {
        "iam:PassRole"
    }


def test_what_the_runbook_does_not_have_is_not_allowed():
    bare = BOOK.model_copy(
        update={"cdn": None, "rds": None, "waf": None, "ecs": None, "alarms": (), "access_keys": None}
    )
    actions = allowed_actions(policy("read", bare)) | allowed_actions(policy("operate", bare))
    assert "ecs:DescribeServices" not in actions
    assert not [each for each in actions if each.partition(":")[0] in ("cloudfront", "athena", "glue", "s3")]
    assert policy("operate", bare)["Statement"] == []
    assert policy("rotate", bare)["Statement"] == []


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")]
)
def test_other_partitions(region, partition):
    text = json.dumps(document("operate", BOOK, region=region))
    assert f"arn:{partition}:application-autoscaling:{region}:123456789012:" in text
    assert "arn:aws:" not in text or partition == "aws"


def test_every_change_declares_what_it_calls():
    # Writes are allowed on resources that are listed; a new write needs a line in `services.policy.permissions`.
    for kind in CHANGES:
        calls = operations(change_class(kind).calls)
        assert calls, f"{kind.id} declares no calls"
        assert calls & READS, f"{kind.id} reads nothing"
        for write in calls - READS:
            assert is_known_write(*write), f"{kind.id}: {write}"
    assert declared(BOOK).writes


def test_a_rollback_passes_roles_to_tasks_alone():
    (statement,) = [each for each in policy("operate")["Statement"] if "iam:PassRole" in each["Action"]]
    assert statement["Action"] == ["iam:PassRole"]
    assert statement["Resource"] == ["arn:aws:iam::123456789012:role/*"]
    assert statement["Condition"]["StringEquals"] == {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
