"""One AWS request as it is planned, confirmed and sent."""

import json
from collections.abc import Mapping
from typing import Any

from services.models.base import Model
from services.models.canonical import canonical, digest


class AwsCall(Model):
    """Exactly one AWS request; what is confirmed is what is sent."""

    service: str
    """As botocore names it."""
    operation: str
    region: str
    body: str
    """The parameters as canonical JSON."""

    @property
    def params(self) -> dict[str, Any]:
        parameters = json.loads(self.body)
        assert isinstance(parameters, dict)
        return parameters

    @property
    def party(self) -> str:
        """Who carries it out: the service is GitHub's, or this program's own, where it is not one of AWS."""
        return {"github": "GitHub", "toban": "Toban"}.get(self.service, "AWS")

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of service, operation, region and parameters."""
        return digest([self.service, self.operation, self.region, self.body])


def aws_call(service: str, operation: str, region: str, params: Mapping[str, Any]) -> AwsCall:
    return AwsCall(service=service, operation=operation, region=region, body=canonical(dict(params)))
