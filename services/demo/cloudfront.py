"""The runbook's CloudFront distribution, the only one of the account, and its invalidations. moto answers
CloudFront only in us-east-1, and a client with an endpoint of its own signs for its own region. Source:
GetDistribution, CreateInvalidation, GetInvalidation, ListInvalidations, Invalidation (Amazon CloudFront API
reference); Invalidating files, Quotas (Amazon CloudFront Developer Guide)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from services.demo import names
from services.demo.account import answer_of
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op
from services.demo.scenario import TOKYO, ScenarioRun

EXACT_SECONDS, WILDCARD_SECONDS = 60.0, 150.0
"""How long an invalidation takes, without and with a path that ends with `*`."""
MOST_FILES, MOST_WILDCARDS = 3000, 15
"""Paths of a distribution that may be in progress at once, without and with `*`."""
PAST_WEEKS = 9
"""Weeks before the scenario's beginning in which the deployment of each Sunday made an invalidation."""
DEPLOYMENT_PATHS = ("/index.html", "/manifest.json")
_PATH = re.compile(r"/(?:[!$&'()*+,\-./0-9:;=?@A-Z_a-z]|%[0-9A-Fa-f]{2})*")
"""A path without characters that RFC 1738 calls unsafe."""


@dataclass(frozen=True, slots=True)
class DemoInvalidation:
    paths: tuple[str, ...]
    reference: str
    created: datetime

    @property
    def id(self) -> str:
        return "I" + sha256(self.reference.encode()).hexdigest()[:13].upper()

    @property
    def wildcards(self) -> int:
        return sum(path.endswith("*") for path in self.paths)

    def is_completed(self, now: datetime) -> bool:
        seconds = WILDCARD_SECONDS if self.wildcards else EXACT_SECONDS
        return now >= self.created + timedelta(seconds=seconds)

    def summary(self, now: datetime) -> dict[str, object]:
        status = "Completed" if self.is_completed(now) else "InProgress"
        return {"Id": self.id, "CreateTime": self.created, "Status": status}

    def describe(self, now: datetime) -> dict[str, object]:
        paths = {"Quantity": len(self.paths), "Items": list(self.paths)}
        return self.summary(now) | {"InvalidationBatch": {"Paths": paths, "CallerReference": self.reference}}


