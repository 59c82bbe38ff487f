"""The variables that name an endpoint in place of Amazon's, by the SDK's rules.

Source: "Service-specific endpoints", AWS SDKs and Tools reference guide; botocore's `ConfiguredEndpointProvider`.
"""

import os

from botocore.utils import CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES as SERVICE_IDS

from services.aws.client.direct.static_keys import ENDPOINT, IGNORE_ENDPOINTS


def endpoint_of_environment(service: str) -> str:
    """The endpoint that the environment names for a service (the SDK's name of it); "": Amazon's."""
    if os.environ.get(IGNORE_ENDPOINTS, "").lower() == "true":
        return ""
    service_id = SERVICE_IDS.get(service, service).replace("-", "_").upper()
    return os.environ.get(f"{ENDPOINT}_{service_id}") or os.environ.get(ENDPOINT) or ""
