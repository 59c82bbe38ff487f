"""Source: DescribeSecurityGroups (Amazon EC2), LookupEvents (CloudTrail) API references."""

from collections.abc import Callable, Iterator, Sequence

from services.i18n import N_, _
from services.incidents.facts import Facts, minutes_before
from services.incidents.ownership import belongs
from services.incidents.signals.base import Judged, SignalSpec, absent, present, unseen
from services.models.causes import SignalState
from services.models.cloudtrail import TRAIL_DELAY, ActorKind, TrailEvent
from services.models.first_wave import Source

JUST_BEFORE = 30  # Minutes before T0 in which a write counts
_NETWORK = (
    "SecurityGroup",
    "NetworkAcl",
    "Route",
    "NetworkInterface",
    "VpcEndpoint",
    "SubnetAttribute",
    "NatGateway",
    "InternetGateway",
    "TransitGateway",
    "VpcPeering",
    "DhcpOptions",
    "VpcAttribute",
)
_OPENING = ("Authorize", "Create", "Attach", "Associate", "Accept", "UpdateSecurityGroupRuleDescriptions")
_CREATED_BAD = frozenset({"CreateNetworkAclEntry", "CreateRoute", "AssociateRouteTable", "CreateVpcEndpoint"})
"""Writes that add something and can take a path away: a deny rule, a route or a private name that leads elsewhere."""
_DNS = frozenset(
    {
        "ChangeResourceRecordSets",
        "DeleteCertificate",
        "ImportCertificate",
        "ModifyListener",
        "UpdateDistribution",
    }
)
_KEYS = frozenset(
    {
        "PutSecretValue", "UpdateSecret", "RotateSecret", "DeleteSecret", "PutResourcePolicy", "DisableKey",
        "ScheduleKeyDeletion", "PutKeyPolicy", "RevokeGrant", "RetireGrant", "DetachRolePolicy", "DeleteRolePolicy",
        "PutRolePolicy", "AttachRolePolicy", "UpdateAssumeRolePolicy", "DeleteRole", "PutRolePermissionsBoundary",
        "CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "DeleteParameter", "PutParameter",
    }
)  # fmt: skip
"""Writes to secrets, keys, permissions and credentials."""


def _is_network(event: TrailEvent) -> bool:
    if event.name == "ModifyDBInstance":
        return any(text.startswith("sg-") for text in event.touched)
    is_adding = event.name.startswith(_OPENING) and event.name not in _CREATED_BAD
    return any(word in event.name for word in _NETWORK) and not is_adding


def _is_key(event: TrailEvent) -> bool:
    # A new password of the database is a modification of the instance.
    return event.name in _KEYS or any(text.endswith("userpassword") for text in event.touched)


def _write_to(is_about: Callable[[TrailEvent], bool]) -> Callable[[Facts], Judged]:
    """Whether somebody wrote to a resource of this system just before: others' are listed, and weigh nothing."""

    def judge(facts: Facts) -> Judged:
        unknown: TrailEvent | None = None
        elsewhere: list[str] = []
        for event in just_before(facts):
            # AWS's own services make and remove network interfaces with every task.
            by_aws = event.actor.kind is ActorKind.SERVICE or event.actor.role.startswith("AWSServiceRole")
            if by_aws or not is_about(event):
                continue
            is_own = _is_own(facts, event)
            if is_own:
                text = f"{event.name} ({event.actor.shown})"
                return present(text, at=event.at, subject=text)
            if is_own is None:
                unknown = unknown or event
            else:
                elsewhere.append(event.name)
        if unknown is not None:
            return unseen(_("{write}: not known whose", write=f"{unknown.name} ({unknown.actor.shown})"))
        return none_seen(facts, elsewhere)

    return judge


def _is_own(facts: Facts, event: TrailEvent) -> bool | None:
    """Whether a write is to this system; None: nothing tells."""
    if event.source == "cloudfront.amazonaws.com" and facts.runbook.cdn is not None:
        return facts.runbook.cdn.distribution in event.touched
    return belongs(event, facts.evidence.belongings)


def just_before(facts: Facts) -> Iterator[TrailEvent]:
    for event in facts.evidence.writes:
        is_near = -2 <= minutes_before(facts.start, event.at) <= JUST_BEFORE
        if is_near and not event.read_only and not event.error:
            yield event


def none_seen(facts: Facts, elsewhere: Sequence[str] = ()) -> Judged:
    """CloudTrail shows no such write of this system, as far as it can know by now."""
    if why := facts.gap(Source.TRAIL):
        return unseen(why)
    until = facts.evidence.ended - TRAIL_DELAY
    if until < facts.start:
        return unseen(_("CloudTrail reports up to 15 minutes late"))
    names = _(", ").join(dict.fromkeys(elsewhere))
    return absent(_("elsewhere in the account: {names}", names=names) if names else "", until=until)


_network_write = _write_to(_is_network)
_key_write = _write_to(_is_key)
_dns_write = _write_to(lambda event: event.name in _DNS)


def _no_write(facts: Facts) -> Judged:
    write = _network_write(facts)
    if write.state is SignalState.UNSEEN:
        return write
    if write.state is SignalState.PRESENT:
        return absent()
    return Judged(SignalState.PRESENT, write.value, until=write.until)


def _open(facts: Facts) -> Judged:
    path = facts.evidence.network
    if path is None:
        return unseen(_("the groups of tasks or database are not known"))
    return present(path.rule) if path.allowed else absent()


def _closed(facts: Facts) -> Judged:
    path = facts.evidence.network
    if path is None:
        return unseen(_("the groups of tasks or database are not known"))
    if path.allowed:
        return absent(path.rule)
    if path.is_kept_in:
        text = _("{tasks} lets nothing out to port {port}")
        return present(text.format(tasks=", ".join(path.task_groups), port=path.port))
    groups = _("{tasks} → {database}, port {port}: no rule").format(
        tasks=", ".join(path.task_groups), database=", ".join(path.database_groups), port=path.port
    )
    return present(groups)


SIGNALS = (
    SignalSpec("network-write", N_("Somebody changed the network of this system just before"), Source.TRAIL, _network_write, direct_for=("network-change",), group="network", look="databases", is_change=True),
    SignalSpec("no-network-write", N_("CloudTrail shows no change of this system's network"), Source.TRAIL, _no_write, group="network", look="databases"),
    SignalSpec("key-write", N_("Somebody changed a secret, a key or a permission of this system just before"), Source.TRAIL, _key_write, direct_for=("unknown-dependency",), group="dependency", look="databases", is_change=True),
    SignalSpec("dns-write", N_("Somebody changed DNS, a certificate or a listener of this system just before"), Source.TRAIL_GLOBAL, _dns_write, direct_for=("dns-tls",), look="dashboard", is_change=True),
    SignalSpec("path-closed", N_("The security groups keep the tasks from the database"), Source.NETWORK, _closed, direct_for=("network-change",), group="path", look="databases"),
    SignalSpec("path-open", N_("The security groups let the tasks reach the database"), Source.NETWORK, _open, group="path", look="databases"),
)  # fmt: skip
