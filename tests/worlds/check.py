"""Checks world files: `python -m tests.worlds.check FILES` names file and key of everything that is wrong."""

import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

from services.aws.client.errors import AwsError
from tests.worlds.answers import Variant, WorldReader
from tests.worlds.curves import BALANCER, CLUSTER, ELB, SERVICE, TARGET_GROUP
from tests.worlds.schema import APPLICATION_LOG, BadWorld, World, files, load_file
from tests.worlds.system import ELB_ARN
from tests.worlds.tasks import REGION

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (datetime,),
}
_SERVICE = {"cluster": CLUSTER, "services": [SERVICE]}
_SCALING = {"ServiceNamespace": "ecs", "ResourceId": f"service/{CLUSTER}/{SERVICE}"}


@cache
def _output(service: str, operation: str) -> Shape:
    model = botocore.session.get_session().get_service_model(service)
    shape: Shape = model.operation_model(operation).output_shape
    return shape


def misshapen(value: Any, shape: Shape, where: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            yield f"{where}: must be a table"
            return
        for key, item in value.items():
            if key in shape.members:
                yield from misshapen(item, shape.members[key], f"{where}.{key}")
            else:
                yield f"{where}.{key}: the API has no such key"
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{where}: must be an array"
            return
        for number, item in enumerate(value):
            yield from misshapen(item, shape.member, f"{where}[{number}]")
    elif isinstance(shape, MapShape):
        for key, item in value.items() if isinstance(value, dict) else ():
            yield from misshapen(item, shape.value, f"{where}.{key}")
    elif not isinstance(value, _TYPES.get(shape.type_name, (object,))) or (
        isinstance(value, bool) and shape.type_name != "boolean"
    ):
        yield f"{where}: {value!r} is no {shape.type_name}"


def _requests(reader: WorldReader) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for call in sorted(reader.system.operations):
        service, _colon, operation = call.partition(":")
        yield service, operation, {"taskDefinition": SERVICE} if operation == "DescribeTaskDefinition" else {}
    yield "ecs", "ListTasks", {"desiredStatus": "RUNNING"}
    arns = [
        row["taskArn"]
        for status in ("RUNNING", "STOPPED")
        for row in reader.rollout.described(reader.minute, status)
    ]
    yield "ecs", "DescribeTasks", {"tasks": arns}
    yield "ecs", "ListServiceDeployments", {}
    revisions = [row["serviceRevisionArn"] for row in reader.rollout.revisions(reader.minute)]
    yield "ecs", "DescribeServiceRevisions", {"serviceRevisionArns": revisions}
    deployments = [row["serviceDeploymentArn"] for row in reader.rollout.service_deployments(reader.minute)]
    yield "ecs", "DescribeServiceDeployments", {"serviceDeploymentArns": deployments}
    yield "rds", "DescribeEvents", {"Duration": 180}
    yield "cloudwatch", "DescribeAlarms", {}
    yield "cloudwatch", "ListMetrics", {}
    for group in dict.fromkeys((APPLICATION_LOG, *(item.group for item in reader.world.lines))):
        yield "logs", "FilterLogEvents", {"logGroupName": group, "limit": 100}
    yield "cloudtrail", "LookupEvents", {}
    queries = [
        {"Id": f"m{number}", "MetricStat": {"Metric": row, "Period": 60, "Stat": "Average"}}
        for number, row in enumerate(reader.answer("cloudwatch", "ListMetrics", REGION, {})["Metrics"])
    ]
    span = {"StartTime": reader.now - timedelta(minutes=20), "EndTime": reader.now}
    yield "cloudwatch", "GetMetricData", {"MetricDataQueries": queries, **span}


def _answers(world: World, minute: float, variant: Variant) -> Iterator[str]:
    """What is wrong with the answers at a minute."""
    reader = WorldReader(world, world.at(minute), variant)
    for service, operation, params in _requests(reader):
        where = f"{service}:{operation} at minute {minute:g}"
        try:
            answer = reader.answer(service, operation, REGION, params)
        except (AwsError, NotImplementedError) as error:
            yield f"{where}: {error}"
            continue
        yield from misshapen(answer, _output(service, operation), where)


def _known(world: World) -> Iterator[str]:
    """Keys of phases that cannot have an effect."""
    reader = WorldReader(world, world.at(world.read_at))
    calls = {f"{service}:{operation}" for service, operation, _params in _requests(reader)}
    for number, phase in enumerate(world.phase):
        for call in phase.answers:
            if call not in calls:
                yield f"phase.{number}.answers.{call}: this operation has no default answer"


def _doubts(world: World) -> Iterator[str]:
    reader = WorldReader(world, world.at(world.read_at))
    for number, item in enumerate(world.lines):
        if item.begin > world.read_at or item.to <= item.begin:
            yield f"lines.{number}: none of them is written before the console reads"
        elif item.group == APPLICATION_LOG and not any(
            reader.rollout.streams(item.stream, item.begin + step / 4)
            for step in range(int((item.to - item.begin) * 4))
        ):
            yield f"lines.{number}: no task of this revision ({item.stream}) runs then, so that nothing is written"
    for name in ("trail", "rds_event", "service_event", "activity", "stopped"):
        for number, item in enumerate(getattr(world, name)):
            if item.at > world.read_at:
                yield f"{name}.{number}: later than the console reads"
    if world.alarm.state == "ALARM" and world.alarm.at > world.read_at:
        yield "alarm.at: later than the console reads"
    elb = {"LoadBalancer": BALANCER, "TargetGroup": TARGET_GROUP}
    last = int(reader.now.timestamp()) // 60 - 1
    healthy = dict(reader.metrics.points(ELB, "HealthyHostCount", "Minimum", elb, last, last + 1)).get(last)
    rows = reader.answer(
        "elbv2", "DescribeTargetHealth", REGION, {"TargetGroupArn": f"{ELB_ARN}:{TARGET_GROUP}"}
    )
    count = sum(row["TargetHealth"]["State"] == "healthy" for row in rows["TargetHealthDescriptions"])
    if healthy is not None and healthy != count:
        yield f"HealthyHostCount is {healthy:g} at read_at, but DescribeTargetHealth shows {count} healthy targets"


def problems(world: World) -> list[str]:
    hits = list(_known(world))
    minutes = {world.read_at, -30.0, 0.0, world.read_at / 2, *(phase.begin for phase in world.phase)}
    if world.deployment is not None:
        minutes |= {
            world.deployment.at,
            world.deployment.ends,
            (world.deployment.at + world.deployment.ends) / 2,
        }
    for minute in sorted(minutes):
        for deployed in (None,) if world.deployment else (None, 0.0):
            hits += _answers(world, minute, Variant(deployed=deployed))
    first = {text.replace(re.search(r" at minute [\d.-]+|$", text)[0], ""): text for text in reversed(hits)}  # type: ignore[index]
    return list(reversed(first.values()))


def main() -> int:
    bad = 0
    paths = files(map(Path, sys.argv[1:]))
    for path in paths:
        try:
            world = load_file(path)
            hits, doubts = problems(world), list(_doubts(world))
        except BadWorld as error:
            hits, doubts = str(error).splitlines(), []
        bad += bool(hits)
        for text in hits:
            print(f"✗ {text}" if text.startswith(str(path)) else f"✗ {path}: {text}")
        for text in doubts:
            print(f"? {path}: {text}")
    print(f"{len(paths) - bad} of {len(paths)} worlds are sound")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
