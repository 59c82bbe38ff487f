"""Checks that a runbook refers to AWS resources by the name that requests and metrics take, not by an ARN or
a URL. AWS rejects an ARN in place of a name, or finds nothing, so that an inspection would see no data. Where
an ARN contains the name depends on the resource type: Service Authorization Reference, "Resource types"."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from services.i18n import N_, _
from services.models.runbook import Runbook
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake


@dataclass(frozen=True, slots=True)
class NamedThing:
    """A kind of AWS resource that a key refers to."""

    what: str  # The kind in words; English source string, translated where displayed
    service: str  # The service as in the third part of an ARN; several are separated by `|`
    resource: str  # A regular expression for the sixth part of an ARN, with the name as its group
    address: str = ""
    """A regular expression for another notation (a URL or a host name), with the name as its group."""
    blanks: bool = False  # Whether AWS accepts a name with leading or trailing blanks


_NAME, _REST = "([^/:]+)", "(?::.*)?"
_S3 = r"s3://([^/]+)(?:/.*)?"
CLUSTER = NamedThing(N_("the name of an ECS cluster"), "ecs", f"cluster/{_NAME}")
SERVICE = NamedThing(N_("the name of an ECS service"), "ecs", f"service/(?:[^/]+/)?{_NAME}")
INSTANCE = NamedThing(
    N_("the id of an RDS instance"), "rds", f"db:{_NAME}", r"([^.:/]+)\.[^/]*rds\.amazonaws\.com\S*"
)
BALANCER = NamedThing(
    N_("a load balancer as app/<name>/<id>, the part after loadbalancer/ of its ARN"),
    "elasticloadbalancing",
    "loadbalancer/(.+)",
)
TARGET_GROUP = NamedThing(
    N_("a target group as targetgroup/<name>/<id>, the last part of its ARN"),
    "elasticloadbalancing",
    "(targetgroup/.+)",
)
DISTRIBUTION = NamedThing(N_("the id of a CloudFront distribution"), "cloudfront", f"distribution/{_NAME}")
BUCKET = NamedThing(N_("the name of a bucket"), "s3", "([^/]+)(?:/.*)?", _S3)
PREFIX = NamedThing(N_("the key's prefix without the bucket"), "s3", "[^/]+/(.+)", r"s3://[^/]+/(.+)")
TABLE = NamedThing(N_("the name of an Athena table"), "glue", f"table/[^/]+/{_NAME}")
DATABASE = NamedThing(N_("the name of an Athena database"), "glue", f"database/{_NAME}")
WORKGROUP = NamedThing(N_("the name of an Athena workgroup"), "athena", f"workgroup/{_NAME}")
WEB_ACL = NamedThing(N_("the name of a web ACL"), "wafv2", f"(?:regional|global)/webacl/{_NAME}/[^/]+")
DASHBOARD = NamedThing(N_("the name of a CloudWatch dashboard"), "cloudwatch", "dashboard/(.+)")
ALARM = NamedThing(N_("the name of a CloudWatch alarm"), "cloudwatch", "alarm:(.+)", blanks=True)
LOG_GROUP = NamedThing(N_("the name of a log group"), "logs", f"log-group:([^:]+){_REST}")
LOG_STREAM = NamedThing(N_("the name of a log stream"), "logs", "log-group:[^:]+:log-stream:(.+)")
USER = NamedThing(N_("the name of an IAM user"), "iam", f"user/(?:.*/)?{_NAME}")
PERSON = NamedThing(
    N_("the name of a user or a role"),
    "iam|sts",
    # An assumed-role session identifies one person; the role alone, everybody who may assume it.
    f"(?:user|role)/(?:.*/)?{_NAME}|assumed-role/[^/]+/{_NAME}",
)
METRIC = NamedThing(N_("a metric's name as CloudWatch spells it"), "", "(?!)", blanks=True)
NAMESPACE = NamedThing(N_("a metric's namespace such as AWS/ECS"), "", "(?!)", blanks=True)
EVERY = None  # Matches every element of a list
KEYS: dict[tuple[str | None, ...], NamedThing] = {
    ("ecs", "cluster"): CLUSTER,
    ("ecs", "services", EVERY): SERVICE,
    ("rds", "instance"): INSTANCE,
    ("alb", "load_balancer"): BALANCER,
    ("alb", "target_group"): TARGET_GROUP,
    ("cdn", "distribution"): DISTRIBUTION,
    ("waf", "log_bucket"): BUCKET,
    ("waf", "log_prefix"): PREFIX,
    ("waf", "athena_table"): TABLE,
    ("waf", "athena_database"): DATABASE,
    ("waf", "workgroup"): WORKGROUP,
    ("waf", "web_acl"): WEB_ACL,
    ("dashboard", "name"): DASHBOARD,
    ("log_groups", EVERY, "id"): LOG_GROUP,
    ("queries", EVERY, "log_groups", EVERY): LOG_GROUP,
    ("alarms", EVERY, "name"): ALARM,
    ("alarms", EVERY, "log_group"): LOG_GROUP,
    ("limits", EVERY, "namespace"): NAMESPACE,
    ("limits", EVERY, "metric"): METRIC,
    ("access_keys", "users", EVERY): USER,
    ("github", "user"): USER,
    ("error_logs", "log_group"): LOG_GROUP,
    ("slow_queries", "log_group"): LOG_GROUP,
    ("trail", "known_people", EVERY): PERSON,
    ("trail", "without_mfa", EVERY): PERSON,
    ("journal", "log_group"): LOG_GROUP,
    ("journal", "log_stream"): LOG_STREAM,
    ("inspections", EVERY, "namespace"): NAMESPACE,
    ("inspections", EVERY, "metric"): METRIC,
    ("inspections", EVERY, "log_group"): LOG_GROUP,
}
"""Every key that holds the name or id of an AWS resource, except for metric dimensions."""
DIMENSIONS = {
    "ClusterName": CLUSTER,
    "ServiceName": SERVICE,
    "DBInstanceIdentifier": INSTANCE,
    "LoadBalancer": BALANCER,
    "TargetGroup": TARGET_GROUP,
    "DistributionId": DISTRIBUTION,
    "BucketName": BUCKET,
    "LogGroupName": LOG_GROUP,
}
"""Dimensions of AWS's own metrics that take a name; other dimensions, and those of other metrics, may take ARNs."""
_OF_AWS = ("AWS/", "ECS/")  # Prefixes of the namespaces of AWS's own metrics
_ADDRESS = re.compile(r"\s*(?:arn:|[a-z][a-z0-9+.-]*://)", re.IGNORECASE)


