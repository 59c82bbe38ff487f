"""The least-privilege IAM policies of one runbook, made of what the console's parts declare to call.

`read` is for the role that is always in use; `operate` adds what changes send; `rotate` is for a role of its own that
rotates access keys; `journal` reads and appends to the ledger, and stores the journal's checkpoints. Writes need a second factor. Source: IAM JSON policy
elements reference, AWS global condition context keys, "Secure API access with MFA" (IAM User Guide).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from services.aws.client.allowed_operations import READS
from services.changes.drills.instances import TAG
from services.journal.ledgers.registry import LedgerAddress
from services.models.runbook import Runbook
from services.policy.arns import Arns
from services.policy.declared import Declared, Operation, declared
from services.policy.ledgers import iam_statements
from services.policy.permissions import Conditions, Permission, permissions_of

VERSION = "2012-10-17"
SECOND_FACTOR: Conditions = {
    "BoolIfExists": {"aws:MultiFactorAuthPresent": "true"},
    "Null": {"aws:TokenIssueTime": "false"},
}
"""Temporary credentials, and where they tell of MFA, with it. Those of a role never tell: its trust policy asks for MFA."""
UNMASK = ("logs:Unmask",)  # Denied to every role: masked data in logs stays masked
NEVER = (
    "cloudtrail:DeleteTrail",
    "cloudtrail:StopLogging",
    "ecs:DeleteCluster",
    "ecs:DeleteService",
    "s3:Delete*",
)
"""Denied to the operator: no change of this console does it."""
DATABASES = ("rds:Delete*",)
"""Denied to the operator on everything but the instances that drills restore, and on those without our tag."""
UNTAGGED: Conditions = {"Null": {f"aws:ResourceTag/{TAG}": "true"}}
IDENTITIES = (
    "iam:Add*",
    "iam:Attach*",
    "iam:Create*",
    "iam:Deactivate*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:Put*",
    "iam:Remove*",
    "iam:Set*",
    "iam:Update*",
)
"""Denied to the operator: keys are rotated by a role of its own."""

Statement = dict[str, Any]
Document = dict[str, Any]


def document(
    name: str,
    runbook: Runbook,
    *,
    region: str = "",
    panels: Iterable[str] = (),
    ledger: LedgerAddress | None = None,
) -> Document:
    """The policy `name`, one of `POLICIES`; without statements if the runbook has nothing that needs it.
    `ledger`: where the journal is, if it is not a file; it matters to the policy `journal` alone."""
    statements = list(POLICIES[name](declared(runbook, panels), Arns(runbook, region)))
    if name == JOURNAL and ledger is not None:
        statements += iam_statements(ledger, runbook, region)
    return {"Version": VERSION, "Statement": statements}


def _read(calls: Declared, arns: Arns) -> Iterable[Statement]:
    yield from _allowed("Read", _permissions(calls.reads, arns))
    yield _denied("KeepMasked", UNMASK)


def _operate(calls: Declared, arns: Arns) -> Iterable[Statement]:
    allowed = list(_allowed("Change", _permissions(calls.writes, arns), SECOND_FACTOR))
    if allowed:
        yield from allowed
        yield _denied("NeverDelete", NEVER)
        others = {"NotResource": list(arns.drills)} if arns.drills else {"Resource": ["*"]}
        yield {"Sid": "NeverDeleteOthers", "Effect": "Deny", "Action": list(DATABASES), **others}
        if arns.drills:
            yield {**_denied("NeverDeleteUntagged", DATABASES), "Condition": UNTAGGED}
        yield _denied("NeverChangeIdentities", IDENTITIES)


def _rotate(calls: Declared, arns: Arns) -> Iterable[Statement]:
    if not arns.users:
        return
    reads = frozenset(each for each in calls.rotation if each in READS)
    keys = [replace(each, resources=arns.users) for each in _permissions(reads, arns)]
    yield from _allowed("ReadKeys", keys)
    yield from _allowed("RotateKeys", _permissions(calls.rotation - reads, arns), SECOND_FACTOR)


def _journal(calls: Declared, arns: Arns) -> Iterable[Statement]:
    append = [each for each in calls.journal if each not in READS]
    yield from _allowed(
        "AppendCheckpoints", [Permission(_action(each), arns.journal_streams) for each in append]
    )
    read = [each for each in calls.journal if each in READS]
    yield from _allowed("ReadCheckpoints", [Permission(_action(each), arns.journal_groups) for each in read])


JOURNAL = "journal"
POLICIES: dict[str, Callable[[Declared, Arns], Iterable[Statement]]] = {
    "read": _read,
    "operate": _operate,
    "rotate": _rotate,
    JOURNAL: _journal,
}


def _action(operation: Operation) -> str:
    return ":".join(operation)


def _permissions(calls: Iterable[Operation], arns: Arns) -> list[Permission]:
    return [each for service, operation in sorted(calls) for each in permissions_of(service, operation, arns)]


def _allowed(
    name: str, permissions: Iterable[Permission], also: Conditions | None = None
) -> Iterable[Statement]:
    groups: dict[str, tuple[Permission, set[str]]] = {}
    for permission in permissions:
        if permission.resources:
            key = repr((permission.resources, sorted(permission.conditions.items())))
            groups.setdefault(key, (permission, set()))[1].add(permission.action)
    for number, (permission, actions) in enumerate(groups.values()):
        statement: Statement = {
            "Sid": f"{name}{number or ''}",
            "Effect": "Allow",
            "Action": sorted(actions),
            "Resource": list(permission.resources),
        }
        if conditions := {**permission.conditions, **(also or {})}:
            statement["Condition"] = conditions
        yield statement


def _denied(name: str, actions: tuple[str, ...]) -> Statement:
    return {"Sid": name, "Effect": "Deny", "Action": list(actions), "Resource": ["*"]}
