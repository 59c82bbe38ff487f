"""Messages as EventBridge puts them into a queue."""

import json
from typing import Any

ACCOUNT = "123456789012"
REGION = "ap-northeast-1"
_BASE = {"version": "0", "account": ACCOUNT, "region": REGION, "time": "2026-01-14T03:00:00Z"}


def _event(id: str, source: str, type: str, detail: dict[str, Any], resources: list[str], **more: Any) -> str:
    event = {
        **_BASE,
        "id": id,
        "source": source,
        "detail-type": type,
        "resources": resources,
        "detail": detail,
    }
    return json.dumps({**event, **more})


def alarm(id: str = "a-1", name: str = "alb-5xx", state: str = "ALARM", **more: Any) -> str:
    detail = {
        "alarmName": name,
        "state": {
            "value": state,
            "reason": "Threshold Crossed: 1 datapoint [7.0] was > 5.0",
            "reasonData": "{}",
        },
        "previousState": {"value": "OK", "reason": "ok"},
        "configuration": {"metrics": []},
    }
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
    return _event(id, "aws.cloudwatch", "CloudWatch Alarm State Change", detail, [arn], **more)


def deployment(id: str = "d-1", name: str = "SERVICE_DEPLOYMENT_FAILED") -> str:
    detail = {
        "eventType": "ERROR",
        "eventName": name,
        "deploymentId": "ecs-svc/123",
        "updatedAt": "2026-01-14T03:00:00Z",
        "reason": "ECS deployment circuit breaker: task failed to start.",
    }
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/facility/api"
    return _event(id, "aws.ecs", "ECS Deployment State Change", detail, [arn])


def task(id: str = "t-1", status: str = "STOPPED", reason: str = "OutOfMemoryError", code: int = 137) -> str:
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/facility/c13b4cb40f1f4fe4a2971f76ae5a47ad"
    detail = {
        "clusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/facility",
        "containers": [
            {"name": "log-router", "exitCode": 0, "lastStatus": "STOPPED"},
            {
                "name": "api",
                "exitCode": code,
                "reason": "OutOfMemoryError: Container killed due to memory usage",
            },
        ],
        "group": "service:api",
        "lastStatus": status,
        "desiredStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": reason,
        "taskArn": arn,
    }
    return _event(id, "aws.ecs", "ECS Task State Change", detail, [arn])


def database(id: str = "r-1") -> str:
    detail = {
        "EventCategories": ["failover"],
        "SourceType": "DB_INSTANCE",
        "SourceIdentifier": "facility-prod-db",
        "Message": "A Multi-AZ failover has completed.",
        "EventID": "RDS-EVENT-0049",
    }
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:facility-prod-db"
    return _event(id, "aws.rds", "RDS DB Instance Event", detail, [arn])


def health(id: str = "h-1") -> str:
    detail = {
        "service": "ECS",
        "eventTypeCode": "AWS_ECS_OPERATIONAL_ISSUE",
        "eventTypeCategory": "issue",
        "eventDescription": [{"language": "en_US", "latestDescription": "We are investigating."}],
    }
    return _event(id, "aws.health", "AWS Health Event", detail, [])
