"""What an administrator creates once, as a CloudFormation template: the queue, who may fill it, and the rules that do.

Toban itself has no right to create anything. Source: AWS::SQS::Queue, AWS::SQS::QueuePolicy, AWS::Events::Rule (AWS
CloudFormation user guide), "Amazon SQS permissions" (Amazon EventBridge user guide).
"""

import json
from collections.abc import Mapping
from typing import Any

from services.aws.sqs import WAIT
from services.models.runbook import Runbook
from services.models.runbook_events import queue_place
from services.policy.arns import Arns
from services.policy.documents import VERSION

RETENTION = 4 * 24 * 3600
"""Seconds for which the queue keeps what no console receives."""
VISIBILITY = 120
"""Seconds until a message that was received and not deleted is delivered again."""
_QUEUE = "EventQueue"


def queue_name(runbook: Runbook) -> str:
    place = queue_place(runbook.events.queue_url) if runbook.events is not None else None
    return place.name if place is not None else f"toban-{runbook.system.id}-events"[:80]


def queue_url(runbook: Runbook) -> str:
    if runbook.events is not None:
        return runbook.events.queue_url
    arns = Arns(runbook)
    domain = "amazonaws.com.cn" if arns.partition == "aws-cn" else "amazonaws.com"
    return f"https://sqs.{arns.region}.{domain}/{arns.account}/{queue_name(runbook)}"


def template(runbook: Runbook) -> str:
    rules = {name: _rule(pattern) for name, pattern in _patterns(runbook).items()}
    document = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Events of AWS for Toban, system {runbook.system.id}",
        "Resources": {
            _QUEUE: {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": queue_name(runbook),
                    "MessageRetentionPeriod": RETENTION,
                    "VisibilityTimeout": VISIBILITY,
                    "ReceiveMessageWaitTimeSeconds": WAIT,
                    "SqsManagedSseEnabled": True,
                },
            },
            "EventQueuePolicy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [{"Ref": _QUEUE}], "PolicyDocument": _policy(list(rules))},
            },
            **rules,
        },
        "Outputs": {"QueueUrl": {"Value": {"Ref": _QUEUE}}},
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _policy(rules: list[str]) -> dict[str, Any]:
    queue = {"Fn::GetAtt": [_QUEUE, "Arn"]}
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "OnlyTheseRules",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": [{"Fn::GetAtt": [rule, "Arn"]} for rule in rules]}
                },
            },
            {
                "Sid": "OnlyEncrypted",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": queue,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def _rule(pattern: Mapping[str, Any]) -> dict[str, Any]:
    target = {"Id": "toban", "Arn": {"Fn::GetAtt": [_QUEUE, "Arn"]}}
    return {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern, "Targets": [target]}}


def _patterns(runbook: Runbook) -> dict[str, dict[str, Any]]:
    arns = Arns(runbook)
    patterns: dict[str, dict[str, Any]] = {
        "AlarmRule": {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]},
        "HealthRule": {"source": ["aws.health"]},
    }
    if runbook.ecs is not None:
        cluster = arns.arn("ecs", f"cluster/{runbook.ecs.cluster}")
        patterns["DeploymentRule"] = {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": list(arns.services),
        }
        patterns["TaskRule"] = {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {"clusterArn": [cluster], "lastStatus": ["STOPPED"]},
        }
    if runbook.rds is not None:
        patterns["DatabaseRule"] = {
            "source": ["aws.rds"],
            "detail": {"SourceIdentifier": [str(runbook.rds.instance)]},
        }
    return patterns
