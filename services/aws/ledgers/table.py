"""A ledger in one DynamoDB table: records of one partition, put if their number is free and read in order.
Source: PutItem, Query, "Condition expressions", "Service quotas" (Amazon DynamoDB API reference and developer
guide)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from services.aws.client.errors import AwsError
from services.aws.client.reader import Answer, incomplete
from services.i18n import _

PUT, QUERY = ("dynamodb", "PutItem"), ("dynamodb", "Query")
CONDITION = "attribute_not_exists(seq)"
SELECTION = "ledger = :ledger AND seq > :after"
LARGEST = 400 * 1024  # Bytes of an item, with the names of its attributes
_REST = 128  # Bytes for the names of the attributes and the number
_PUT_KEYS = {"TableName", "Item", "ConditionExpression", "ReturnValuesOnConditionCheckFailure"}
_QUERY_KEYS = {"TableName", "KeyConditionExpression", "ExpressionAttributeValues", "ConsistentRead", "Limit"}
_CONDITION_FAILED = "ConditionalCheckFailedException"
PAGE = 1000  # Records of one request at most
MOST_BYTES = 16 << 20  # Bytes of records after which a read ends, as if no more were wanted
PUT_SECONDS, READ_SECONDS = 10.0, 20.0  # Time-outs of a put and of one page


def largest_record(ledger: str) -> int:
    """Bytes of a record of this ledger at most."""
    return LARGEST - _REST - len(ledger.encode())


@dataclass(frozen=True, slots=True)
class LedgerPartition:
    """The records of one ledger in one table: all that its session may put to, or query."""

    table: str
    ledger: str

    def accepts(self, service: str, operation: str, params: object) -> bool:
        if not isinstance(params, Mapping) or params.get("TableName") != self.table:
            return False
        if (service, operation) == PUT:
            item = params.get("Item")
            return (
                params.keys() == _PUT_KEYS
                and params["ConditionExpression"] == CONDITION
                and isinstance(item, Mapping)
                and item.keys() == {"ledger", "seq", "record"}
                and item["ledger"] == {"S": self.ledger}
            )
        values = params.get("ExpressionAttributeValues")
        return (
            (service, operation) == QUERY
            and params.keys() <= _QUERY_KEYS
            and params.get("KeyConditionExpression") == SELECTION
            and isinstance(values, Mapping)
            and values.get(":ledger") == {"S": self.ledger}
        )


class LedgerSession(Protocol):
    async def append(
        self, params: dict[str, Any], /, *, call: tuple[str, str], timeout: float = 10.0
    ) -> Answer: ...

    async def read(
        self, service: str, operation: str, /, *, required: tuple[str, ...], timeout: float, **params: Any
    ) -> Answer: ...


class LedgerTable:
    def __init__(self, session: LedgerSession, partition: LedgerPartition) -> None:
        self._session = session
        self._partition = partition

    async def put(self, seq: int, record: bytes) -> bytes | None:
        """Put a record under a free number: None if it was stored, else what stands there. Raises AwsError."""
        item = {
            "ledger": {"S": self._partition.ledger},
            "seq": {"N": str(seq)},
            "record": {"S": record.decode()},
        }
        request = {
            "TableName": self._partition.table,
            "Item": item,
            "ConditionExpression": CONDITION,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            await self._session.append(request, call=PUT, timeout=PUT_SECONDS)
        except AwsError as error:
            if error.code != _CONDITION_FAILED:
                raise
            if error.standing_item is not None:
                return _record(error.standing_item, PUT)[1]
            return await self._standing(seq)
        return None

    async def after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` records with greater numbers, ascending; read consistently. Raises AwsError."""
        records: list[tuple[int, bytes]] = []
        size = 0
        while len(records) < limit and size < MOST_BYTES:
            answer = await self._session.read(
                *QUERY,
                required=("Items",),
                timeout=READ_SECONDS,
                TableName=self._partition.table,
                KeyConditionExpression=SELECTION,
                ExpressionAttributeValues={
                    ":ledger": {"S": self._partition.ledger},
                    ":after": {"N": str(number)},
                },
                ConsistentRead=True,
                Limit=min(PAGE, limit - len(records)),
            )
            page = [_record(item, QUERY) for item in answer["Items"]]
            if [seq for seq, _content in page] != sorted({seq for seq, _content in page if seq > number}):
                raise incomplete(_("The records are not in order."), *QUERY)
            records += page
            size += sum(len(content) for _seq, content in page)
            following = answer.get("LastEvaluatedKey")
            if not following:
                break
            # A page ends at 1 MB.
            number, before = _number(following, QUERY), number
            if number <= before:
                raise incomplete(_("AWS returned the same page token twice."), *QUERY)
        return records

    async def _standing(self, seq: int) -> bytes:
        records = await self.after(seq - 1, 1)
        if not records or records[0][0] != seq:
            raise incomplete(_("The number is taken, but there is no record."), *QUERY)
        return records[0][1]


def _record(item: Mapping[str, Any], call: tuple[str, str]) -> tuple[int, bytes]:
    """Number and record of an item. Raises Incomplete."""
    try:
        return _number(item, call), str(item["record"]["S"]).encode()
    except (KeyError, TypeError) as error:
        raise incomplete(_("A record lacks its number or its text."), *call) from error


def _number(key: Mapping[str, Any], call: tuple[str, str]) -> int:
    """The number of an item or of its key. Raises Incomplete."""
    try:
        return int(key["seq"]["N"])
    except (KeyError, TypeError, ValueError) as error:
        raise incomplete(_("A record lacks its number or its text."), *call) from error
