"""Source: GetServiceQuota, GetAWSDefaultServiceQuota (Service Quotas API reference), "AWS Fargate service quotas"."""

from services.aws.client.errors import NotFound
from services.aws.client.reader import Reader, finite, incomplete
from services.i18n import _
from services.models.base import Quota

SERVICE = "service-quotas"
FARGATE, VCPUS = "fargate", "L-3032A538"
"""Service code, and quota code of "Fargate On-Demand vCPU resource count"."""


class ServiceQuotas:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def fargate_vcpus(self) -> Quota:
        """vCPUs that all On-Demand tasks of the region may have; AWS's default if none was set. Raises AwsError."""
        try:
            return await self._quota("GetServiceQuota", default=False)
        except NotFound:
            return await self._quota("GetAWSDefaultServiceQuota", default=True)

    async def _quota(self, operation: str, *, default: bool) -> Quota:
        answer = await self._session.read(
            SERVICE, operation, required=("Quota",), ServiceCode=FARGATE, QuotaCode=VCPUS
        )
        value = finite((answer["Quota"] or {}).get("Value"))
        if value is None or value < 0:
            raise incomplete(_("AWS returned a quota without its value."), SERVICE, operation)
        return Quota(value=value, is_default=default)
