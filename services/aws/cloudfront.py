"""Source: GetDistribution, GetInvalidation, ListInvalidations (Amazon CloudFront API reference)."""

from datetime import datetime
from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, readable_name, rows, when, whole
from services.i18n import _
from services.models.base import RawId
from services.models.cloudfront import Distribution, Invalidation, InvalidationListing, InvalidationSummary

SERVICE = "cloudfront"
PAGE = 100  # Maximum invalidations per request
COMPLETED = "Completed"
_STATUSES = frozenset({"InProgress", COMPLETED})


class CloudFrontReader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def distribution(self, id: str) -> Distribution:
        """One distribution. Raises AwsError (NotFound: there is none)."""
        answer = await self._session.read(SERVICE, "GetDistribution", required=("Distribution",), Id=id)
        row = answer["Distribution"]
        settings = row.get("DistributionConfig") or {}
        in_progress = whole(row.get("InProgressInvalidationBatches"))
        enabled, status = settings.get("Enabled"), row.get("Status")
        if in_progress is None or not isinstance(enabled, bool) or not status:
            raise incomplete(
                _("CloudFront's answer on the distribution is incomplete."), SERVICE, "GetDistribution"
            )
        return Distribution(
            id=RawId(id),
            domain=row.get("DomainName") or "",
            aliases=tuple((settings.get("Aliases") or {}).get("Items") or ()),
            status=status,
            enabled=enabled,
            in_progress=in_progress,
        )

    async def invalidation(self, distribution: str, id: str) -> Invalidation:
        """One invalidation with its paths. Raises AwsError (NotFound: there is none)."""
        answer = await self._session.read(
            SERVICE, "GetInvalidation", required=("Invalidation",), DistributionId=distribution, Id=id
        )
        row = answer["Invalidation"]
        summary = _summary(row, "GetInvalidation")
        batch = row.get("InvalidationBatch") or {}
        paths = batch.get("Paths") or {}
        listed = tuple(readable_name(path) for path in paths.get("Items") or ())
        reference = readable_name(batch.get("CallerReference"))
        if not reference or not all(listed) or not listed or whole(paths.get("Quantity")) != len(listed):
            raise _unreadable("GetInvalidation")
        return Invalidation(
            **dict(summary), reference=RawId(reference), paths=tuple(RawId(path) for path in listed)
        )

    async def invalidations(
        self, distribution: str, since: datetime, *, pages: int = 10
    ) -> InvalidationListing:
        """The invalidations requested since `since`, newest first, in at most `pages` requests. Raises AwsError."""
        summaries: list[InvalidationSummary] = []
        marker: dict[str, Any] = {}
        for _page in range(pages):
            answer = await self._session.read(
                SERVICE,
                "ListInvalidations",
                required=("InvalidationList",),
                DistributionId=distribution,
                MaxItems=str(PAGE),
                **marker,
            )
            listing = answer["InvalidationList"]
            page = [_summary(row, "ListInvalidations") for row in rows(listing, "Items")]
            if whole(listing.get("Quantity")) != len(page) or not isinstance(
                listing.get("IsTruncated"), bool
            ):
                raise _unreadable("ListInvalidations")
            summaries += [summary for summary in page if summary.created >= since]
            if not listing["IsTruncated"] or any(summary.created < since for summary in page):
                return InvalidationListing(invalidations=tuple(summaries), is_complete=True)
            marker = {"Marker": str(listing.get("NextMarker") or "")}
            if not marker["Marker"]:
                raise _unreadable("ListInvalidations")
        return InvalidationListing(invalidations=tuple(summaries), is_complete=False)


def _summary(row: Answer, operation: str) -> InvalidationSummary:
    id, created, status = readable_name(row.get("Id")), when(row.get("CreateTime")), row.get("Status")
    if not id or created is None or status not in _STATUSES:
        raise _unreadable(operation)
    return InvalidationSummary(id=RawId(id), created=created, is_completed=status == COMPLETED)


def _unreadable(operation: str) -> Exception:
    return incomplete(_("CloudFront's answer on invalidations is incomplete."), SERVICE, operation)
