"""Whether a write that CloudTrail recorded concerns the system; pure. Source: "Logging Amazon EC2 and Amazon
EBS API calls", "Logging AWS Secrets Manager events", "Logging IAM and AWS STS API calls", "Monitoring Amazon
RDS API calls" with AWS CloudTrail (the services' guides)."""

import re
from collections.abc import Iterator

from services.models.belongings import Belongings, Owned
from services.models.cloudtrail import TrailEvent

_PREFIXES = {
    Owned.NETWORK_ACL: "acl aclassoc",
    Owned.GATEWAY: "igw nat pcx tgw",
    Owned.ROUTE_TABLE: "rtb rtbassoc",
    Owned.SECURITY_GROUP: "sg",
    Owned.SUBNET: "subnet",
    Owned.VPC: "vpc",
    Owned.ENDPOINT: "vpce",
    # Network interfaces are not read: whose one is can only be told by its groups.
    None: "eni",
}
_BY_PREFIX = {prefix: kind for kind, prefixes in _PREFIXES.items() for prefix in prefixes.split()}
_BY_SOURCE = {
    "application-autoscaling.amazonaws.com": Owned.SERVICE,
    "ecs.amazonaws.com": Owned.SERVICE,
    "elasticloadbalancing.amazonaws.com": Owned.LOAD_BALANCER,
    "iam.amazonaws.com": Owned.ROLE,
    "kms.amazonaws.com": Owned.KEY,
    "rds.amazonaws.com": Owned.DATABASE,
    "secretsmanager.amazonaws.com": Owned.SECRET,
    "ssm.amazonaws.com": Owned.SECRET,
}
_WORD = {"ecs.amazonaws.com": "Service", "iam.amazonaws.com": "Role"}
"""Only events with this word in their names name one: a policy's new version does not tell whose policy it is."""
_ID = re.compile(r"([a-z]+)-[0-9a-z]{8,17}")
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}")  # What Secrets Manager appends to a secret's name in its ARN


def belongs(event: TrailEvent, belongings: Belongings | None) -> bool | None:
    """Whether an event concerns the system; None: not known, for its record names nothing that can be
    compared with what is known to belong to the system."""
    if belongings is None:
        return None
    named = _named(event)
    # A VPC has others' resources as well: it tells only where nothing narrower is named. A new endpoint is nobody's yet,
    # and answers for the whole VPC.
    if len(named) > 1 and event.name != "CreateVpcEndpoint":
        named.pop(Owned.VPC, None)
    answers = [_is_own(kind, texts, belongings) for kind, texts in named.items()]
    return True if True in answers else None if None in answers or not answers else False


def _named(event: TrailEvent) -> dict[Owned | None, list[str]]:
    """What the record names, by kind; None: what no kind tells."""
    texts: dict[Owned | None, list[str]] = {}
    if event.source == "ec2.amazonaws.com":
        for text in event.touched:
            id = _ID.fullmatch(text.rpartition("/")[2])
            if id is not None and id[1] in _BY_PREFIX:
                texts.setdefault(_BY_PREFIX[id[1]], []).append(id[0])
        return texts
    kind = _BY_SOURCE.get(event.source)
    if kind is not None and event.touched and _WORD.get(event.source, "") in event.name:
        texts[kind] = list(event.touched)
    return texts


def _is_own(kind: Owned | None, texts: list[str], belongings: Belongings) -> bool | None:
    part = belongings.part(kind) if kind is not None else None
    if kind is None or part is None:
        return None
    if kind is Owned.SERVICE:
        steps = {step for text in texts for step in re.split(r"[:/]", text)}
        is_own = any(steps.issuperset(str(id).split("/")) for id in part.ids)
    else:
        own, named = ({form for text in each for form in _forms(kind, text)} for each in (part.ids, texts))
        is_own = not own.isdisjoint(named)
    return True if is_own else None if part.unread else False


def _forms(kind: Owned, text: str) -> Iterator[str]:
    is_arn = text.startswith("arn:")
    tail = text.split(":", 5)[5] if is_arn and text.count(":") >= 5 else text
    match kind:
        case Owned.SECRET:
            # `secret:<name>-<suffix>:<key>:<stage>:<version>`, or `parameter/<name>`.
            name = tail.split(":")[1] if is_arn and tail.startswith("secret:") else tail
            name = name.removeprefix("parameter") if is_arn else name
            yield name.lstrip("/")
            if is_arn and _SUFFIX.fullmatch(name[-7:]):
                yield name[:-7].lstrip("/")
        case Owned.LOAD_BALANCER:
            # `listener/app/<name>/<id>/<listener>` is one of `loadbalancer/app/<name>/<id>`.
            steps = tail.split("/")
            yield "/".join(steps if steps[0] == "targetgroup" else steps[1:4])
        case Owned.DATABASE:
            yield tail.rpartition(":")[2].casefold()
        case _:
            yield tail.rpartition("/")[2]