class DistributionCache:
    def __init__(self, run: ScenarioRun) -> None:
        self.invalidations = [
            DemoInvalidation(DEPLOYMENT_PATHS, f"deploy-{at:%Y%m%d%H%M}", at)
            for at in reversed(_deployments(run))
        ]

    def create(self, paths: tuple[str, ...], reference: str, now: datetime) -> DemoInvalidation:
        """A new invalidation, or the earlier one of the same reference and paths. Raises AwsErrorResponse."""
        if not paths or any(len(path) > 4000 or _PATH.fullmatch(path) is None for path in paths):
            raise AwsErrorResponse(
                "InvalidArgument", "Your request contains one or more invalid invalidation paths."
            )
        earlier = next((batch for batch in self.invalidations if batch.reference == reference), None)
        if earlier is not None:
            if earlier.paths == paths:
                return earlier
            raise AwsErrorResponse(
                "InvalidationBatchAlreadyExists",
                "An invalidation batch with this caller reference already exists with other paths.",
                409,
            )
        created = DemoInvalidation(paths, reference, now.replace(microsecond=now.microsecond // 1000 * 1000))
        self._check_progress((*self.in_progress(now), created))
        self.invalidations.append(created)
        return created

    def in_progress(self, now: datetime) -> list[DemoInvalidation]:
        return [batch for batch in self.invalidations if not batch.is_completed(now)]

    def _check_progress(self, batches: tuple[DemoInvalidation, ...]) -> None:
        wildcards = sum(batch.wildcards for batch in batches)
        if wildcards > MOST_WILDCARDS or sum(len(batch.paths) for batch in batches) - wildcards > MOST_FILES:
            raise AwsErrorResponse(
                "TooManyInvalidationsInProgress",
                "Your request contains paths that exceed the number of invalidations in progress.",
            )


def _deployments(run: ScenarioRun) -> list[datetime]:
    """2:20 JST on the Sundays before the scenario's beginning, newest first."""
    began = run.began.astimezone(TOKYO)
    sunday = (began - timedelta(days=began.isoweekday() % 7)).replace(
        hour=2, minute=20, second=0, microsecond=0
    )
    starts = (sunday - timedelta(weeks=weeks) for weeks in range(PAST_WEEKS))
    return [start.astimezone(run.began.tzinfo) for start in starts if start < began]


PAGE = 100  # MaxItems: default and greatest
_URI = "https://cloudfront.amazonaws.com/2020-05-31/distribution"


@op("cloudfront", "GetDistribution")
def get_distribution(call: Call) -> dict[str, Any]:
    """The distribution: an S3 bucket with the web application, served under one domain name."""
    cache = _cache(call, call.params["Id"])
    distribution = answer_of("distribution") | {
        "LastModifiedTime": call.run.began.replace(month=1, day=1),
        "InProgressInvalidationBatches": len(cache.in_progress(call.now)),
    }
    return {"Distribution": distribution, "ETag": "E2QWRUHAPOMQZL"}


@op("cloudfront", "CreateInvalidation")
def create_invalidation(call: Call) -> dict[str, Any]:
    """Start an invalidation; the same reference with the same paths starts no second one."""
    cache = _cache(call, call.params["DistributionId"])
    batch = call.params["InvalidationBatch"]
    paths = tuple(batch["Paths"].get("Items") or ())
    if batch["Paths"]["Quantity"] != len(paths):
        raise AwsErrorResponse(
            "InconsistentQuantities", "The value of Quantity and the size of Items do not match."
        )
    invalidation = cache.create(paths, batch["CallerReference"], call.now)
    return {
        "Location": f"{_URI}/{names.DISTRIBUTION}/invalidation/{invalidation.id}",
        "Invalidation": invalidation.describe(call.now),
    }


@op("cloudfront", "GetInvalidation")
def get_invalidation(call: Call) -> dict[str, Any]:
    batches = _cache(call, call.params["DistributionId"]).invalidations
    batch = next((batch for batch in batches if batch.id == call.params["Id"]), None)
    if batch is None:
        raise AwsErrorResponse("NoSuchInvalidation", "The specified invalidation does not exist.", 404)
    return {"Invalidation": batch.describe(call.now)}


@op("cloudfront", "ListInvalidations")
def list_invalidations(call: Call) -> dict[str, Any]:
    """Every invalidation, newest first, without its paths; the marker is the id of the last one of a page."""
    batches = list(reversed(_cache(call, call.params["DistributionId"]).invalidations))
    marker = call.params.get("Marker") or ""
    ids = [batch.id for batch in batches]
    if marker and marker not in ids:
        raise AwsErrorResponse("InvalidArgument", "The specified marker is not valid.")
    rest = batches[ids.index(marker) + 1 :] if marker else batches
    size = min(int(call.params.get("MaxItems") or PAGE), PAGE)
    page, is_truncated = rest[:size], len(rest) > size
    return {
        "InvalidationList": {
            "Marker": marker,
            "MaxItems": size,
            "IsTruncated": is_truncated,
            "Quantity": len(page),
            "Items": [batch.summary(call.now) for batch in page],
        }
        | ({"NextMarker": page[-1].id} if is_truncated else {})
    }


def _cache(call: Call, distribution: str) -> DistributionCache:
    if call.run.scenario.empty or distribution != names.DISTRIBUTION:
        raise AwsErrorResponse("NoSuchDistribution", "The specified distribution does not exist.", 404)
    return call.component(DistributionCache)
