"""S3: the bucket of the firewall's logs, listed by a day's prefix only; every other bucket is moto's.

Source: ListObjectsV2 (Amazon S3 API reference).
"""

import re
from hashlib import md5
from typing import Any

from services.demo.cloudwatch.paging import page_of
from services.demo.registry import Call, Fault, ToMoto, op
from services.demo.waf.log import BUCKET, FirewallLog

PAGE = 1000
_DAY = re.compile(r"(^|/)\d{4}/\d{2}/\d{2}/")


@op("s3", "ListObjectsV2")
def list_objects_v2(call: Call) -> dict[str, Any]:
    """The objects under a prefix, by key. The policy of the operators' role has a condition on `s3:prefix`."""
    params = call.params
    if call.world.facility is None or params["Bucket"] != BUCKET:
        raise ToMoto
    prefix = params.get("Prefix") or ""
    if not _DAY.search(prefix):
        raise Fault("AccessDenied", "Access Denied", 403)
    size = min(params.get("MaxKeys") or PAGE, PAGE)
    found = call.world.part(FirewallLog).objects(prefix)
    page, more = page_of(found, lambda each: each.key, params.get("ContinuationToken"), size)
    token = {"NextContinuationToken": more["NextToken"]} if more else {}
    rows = [
        {
            "Key": each.key,
            "LastModified": each.modified,
            "ETag": f'"{md5(each.key.encode(), usedforsecurity=False).hexdigest()}"',
            "Size": each.size,
            "StorageClass": "STANDARD",
        }
        for each in page
    ]
    told = {
        "Name": BUCKET,
        "Prefix": prefix,
        "MaxKeys": size,
        "KeyCount": len(rows),
        "IsTruncated": bool(more),
    }
    return told | ({"Contents": rows} if rows else {}) | token
