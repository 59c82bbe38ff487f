"""The requests that may go to GitHub: these reads, and one write with a grant. The counterpart of AWS's gate.

Source: docs.github.com, REST API, "Actions secrets", "Workflow runs".
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.aws.client.write_grants import WriteGrant

SERVICE, PUT_SECRET = "github", "PutSecret"
"""Service and operation of the only write, as a plan's request names them."""
_NAME = r"(?!\.+(?:/|$))[A-Za-z0-9_.%-]+"
_SCOPE = rf"(?:orgs/{_NAME}/actions|repos/{_NAME}/{_NAME}/(?:actions|environments/{_NAME}))"
_READS = (
    re.compile(rf"{_SCOPE}/secrets/public-key"),
    re.compile(rf"{_SCOPE}/secrets/{_NAME}(?:/repositories)?"),
    re.compile(rf"repos/{_NAME}/{_NAME}/actions/(?:workflows/{_NAME}/)?runs"),
)
_WRITE = re.compile(rf"{_SCOPE}/secrets/(?!public-key$){_NAME}")


def may_read(path: str) -> bool:
    """Whether a GET of this path is one of the console's reads."""
    return any(pattern.fullmatch(path) for pattern in _READS)


def written_path(permit: "WriteGrant") -> str:
    """The path that a grant lets be written; "" if it is no grant for a secret."""
    call, params = permit.call, permit.call.params
    path = f"{params.get('Scope')}/secrets/{params.get('SecretName')}"
    is_granted = (call.service, call.operation) == (SERVICE, PUT_SECRET)
    return path if is_granted and _WRITE.fullmatch(path) else ""
