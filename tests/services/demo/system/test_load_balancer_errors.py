"""The load balancer's own errors: which status codes it answers with, and when it still routes requests.
Source: "Health checks for Application Load Balancer target groups" (a group with only unhealthy targets fails
open) and "Troubleshoot your Application Load Balancers" (HTTP 503: no registered targets)."""

from typing import Any

import pytest

from services.demo import names
from services.demo.effects import Errors
from services.demo.scenario import Scenario, Words
from tests.services.demo.client import ask, sums

WORDS = Words(title="t", watch="w")
UNHEALTHY = Scenario(
    name="unhealthy",
    ja=WORDS,
    en=WORDS,
    effects=(Errors(kind="errors", at=0, share=0.9, cause="application", unhealthy=2),),
)


async def total(embedded: Any, metric: str) -> float:
    """Sum of the last three minutes."""
    now = int(embedded.clock.now().timestamp()) // 60 * 60
    dimensions = [("LoadBalancer", names.BALANCER)]
    return sum(await sums(embedded.url, "AWS/ApplicationELB", metric, dimensions, now - 180, now))


@pytest.mark.scenario(UNHEALTHY)
async def test_unhealthy_targets_receive_requests_if_no_other_is_registered(embedded):
    embedded.advance(240)
    health = await ask(embedded.url, "elbv2", "DescribeTargetHealth", TargetGroupArn=names.GROUP_ARN)
    assert {row["TargetHealth"]["State"] for row in health["TargetHealthDescriptions"]} == {"unhealthy"}
    assert await total(embedded, "RequestCount") > 100
    assert await total(embedded, "HTTPCode_ELB_503_Count") == 0
    assert await total(embedded, "HTTPCode_ELB_502_Count") > 10
    assert await total(embedded, "HTTPCode_Target_5XX_Count") > 50


async def test_without_a_registered_target_every_answer_is_503_and_no_request_is_counted(embedded):
    of = {"cluster": names.CLUSTER, "service": names.SERVICE}
    await ask(embedded.url, "ecs", "UpdateService", **of, desiredCount=0)
    embedded.advance(120)
    embedded.advance(240)
    health = await ask(embedded.url, "elbv2", "DescribeTargetHealth", TargetGroupArn=names.GROUP_ARN)
    assert health["TargetHealthDescriptions"] == []
    assert await total(embedded, "RequestCount") == 0
    assert await total(embedded, "HTTPCode_Target_5XX_Count") == 0
    refused = await total(embedded, "HTTPCode_ELB_503_Count")
    assert refused == await total(embedded, "HTTPCode_ELB_5XX_Count") > 100


@pytest.mark.scenario("alb-5xx")
async def test_the_codes_add_up_to_the_sum(embedded):
    embedded.advance(300)
    codes = [await total(embedded, f"HTTPCode_ELB_{code}_Count") for code in (500, 502, 503, 504)]
    assert sum(codes) == await total(embedded, "HTTPCode_ELB_5XX_Count") > 0
    assert codes[2] == 0, "targets are registered"