def names(runbook: Runbook) -> Mistakes:
    for key, thing in KEYS.items():
        for path, value in _values(runbook, key):
            if mistake := name_mistake(value, thing):
                yield path, mistake


def dimensions(runbook: Runbook) -> Mistakes:
    """Dimensions of AWS's own metrics hold plain names, because CloudWatch finds no data by anything else."""
    for index, spec in enumerate(runbook.inspections):
        if not spec.namespace.startswith(_OF_AWS):
            continue
        for key, value in spec.dimensions.items():
            thing = DIMENSIONS.get(key)
            if thing and (mistake := name_mistake(value, thing)):
                yield ("inspections", index, "dimensions", str(key)), mistake


def _values(value: Any, key: tuple[str | None, ...], path: Path = ()) -> Iterator[tuple[Path, str]]:
    if value is None:
        return
    if not key:
        yield path, str(value)
    elif key[0] is EVERY:
        for index, element in enumerate(value):
            yield from _values(element, key[1:], (*path, index))
    else:
        yield from _values(getattr(value, key[0]), key[1:], (*path, key[0]))


def name_mistake(text: str, thing: NamedThing) -> str:
    """What is wrong with a name, with the correct one if it can be derived; "" if it is right."""
    bare = text.strip()
    name = name_within(bare, thing)
    if name:
        return _('must be the name alone, not an ARN or an address: "{name}"', name=name)
    if is_address(text):
        return _("is another ARN or address; expected here: {what}", what=_(thing.what))
    if bare != text and not thing.blanks:
        return _("begins or ends with a space: remove it")
    return ""


def is_address(text: str) -> bool:
    return _ADDRESS.match(text) is not None


def name_within(text: str, thing: NamedThing) -> str:
    """The resource name within an ARN or URL; "" if the text is neither or refers to another kind of resource."""
    if thing.address and (match := re.fullmatch(thing.address, text, re.IGNORECASE)):
        return match[1]
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0].lower() != "arn" or parts[2].lower() not in thing.service.split("|"):
        return ""
    match = re.fullmatch(thing.resource, parts[5])
    return next(filter(None, match.groups()), "") if match else ""


def with_names(texts: Iterable[str], thing: NamedThing) -> list[str]:
    """The texts plus the names within those that are ARNs, so that a reference by name is found either way."""
    listed = list(texts)
    return listed + [name for text in listed if (name := name_within(text.strip(), thing))]


ALL = (names, dimensions)  # Every check of this file
