"""Whether the tasks may reach the database, and whether somebody changed the network just before.

Source: DescribeSecurityGroups (Amazon EC2), LookupEvents (CloudTrail) API references.
"""

from datetime import timedelta

from services.i18n import N_, _
from services.incidents.facts import Facts, minutes_before
from services.incidents.signals.base import Judged, SignalSpec, absent, present, unseen
from services.models.first_wave import Source

JUST_BEFORE = 30
"""Minutes before T0 in which a write counts."""
DELAY = timedelta(minutes=7)
"""By when CloudTrail shows nearly every event: about five minutes on average."""
_WRITES = (
    "SecurityGroup",
    "NetworkAcl",
    "Route",
    "NetworkInterfaceAttribute",
    "VpcEndpoint",
    "SubnetAttribute",
)
_OPENING = ("Authorize", "Create", "UpdateSecurityGroupRuleDescriptions")
_NAMES = frozenset(
    {
        "ChangeResourceRecordSets",
        "DeleteCertificate",
        "ImportCertificate",
        "ModifyListener",
        "UpdateDistribution",
    }
)
_SECRETS = frozenset({"PutSecretValue", "UpdateSecret", "RotateSecret", "DeleteSecret"})


def _write(facts: Facts) -> Judged:
    for event in facts.evidence.writes:
        lead = minutes_before(facts.start, event.at)
        is_network = any(word in event.name for word in _WRITES) or event.name in _SECRETS
        # A rule that is added lets more through: it keeps nobody out.
        is_network = is_network and not event.name.startswith(_OPENING)
        if is_network and not event.read_only and not event.error and -2 <= lead <= JUST_BEFORE:
            return present(f"{event.name} ({event.actor.shown})", at=event.at)
    if facts.evidence.ended < facts.start + DELAY:
        return unseen(_("CloudTrail reports about 5 minutes late"))
    why = facts.gap(Source.TRAIL)
    return unseen(why) if why else absent()


def _dns_write(facts: Facts) -> Judged:
    for event in facts.evidence.writes:
        lead = minutes_before(facts.start, event.at)
        if event.name in _NAMES and not event.error and -2 <= lead <= JUST_BEFORE:
            return present(f"{event.name} ({event.actor.shown})", at=event.at)
    if facts.evidence.ended < facts.start + DELAY:
        return unseen(_("CloudTrail reports about 5 minutes late"))
    # Listeners and certificates are of the home region.
    why = facts.gap(Source.TRAIL)
    return unseen(why) if why else absent()


def _no_write(facts: Facts) -> Judged:
    write = _write(facts)
    if write.why:
        return write
    return absent() if write.at is not None else present()


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
    SignalSpec("network-write", N_("Somebody changed the network or a secret just before"), Source.TRAIL, _write, direct_for=("network-change",), group="network", look="databases"),
    SignalSpec("no-network-write", N_("Nobody changed the network just before"), Source.TRAIL, _no_write, group="network", look="databases"),
    SignalSpec("dns-write", N_("Somebody changed DNS, a certificate or a listener just before"), Source.TRAIL_GLOBAL, _dns_write, direct_for=("dns-tls",), look="dashboard"),
    SignalSpec("path-closed", N_("The security groups keep the tasks from the database"), Source.NETWORK, _closed, direct_for=("network-change",), group="path", look="databases"),
    SignalSpec("path-open", N_("The security groups let the tasks reach the database"), Source.NETWORK, _open, group="path", look="databases"),
)  # fmt: skip
