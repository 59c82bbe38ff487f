"""A ledger as objects of an S3 bucket: one object a record, put only where none is, listed and read in order.
Source: PutObject (If-None-Match), ListObjectsV2, GetObject, "Conditional writes" (Amazon S3 API reference and
user guide)."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.aws.client.errors import AwsError
from services.aws.client.reader import incomplete, rows
from services.aws.client.response_limits import limit_of
from services.aws.ledgers.table import MOST_BYTES, LedgerSession
from services.i18n import _

PUT, GET, LIST = ("s3", "PutObject"), ("s3", "GetObject"), ("s3", "ListObjectsV2")
LARGEST = limit_of("s3")  # Bytes of a record: no more is read back
DIGITS = 12
PAGE = 1000
AT_ONCE = 8  # Objects that are read at the same time
PUT_SECONDS, READ_SECONDS = 10.0, 20.0
_NAME = re.compile(rf"[0-9]{{{DIGITS}}}\.json")
_TAKEN = "PreconditionFailed"
CONFLICT = "ConditionalRequestConflict"
"""S3's code for a put that met another one: nothing was stored, and it may be tried again."""


@dataclass(frozen=True, slots=True)
class LedgerFolder:
    """The records of one ledger in one bucket: all that its session may put to, or get."""

    bucket: str
    prefix: str  # Of every key, "" or with a slash at its end
    ledger: str

    def accepts(self, service: str, operation: str, params: object) -> bool:
        if not isinstance(params, Mapping) or params.get("Bucket") != self.bucket:
            return False
        if (service, operation) == PUT:
            keys = {"Bucket", "Key", "Body", "ContentType", "IfNoneMatch"}
            return params.keys() == keys and params["IfNoneMatch"] == "*" and self._is_ours(params["Key"])
        # The SDK asks for a checksum, too.
        return (
            (service, operation) == GET
            and params.keys() - {"ChecksumMode"} == {"Bucket", "Key"}
            and self._is_ours(params["Key"])
        )

    def key(self, seq: int) -> str:
        return f"{self.folder}{seq:0{DIGITS}d}.json"

    @property
    def folder(self) -> str:
        return f"{self.prefix}{self.ledger}/"

    def _is_ours(self, key: object) -> bool:
        return (
            isinstance(key, str)
            and key.startswith(self.folder)
            and _NAME.fullmatch(key[len(self.folder) :]) is not None
        )


class LedgerBucket:
    def __init__(self, session: LedgerSession, folder: LedgerFolder) -> None:
        self._session = session
        self._folder = folder
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def put(self, seq: int, record: bytes) -> bytes | None:
        """Put a record where none is: None if it was stored, else what stands there. Raises AwsError."""
        request = {
            "Bucket": self._folder.bucket,
            "Key": self._folder.key(seq),
            "Body": record,
            "ContentType": "application/json",
            "IfNoneMatch": "*",
        }
        try:
            await self._session.append(request, call=PUT, timeout=PUT_SECONDS)
        except AwsError as error:
            if error.code != _TAKEN:
                raise
            return await self._content(self._folder.key(seq))
        return None

    async def after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` records with greater numbers, ascending; S3 reads consistently. Raises AwsError."""
        keys = await self._keys(number, limit)
        contents = await asyncio.gather(*map(self._content, keys))
        return [(self._number(key), content) for key, content in zip(keys, contents, strict=True)]

    async def _keys(self, number: int, limit: int) -> list[str]:
        keys: list[str] = []
        size = 0
        while len(keys) < limit:
            start = {"StartAfter": self._folder.key(number)} if number >= 0 else {}
            answer = await self._session.read(
                *LIST,
                required=("IsTruncated",),
                timeout=READ_SECONDS,
                Bucket=self._folder.bucket,
                Prefix=self._folder.folder,
                MaxKeys=min(PAGE, limit - len(keys)),
                **start,
            )
            contents = rows(answer, "Contents")
            page = [str(row.get("Key")) for row in contents]
            numbers = [self._number(key) for key in page]
            if numbers != sorted({each for each in numbers if each > number}):
                raise incomplete(_("The records are not in order."), *LIST)
            for key, row in zip(page, contents, strict=True):
                keys.append(key)
                size += int(row.get("Size", 0))
                if size >= MOST_BYTES:
                    return keys
            if not answer["IsTruncated"] or not page:
                break
            number = numbers[-1]
        return keys

    async def _content(self, key: str) -> bytes:
        async with self._slots:
            try:
                answer = await self._session.read(
                    *GET, required=("Body",), timeout=READ_SECONDS, Bucket=self._folder.bucket, Key=key
                )
            except AwsError as error:
                if error.code != "NoSuchKey":
                    raise
                # The object was there a moment ago.
                raise incomplete(_("The number is taken, but there is no record."), *GET) from error
        body: bytes = answer["Body"]
        return body

    def _number(self, key: str) -> int:
        name = key.removeprefix(self._folder.folder)
        if not _NAME.fullmatch(name):
            raise incomplete(_("There is an object that is no record of a journal."), *LIST)
        return int(name.removesuffix(".json"))
