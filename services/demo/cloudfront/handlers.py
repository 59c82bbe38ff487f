"""Handlers for the runbook's CloudFront distribution, the only one of the account.

moto answers CloudFront only in us-east-1, and a client with an endpoint of its own signs for its own region.

Source: GetDistribution, CreateInvalidation, GetInvalidation, ListInvalidations (Amazon CloudFront API reference).
"""

from typing import Any

from services.demo.account import SYSTEM
from services.demo.cloudfront.model import DistributionCache
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op
from services.demo.scenario import TOKYO
from services.demo.system import names

PAGE = 100
"""MaxItems: default and greatest."""
_URI = "https://cloudfront.amazonaws.com/2020-05-31/distribution"


@op("cloudfront", "GetDistribution")
def get_distribution(call: Call) -> dict[str, Any]:
    cache = _cache(call, call.params["Id"])
    origin = {
        "Id": "web",
        "DomainName": f"{SYSTEM}-prod-web.s3.ap-northeast-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    config = {
        "CallerReference": f"{SYSTEM}-prod",
        "Aliases": {"Quantity": 1, "Items": [f"{SYSTEM}.city.example.jp"]},
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "web", "ViewerProtocolPolicy": "redirect-to-https"},
        "Comment": f"{SYSTEM}-prod",
        "Enabled": True,
    }
    modified = call.run.began.astimezone(TOKYO).replace(
        month=1, day=1, hour=10, minute=0, second=0, microsecond=0
    )
    distribution = {
        "Id": names.DISTRIBUTION,
        "ARN": f"arn:aws:cloudfront::{call.account}:distribution/{names.DISTRIBUTION}",
        "Status": "Deployed",
        "LastModifiedTime": modified,
        "InProgressInvalidationBatches": len(cache.in_progress(call.now)),
        "DomainName": "d1234567890abc.cloudfront.net",
        "DistributionConfig": config,
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
