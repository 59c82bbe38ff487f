"""S3: lists the objects under a prefix; never a whole bucket. Source: ListObjectsV2 (Amazon S3 API
reference)."""

from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, rows, when
from services.i18n import _
from services.models.s3 import ObjectListing, StoredObject

PAGE = 1000  # Maximum objects per request


class S3Reader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def under(self, bucket: str, prefix: str, *, pages: int) -> ObjectListing:
        """The objects under `prefix`, in at most `pages` requests. Raises AwsError (NotFound: no such
        bucket). S3 lists in key order, so keys that contain a date are in order of date."""
        if not prefix:
            raise ValueError("a prefix is needed")
        objects: list[StoredObject] = []
        token: dict[str, Any] = {}
        for number in range(1, pages + 1):
            answer = await self._session.read(
                "s3",
                "ListObjectsV2",
                required=("IsTruncated",),
                Bucket=bucket,
                Prefix=prefix,
                MaxKeys=PAGE,
                **token,
            )
            objects += [_object(row) for row in rows(answer, "Contents")]
            if not answer["IsTruncated"]:
                return ObjectListing(objects=tuple(objects), complete=True, pages=number)
            token = {"ContinuationToken": str(answer.get("NextContinuationToken") or "")}
            if not token["ContinuationToken"]:
                raise _cut()
        return ObjectListing(objects=tuple(objects), complete=False, pages=pages)


def _object(row: Answer) -> StoredObject:
    modified = when(row.get("LastModified"))
    if modified is None:
        raise _cut()
    return StoredObject(key=row.get("Key"), size=int(row.get("Size") or 0), modified=modified)


def _cut() -> Exception:
    return incomplete(_("S3's list of objects is incomplete."), "s3", "ListObjectsV2")
