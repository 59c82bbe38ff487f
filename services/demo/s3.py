"""Source: ListObjectsV2 (Amazon S3 API reference)."""

import re
from hashlib import md5
from typing import Any

from services.demo.errors import AwsErrorResponse, ToMoto
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.waf.log import BUCKET, FirewallLog

PAGE = 1000
_DAY = re.compile(r"(^|/)\d{4}/\d{2}/\d{2}/")


@op("s3", "ListObjectsV2", of_system=True)
def list_objects_v2(call: Call) -> dict[str, Any]:
    params = call.params
    if params["Bucket"] != BUCKET:
        raise ToMoto
    prefix = params.get("Prefix") or ""
    if not _DAY.search(prefix):
        raise AwsErrorResponse("AccessDenied", "Access Denied", 403)
    size = min(params.get("MaxKeys") or PAGE, PAGE)
    objects = call.component(FirewallLog).objects(prefix)
    page, more = page_of(objects, lambda item: item.key, params, size, "ContinuationToken")
    token = {f"Next{key}": value for key, value in more.items()}
    rows = [
        {
            "Key": item.key,
            "LastModified": item.modified,
            "ETag": f'"{md5(item.key.encode(), usedforsecurity=False).hexdigest()}"',
            "Size": item.size,
            "StorageClass": "STANDARD",
        }
        for item in page
    ]
    result = {
        "Name": BUCKET,
        "Prefix": prefix,
        "MaxKeys": size,
        "KeyCount": len(rows),
        "IsTruncated": bool(more),
    }
    return result | ({"Contents": rows} if rows else {}) | token
