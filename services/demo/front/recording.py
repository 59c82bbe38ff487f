"""Source: "CloudTrail record contents" (CloudTrail user guide)."""

from random import Random
from typing import Any

from services.demo.account import CALLER
from services.demo.cloudtrail import DELIVERY, TrailStore
from services.demo.iam import AccessKeyStore
from services.demo.registry import WorldView
from services.demo.trail_records import GLOBAL_REGION, GLOBAL_SOURCES, OFFICE, change

_SOURCES = {
    "application-autoscaling": "autoscaling",
    "cloudfront": "cloudfront",
    "cloudwatch": "monitoring",
    "ecs": "ecs",
    "iam": "iam",
    "rds": "rds",
}
_READS = ("Describe", "Get", "List")
_UNRECORDED = ("Throttling", "ExpiredToken")
_NAMING = ("DBInstanceIdentifier", "UserName", "service", "ResourceId", "AlarmMuteRuleName", "Name")
"""Parameters that name the resource, the first one that a request has."""
_OPERATOR = CALLER.rsplit("/", 2)[-2]


def record(
    world: WorldView,
    service: str,
    operation: str,
    params: dict[str, Any],
    region: str,
    *,
    access_key: str,
    agent: str,
    request_id: str,
    response: dict[str, Any] | None = None,
    error: str = "",
) -> None:
    """Record one request that was answered; the caller holds the world's lock. Of reads, only that there were some."""
    store, now = world.component(TrailStore), world.run.now
    if service not in _SOURCES or error.startswith(_UNRECORDED):
        return
    source = f"{_SOURCES[service]}.amazonaws.com"
    if operation.startswith(_READS):
        where = GLOBAL_REGION if source in GLOBAL_SOURCES else region
        if all(now - at >= DELIVERY for place, at in store.reads if place == where):
            store.reads.append((where, now))
        return
    owner = world.component(AccessKeyStore).find(access_key)
    event = change(
        Random(request_id),
        now,
        operation,
        source,
        owner[0] if owner is not None else _OPERATOR,
        OFFICE.format(4),
        region,
        resource=next((str(params[name]) for name in _NAMING if name in params), ""),
        error=error,
        access_key=access_key,
        more={
            "userAgent": agent,
            "requestID": request_id,
            "requestParameters": _as_recorded(params),
            "responseElements": _response(operation, response or {}),
        },
    )
    store.scenario_entries.append(event)


def _as_recorded(value: Any) -> Any:
    """Parameters with keys as CloudTrail writes them: `dBInstanceIdentifier`."""
    if isinstance(value, dict):
        return {f"{key[:1].lower()}{key[1:]}": _as_recorded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_as_recorded(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _response(operation: str, response: dict[str, Any]) -> dict[str, Any] | None:
    """What is recorded of a response, as far as anything reads it; never a secret."""
    if operation == "CreateAccessKey" and response:
        key = {name: part for name, part in response["AccessKey"].items() if name != "SecretAccessKey"}
        return {"accessKey": _as_recorded(key)}
    if operation == "UpdateService" and response:
        deployments = response.get("service", {}).get("deployments", ())
        return {
            "service": {
                "deployments": [{name: each.get(name) for name in ("id", "status")} for each in deployments]
            }
        }
    return None
