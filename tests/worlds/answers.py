"""A Reader that answers from a world, as AWS would at one moment, with AWS's delays."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from services.aws.client.sdk.error_translation import Asked, translate
from services.aws.client.validation import IncompleteAnswer, require
from services.models.filter_patterns import Terms, parse
from tests.worlds.curves import DATABASE, SERVICE, Published, known_metrics, share
from tests.worlds.schema import APPLICATION_LOG, DATABASE_LOG, Lines, World, WorldDeployment
from tests.worlds.system import Answer, System
from tests.worlds.tasks import ACCOUNT, REGION, Rollout, hexadecimal
from tests.worlds.trail import TrailHistory

Deny = Callable[[str, str, dict[str, Any]], bool]  # Whether a call (service, operation, parameters) is denied
HARMLESS_SECONDS = 170.0
_MERGED = frozenset({"ecs:DescribeTaskDefinition", "ecs:ListTasks", "ecs:DescribeTasks"})
"""Calls whose answers have their phases in them already."""


@dataclass(frozen=True)
class Variant:
    lag: float = 0  # Minutes until CloudWatch has published a minute
    trail: float = 0  # Minutes until CloudTrail lists an event
    deployed: float | None = None
    """Minutes before T0 at which the roll-out of a harmless release ended; None: there is none."""
    denied: str = ""  # The source that is denied; "": none

    @property
    def kind(self) -> str:
        """What is crossed; "" for nothing."""
        if self.denied:
            return "denied sources"
        if self.deployed is not None:
            return "harmless releases"
        return "delays" if self.lag or self.trail else ""

    def __str__(self) -> str:
        parts = [f"lag {self.lag:g}", f"trail {self.trail:g}"]
        parts += [f"deployed {self.deployed:g} min before"] if self.deployed is not None else []
        return ", ".join([*parts, *([f"denied {self.denied}"] if self.denied else [])])


def nothing_denied(_service: str, _operation: str, _params: dict[str, Any]) -> bool:
    return False


class WorldReader:
    """Answers every read of a world at `now`. Operations that no world has raise NotImplementedError with their name."""

    def __init__(
        self, world: World, now: datetime, variant: Variant | None = None, denies: Deny = nothing_denied
    ) -> None:
        self.world = world
        self.now = now
        self.variant = variant or Variant()
        extra = None
        if self.variant.deployed is not None and world.deployment is None:
            extra = WorldDeployment(
                at=-self.variant.deployed - HARMLESS_SECONDS / 60, seconds=HARMLESS_SECONDS
            )
        self.rollout = Rollout(world, extra)
        self.system = System(world, self.rollout, now)
        self.history = TrailHistory(world, self.rollout, self.system.minute, self.variant.trail)
        self.metrics = Published(world, now, self.variant.lag)
        self.calls: list[tuple[str, Answer]] = []  # `service:Operation` and answer of every request
        self._denies = denies

    @property
    def minute(self) -> float:
        return self.system.minute

    async def read(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> Answer:
        if self._denies(service, operation, {**params, "region": region or REGION}):
            text = (
                f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Operator/sato is not authorized to perform: "
                f"{service}:{operation} because no identity-based policy allows the {service}:{operation} action"
            )
            self._refuse(service, operation, "AccessDeniedException", text)
        answer = self.answer(service, operation, region or REGION, params)
        self.calls.append((f"{service}:{operation}", answer))
        try:
            require(answer, required)
        except IncompleteAnswer as error:
            raise translate(error, Asked(service, operation), self.now) from error
        return answer

    async def pages(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> AsyncGenerator[Answer, None]:
        while True:
            page = await self.read(
                service, operation, region=region, required=required, timeout=timeout, **params
            )
            yield page
            token = page.get("nextToken") or page.get("NextToken")
            if not token:
                return
            params["nextToken" if page.get("nextToken") else "NextToken"] = token

    def _refuse(self, service: str, operation: str, code: str, text: str) -> NoReturn:
        error = ClientError(
            {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation
        )
        raise translate(error, Asked(service, operation), self.now) from error

    def answer(self, service: str, operation: str, region: str, params: dict[str, Any]) -> Answer:
        """The answer to a request. Raises AwsError, and NotImplementedError for an operation that no world has."""
        call = f"{service}:{operation}"
        computed: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "cloudwatch:GetMetricData": self._metric_data,
            "cloudwatch:ListMetrics": self._list_metrics,
            "cloudwatch:DescribeAlarms": self._alarms,
            "cloudtrail:LookupEvents": lambda asked: self.history.lookup(asked, region),
            "logs:FilterLogEvents": self._filter,
            "ecs:ListTasks": self._list_tasks,
            "ecs:DescribeTasks": self._describe_tasks,
            "ecs:ListServiceDeployments": self._list_deployments,
            "ecs:DescribeServiceDeployments": self._describe_deployments,
            "ecs:DescribeServiceRevisions": self._revisions,
            "ecs:DescribeTaskDefinition": self._definition,
            "rds:DescribeEvents": self._database_events,
        }
        if call in computed:
            answer = computed[call](params)
            answer = answer if call in _MERGED else self.system.answer(call, answer)
            return self._of_source(answer, params) if call == "rds:DescribeEvents" else answer
        if call not in self.system.operations:
            raise NotImplementedError(f"{call} is in no world")
        return self._filtered(service, operation, self.system.answer(call), params)

    def _of_source(self, answer: Answer, params: dict[str, Any]) -> Answer:
        wanted = params.get("SourceIdentifier")
        return {"Events": [row for row in answer["Events"] if wanted in (None, row["SourceIdentifier"])]}

    def _filtered(self, service: str, operation: str, answer: Answer, params: dict[str, Any]) -> Answer:
        wanted = {
            "GroupIds": ("SecurityGroups", "GroupId", "InvalidGroup.NotFound"),
            "SubnetIds": ("Subnets", "SubnetId", "InvalidSubnetID.NotFound"),
            "RouteTableIds": ("RouteTables", "RouteTableId", "InvalidRouteTableID.NotFound"),
            "NetworkAclIds": ("NetworkAcls", "NetworkAclId", "InvalidNetworkAclID.NotFound"),
            "VpcEndpointIds": ("VpcEndpoints", "VpcEndpointId", "InvalidVpcEndpointId.NotFound"),
            "DBInstanceIdentifier": ("DBInstances", "DBInstanceIdentifier", "DBInstanceNotFound"),
            "Names": ("LoadBalancers", "LoadBalancerName", "LoadBalancerNotFound"),
            "LoadBalancerArns": ("LoadBalancers", "LoadBalancerArn", "LoadBalancerNotFound"),
        }
        for parameter, (key, name, code) in wanted.items():
            if parameter not in params or key not in answer:
                continue
            names = params[parameter]
            names = [names] if isinstance(names, str) else list(names)
            answer[key] = [row for row in answer[key] if row[name] in names]
            if missing := set(names) - {row[name] for row in answer[key]}:
                self._refuse(service, operation, code, f"{', '.join(sorted(missing))} does not exist")
        for rule in params.get("Filters", ()):
            key = next(iter(answer))
            answer[key] = [row for row in answer[key] if _passes(row, rule["Name"], rule["Values"])]
        return answer

    # ── CloudWatch ──────────────────────────────────────────────────────────────────────────────

    def _metric_data(self, params: dict[str, Any]) -> Answer:
        start, end = params["StartTime"], min(params["EndTime"], self.now)
        descending = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        queries = [query for query in params["MetricDataQueries"] if query.get("ReturnData", True)]
        rows = [self.metrics.result(query, start, end, descending) for query in queries]
        return {"MetricDataResults": rows, "Messages": []}

    def _list_metrics(self, params: dict[str, Any]) -> Answer:
        rows = []
        for row in known_metrics(self.world):
            own = {item["Name"]: item["Value"] for item in row["Dimensions"]}
            asked = params.get("Dimensions", ())
            if (
                params.get("Namespace", row["Namespace"]) == row["Namespace"]
                and params.get("MetricName", row["MetricName"]) == row["MetricName"]
                and all(
                    item["Name"] in own and item.get("Value", own[item["Name"]]) == own[item["Name"]]
                    for item in asked
                )
            ):
                rows.append(row)
        return {"Metrics": rows}

    def _alarms(self, params: dict[str, Any]) -> Answer:
        alarm = self.world.alarm
        state = alarm.state if alarm.at <= self.minute else "OK"
        row = {
            "AlarmName": alarm.name,
            "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm.name}",
            "StateValue": state,
            "StateReason": "Threshold Crossed",
            "StateTransitionedTimestamp": self.world.at(min(alarm.at, self.minute)),
            "StateUpdatedTimestamp": self.world.at(min(alarm.at, self.minute)),
            "ActionsEnabled": True,
            "Period": 60,
            "EvaluationPeriods": 2,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        if alarm.metric:
            row |= {"Namespace": alarm.namespace, "MetricName": alarm.metric, "Statistic": "Average"}
            row["Dimensions"] = [{"Name": name, "Value": value} for name, value in alarm.dimensions.items()]
        row |= {} if alarm.threshold is None else {"Threshold": alarm.threshold}
        names, wanted = params.get("AlarmNames"), params.get("StateValue")
        is_asked = (not names or alarm.name in names) and wanted in (None, state)
        return {"MetricAlarms": [row] if is_asked else [], "CompositeAlarms": []}

    # ── ECS ─────────────────────────────────────────────────────────────────────────────────────

    def _tasks(self, status: str) -> list[Answer]:
        service = self.system.answer("ecs:DescribeServices")["services"][0]
        return self.rollout.described(self.minute, status, service["runningCount"] + service["pendingCount"])

    def _list_tasks(self, params: dict[str, Any]) -> Answer:
        is_own = params.get("serviceName", SERVICE) == SERVICE
        status = params.get("desiredStatus", "RUNNING")
        answer = {"taskArns": [row["taskArn"] for row in (self._tasks(status) if is_own else [])]}
        # Phases tell of tasks that run; what has stopped, a world says by itself.
        return answer if status == "STOPPED" else self.system.answer("ecs:ListTasks", answer)

    def _describe_tasks(self, params: dict[str, Any]) -> Answer:
        table = {row["taskArn"]: row for row in (*self._tasks("RUNNING"), *self._tasks("STOPPED"))}
        table |= {arn.rpartition("/")[2]: row for arn, row in table.items()}
        hits = [table[arn] for arn in params["tasks"] if arn in table]
        running = [row for row in hits if row["desiredStatus"] != "STOPPED"]
        answer = self.system.answer("ecs:DescribeTasks", {"tasks": running})
        tasks = [*answer["tasks"], *(row for row in hits if row["desiredStatus"] == "STOPPED")]
        described = {row["taskArn"] for row in tasks}
        missing = [
            arn
            for arn in params["tasks"]
            if arn not in described and table.get(arn, {}).get("taskArn") not in described
        ]
        return {"tasks": tasks, "failures": [{"arn": arn, "reason": "MISSING"} for arn in missing]}

    def _list_deployments(self, params: dict[str, Any]) -> Answer:
        rows = self.rollout.service_deployments(self.minute)
        return {"serviceDeployments": rows[: params.get("maxResults", 20)]}

    def _describe_deployments(self, params: dict[str, Any]) -> Answer:
        rows = []
        for row in self.rollout.service_deployments(self.minute):
            if row["serviceDeploymentArn"] in params["serviceDeploymentArns"]:
                target = row.pop("targetServiceRevisionArn")
                rows.append(row | {"targetServiceRevision": {"arn": target}})
        return {"serviceDeployments": rows, "failures": []}

    def _revisions(self, params: dict[str, Any]) -> Answer:
        rows = self.rollout.revisions(self.minute)
        return {
            "serviceRevisions": [
                row for row in rows if row["serviceRevisionArn"] in params["serviceRevisionArns"]
            ],
            "failures": [],
        }

    def _definition(self, params: dict[str, Any]) -> Answer:
        name = str(params["taskDefinition"]).rpartition("/")[2]
        exists = [self.rollout.old_definition]
        if self.rollout.status(self.minute):
            exists.append(self.rollout.new_definition)
        if name == SERVICE:
            name = exists[-1]
        if name not in exists:
            self._refuse(
                "ecs", "DescribeTaskDefinition", "ClientException", "Unable to describe task definition."
            )
        if name == self.rollout.definition(self.system.is_new):
            return self.system.answer("ecs:DescribeTaskDefinition")
        return {"taskDefinition": self.system.task_definition(name == self.rollout.new_definition)}

    # ── RDS ─────────────────────────────────────────────────────────────────────────────────────

    def _database_events(self, params: dict[str, Any]) -> Answer:
        since = self.now - timedelta(minutes=params.get("Duration", 60))
        is_own = params.get("SourceIdentifier", DATABASE) == DATABASE
        rows = [
            {
                "SourceIdentifier": DATABASE,
                "SourceType": "db-instance",
                "Message": item.message,
                "EventCategories": _categories(item.message),
                "Date": self.world.at(item.at),
                "SourceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{DATABASE}",
            }
            for item in sorted(self.world.rds_event, key=lambda row: row.at)
            if is_own and since <= self.world.at(item.at) <= self.now
        ]
        return {"Events": rows}

    # ── CloudWatch Logs ─────────────────────────────────────────────────────────────────────────

    def lines(self, group: str, start: float, end: float) -> Iterator[tuple[float, str, str]]:
        """(minute, stream, text) of the lines in [start, end] up to now, oldest first."""
        sources = [
            self._written(number, item, start, end)
            for number, item in enumerate(self.world.lines)
            if item.group == group
        ]
        return merge(*sources)

    def _written(
        self, number: int, lines: Lines, start: float, end: float
    ) -> Iterator[tuple[float, str, str]]:
        first = max(0, int((start - lines.begin) * lines.per_minute))
        index = first
        while (
            at := lines.begin + (index + share(self.world.id, number, index)) / lines.per_minute
        ) < lines.to:
            index += 1
            if at > min(end, self.minute):
                if lines.begin + index / lines.per_minute > min(end, self.minute):
                    return
                continue
            if at < start:
                continue
            stream = "postgresql.log" if lines.group == DATABASE_LOG else lines.stream
            if lines.group == APPLICATION_LOG:
                writers = self.rollout.streams(lines.stream, at)
                if not writers:
                    continue
                stream = f"ecs/{SERVICE}/{writers[index % len(writers)].id}"
            draw = int(20 + 4000 * share(self.world.id, number, index, "ms"))
            yield at, stream, lines.text.replace("{n}", str(1000 + index)).replace("{ms}", str(draw))

    def _filter(self, params: dict[str, Any]) -> Answer:
        group = str(
            params.get("logGroupName") or params.get("logGroupIdentifier", "").rpartition("log-group:")[2]
        )
        if group not in {APPLICATION_LOG, DATABASE_LOG, *(item.group for item in self.world.lines)}:
            self._refuse(
                "logs",
                "FilterLogEvents",
                "ResourceNotFoundException",
                "The specified log group does not exist.",
            )
        start, end = (
            self.world.minute(datetime.fromtimestamp(params[key] / 1000, UTC)) if key in params else default
            for key, default in (("startTime", -1e5), ("endTime", 1e5))
        )
        matches, limit = pattern_of(params.get("filterPattern", "")), int(params.get("limit", 10_000))
        skip = int(params.get("nextToken") or 0)
        streams = params.get("logStreamNames")
        events: list[Answer] = []
        token = ""
        hits = 0
        for at, stream, text in self.lines(group, start, end):
            if not matches(text) or (streams and stream not in streams):
                continue
            hits += 1
            if hits <= skip:
                continue
            if len(events) == limit:
                token = str(skip + limit)
                break
            stamp = int(self.world.at(at).timestamp() * 1000)
            events.append(
                {
                    "logStreamName": stream,
                    "timestamp": stamp,
                    "message": text,
                    "ingestionTime": stamp + 900,
                    "eventId": hexadecimal(self.world.id, group, hits, length=56),
                }
            )
        return {"events": events, "searchedLogStreams": [], **({"nextToken": token} if token else {})}


def _passes(row: Answer, name: str, values: Sequence[str]) -> bool:
    """Whether a row of EC2 passes a filter by one of its ids, or by those of its associations."""
    words = {
        "vpc-id": "VpcId",
        "group-id": "GroupId",
        "subnet-id": "SubnetId",
        "route-table-id": "RouteTableId",
    }
    words |= {"network-acl-id": "NetworkAclId", "vpc-endpoint-id": "VpcEndpointId"}
    words |= {f"association.{key}": value for key, value in words.items()}
    if name not in words:
        raise NotImplementedError(f"the filter {name} is in no world")
    rows = row.get("Associations", []) if name.startswith("association.") else [row]
    return any(item.get(words[name]) in values for item in rows)


def _categories(message: str) -> list[str]:
    words = {
        "failover": "failover",
        "restart": "availability",
        "shutdown": "availability",
        "recovery": "recovery",
        "storage": "low storage",
        "backup": "backup",
        "parameter": "configuration change",
        "modif": "configuration change",
        "Applying": "configuration change",
        "password": "configuration change",
        "maintenance": "maintenance",
        "patch": "maintenance",
    }
    return list(dict.fromkeys(value for key, value in words.items() if key.lower() in message.lower()))[
        :2
    ] or ["notification"]


def pattern_of(text: str) -> Callable[[str], bool]:
    """Whether a line matches a pattern of terms: case-sensitive substrings. Raises NotImplementedError for other patterns."""
    pattern = parse(text)
    if pattern is None:
        return lambda _line: True
    if not isinstance(pattern, Terms) or any(term.value.kind == "regex" for term in pattern.terms):
        raise NotImplementedError(f"the filter pattern {text}")
    signs: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for term in pattern.terms:
        signs[term.sign].append(term.value.text)

    def matches(line: str) -> bool:
        # Optional terms beside required ones change nothing ("Filter pattern syntax", CloudWatch Logs user guide).
        wanted = all(item in line for item in signs[""])
        optional = bool(signs[""]) or not signs["?"] or any(item in line for item in signs["?"])
        return wanted and optional and not any(item in line for item in signs["-"])

    return matches
