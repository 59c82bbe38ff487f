"""How a runbook names what AWS has: by the name that requests and metrics take, not by an ARN or an address.

AWS refuses an ARN where it wants a name, or finds nothing by it, and a look would see nothing. What a name is within
an ARN differs from resource to resource: Service Authorization Reference, "Resource types".
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from services.i18n import N_, _
from services.models.runbook import Runbook
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]


@dataclass(frozen=True, slots=True)
class NamedThing:
    """What a key names."""

    what: str
    """In words; English, translated where shown."""
    service: str
    """As an ARN's third part spells it; several separated by `|`."""
    resource: str
    """A pattern for an ARN's sixth part, with the name as its group."""
    address: str = ""
    """A pattern for another way to write it, with the name as its group."""
    blanks: bool = False
    """Whether AWS takes a name that begins or ends with a blank."""


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
    # A session is one person; its role is everybody who may assume it.
    f"(?:user|role)/(?:.*/)?{_NAME}|assumed-role/[^/]+/{_NAME}",
)
METRIC = NamedThing(N_("a metric's name as CloudWatch spells it"), "", "(?!)", blanks=True)
NAMESPACE = NamedThing(N_("a metric's namespace such as AWS/ECS"), "", "(?!)", blanks=True)
EVERY = None
"""Stands for every element of a list."""
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
    ("alarms", EVERY, "name"): ALARM,
    ("alarms", EVERY, "log_group"): LOG_GROUP,
    ("limits", EVERY, "namespace"): NAMESPACE,
    ("limits", EVERY, "metric"): METRIC,
    ("access_keys", "users", EVERY): USER,
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
"""Every key that takes a name or an id of something in AWS, beside the dimensions of metrics."""
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
"""What dimensions of AWS's own metrics name; others of its dimensions, and those of other metrics, may take ARNs."""
_OF_AWS = ("AWS/", "ECS/")
"""How the namespaces of these metrics begin."""
_ADDRESS = re.compile(r"\s*(?:arn:|[a-z][a-z0-9+.-]*://)", re.IGNORECASE)


def names(book: Runbook) -> Mistakes:
    """Each is the name alone."""
    for key, wanted in KEYS.items():
        for path, value in _values(book, key):
            if mistake := name_mistake(value, wanted):
                yield path, mistake


def dimensions(book: Runbook) -> Mistakes:
    """Of a metric of AWS, they name a thing as that metric does: by another, CloudWatch finds no values."""
    for index, look in enumerate(book.inspections):
        if not look.namespace.startswith(_OF_AWS):
            continue
        for key, value in look.dimensions.items():
            wanted = DIMENSIONS.get(key)
            if wanted and (mistake := name_mistake(value, wanted)):
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


def name_mistake(text: str, wanted: NamedThing) -> str:
    """What is wrong with a name, and the right one where the text tells; "" for nothing."""
    bare = text.strip()
    name = name_within(bare, wanted)
    if name:
        return _('must be the name alone, not an ARN or an address: "{name}"').format(name=name)
    if is_address(text):
        return _("is another ARN or address; expected here: {what}").format(what=_(wanted.what))
    if bare != text and not wanted.blanks:
        return _("begins or ends with a space: remove it")
    return ""


def is_address(text: str) -> bool:
    """Whether it is an ARN or an address, of whatever."""
    return _ADDRESS.match(text) is not None


def name_within(text: str, wanted: NamedThing) -> str:
    """What an ARN or an address names, as AWS's requests take it; "" for what is neither, or another kind of thing."""
    if wanted.address and (found := re.fullmatch(wanted.address, text, re.IGNORECASE)):
        return found[1]
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0].lower() != "arn" or parts[2].lower() not in wanted.service.split("|"):
        return ""
    found = re.fullmatch(wanted.resource, parts[5])
    return next(filter(None, found.groups()), "") if found else ""


def with_names(texts: Iterable[str], wanted: NamedThing) -> list[str]:
    """The texts, and the names within those that are ARNs: what refers to one by its name refers to something."""
    known = list(texts)
    return known + [name for text in known if (name := name_within(text.strip(), wanted))]


ALL = (names, dimensions)
"""Every check of this file."""
