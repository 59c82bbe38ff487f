"""Handlers for Service Quotas: how many vCPUs Fargate tasks may have; moto knows quotas of VPC only.

Source: GetServiceQuota, GetAWSDefaultServiceQuota (Service Quotas API reference), "Amazon ECS service quotas".
"""

from typing import Any

from services.demo.account import ACCOUNT
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op

FARGATE, VCPUS = "fargate", "L-3032A538"
DEFAULT = 6.0
"""vCPUs that a new account may use at once."""
APPLIED = 16.0
"""vCPUs that this account may use."""


@op("service-quotas", "GetServiceQuota")
@op("service-quotas", "GetAWSDefaultServiceQuota")
def get_service_quota(call: Call) -> dict[str, Any]:
    if (call.params["ServiceCode"], call.params["QuotaCode"]) != (FARGATE, VCPUS):
        raise AwsErrorResponse(
            "NoSuchResourceException", "The request failed because there is no such quota."
        )
    quota = {
        "ServiceCode": FARGATE,
        "ServiceName": "AWS Fargate",
        "QuotaArn": f"arn:aws:servicequotas:{call.region}:{ACCOUNT}:{FARGATE}/{VCPUS}",
        "QuotaCode": VCPUS,
        "QuotaName": "Fargate On-Demand vCPU resource count",
        "Value": APPLIED if call.operation == "GetServiceQuota" else DEFAULT,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
    return {"Quota": quota}
