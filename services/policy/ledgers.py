"""What a console may do with its system's ledger: read, and put what is not there yet; nothing is changed or deleted.

A put of DynamoDB that overwrites cannot be forbidden by IAM; it would break the chain, and every console notices that. Source:
"Using IAM policy conditions for fine-grained access control" (Amazon DynamoDB Developer Guide), "Enforce conditional writes on
Amazon S3 buckets" (Amazon S3 User Guide), GRANT (PostgreSQL).
"""

from collections.abc import Callable, Iterator
from typing import Any

from services.journal.ledgers.registry import LedgerAddress
from services.journal.ledgers.tables import DEFAULT_USER
from services.models.runbook import Runbook
from services.policy.arns import Arns

Statement = dict[str, Any]
ENGINE_WITHOUT_IAM = "postgresql"  # The scheme of the engine whose rights are granted in its own language


def iam_statements(address: LedgerAddress, runbook: Runbook, region: str = "") -> Iterator[Statement]:
    statements = _STATEMENTS.get(address.scheme)
    if statements is not None:
        yield from statements(address, _LedgerArns(address, runbook, region))


def grants(address: LedgerAddress) -> str:
    """SQL: the rights of the user that the consoles sign in as; the owner of the database runs it."""
    user = '"' + (address.user or DEFAULT_USER).replace('"', '""') + '"'
    database = '"' + address.place.rpartition("/")[2].replace('"', '""') + '"'
    return "\n".join(
        [
            f"GRANT CONNECT ON DATABASE {database} TO {user};",
            f"GRANT USAGE ON SCHEMA public TO {user};",
            f"REVOKE ALL ON toban_journal FROM {user};",
            f"GRANT SELECT, INSERT ON toban_journal TO {user};",
        ]
    )


class _LedgerArns:
    """The ARNs of one ledger, whose region and account may be others than the system's."""

    def __init__(self, address: LedgerAddress, runbook: Runbook, region: str) -> None:
        self.system = str(runbook.system.id)
        self._arns = Arns(runbook, address.option("region") or region)
        role = address.option("role_arn").split(":")
        self._account = role[4] if len(role) > 4 else self._arns.account

    def table(self, name: str) -> str:
        return f"arn:{self._arns.partition}:dynamodb:{self._arns.region}:{self._account}:table/{name}"

    def bucket(self, name: str) -> str:
        return f"arn:{self._arns.partition}:s3:::{name}"


def _dynamodb(address: LedgerAddress, arns: _LedgerArns) -> Iterator[Statement]:
    table = arns.table(address.place)
    yield {
        "Sid": "ReadAndAppendRecords",
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
        "Resource": [table],
        "Condition": {
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [arns.system]},
            # Of no values all are equal: without this, a request that names no key would be allowed.
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    }
    yield {
        "Sid": "NeverRewriteRecords",
        "Effect": "Deny",
        "Action": [
            "dynamodb:BatchWriteItem",
            "dynamodb:Delete*",
            "dynamodb:PartiQLDelete",
            "dynamodb:PartiQLUpdate",
            "dynamodb:Update*",
        ],
        "Resource": [table],
    }


def _s3(address: LedgerAddress, arns: _LedgerArns) -> Iterator[Statement]:
    name, _slash, prefix = address.place.partition("/")
    bucket, keys = arns.bucket(name), f"{prefix}/{arns.system}/" if prefix else f"{arns.system}/"
    yield {
        "Sid": "AppendRecords",
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": [f"{bucket}/{keys}*"],
        "Condition": {"Null": {"s3:if-none-match": "false"}},
    }
    yield {
        "Sid": "ReadRecords",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": [f"{bucket}/{keys}*"],
    }
    yield {
        "Sid": "ListRecords",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [bucket],
        "Condition": {"StringLike": {"s3:prefix": f"{keys}*"}},
    }
    yield {
        "Sid": "NeverRewriteRecords",
        "Effect": "Deny",
        "Action": ["s3:BypassGovernanceRetention", "s3:Delete*"],
        "Resource": [bucket, f"{bucket}/{keys}*"],
    }


_STATEMENTS: dict[str, Callable[[LedgerAddress, _LedgerArns], Iterator[Statement]]] = {
    "dynamodb": _dynamodb,
    "s3": _s3,
}
