"""Source: WebACL, LoggingConfiguration, SampledHTTPRequest (AWS WAFV2 API reference)."""

from datetime import datetime
from typing import Literal

from services.models.base import Clean, Model, RawId
from services.models.metrics import TimeSpan


class FirewallRule(Model):
    name: Clean
    metric: RawId
    """Its name in CloudWatch's dimension `Rule` and in GetSampledRequests."""
    sampled: bool
    """Whether matching requests are sampled."""
    blocks: bool
    """Whether it may block; otherwise it counts, allows, or issues a challenge or CAPTCHA."""


class WebAcl(Model):
    name: Clean
    arn: RawId
    metric: RawId
    """Its name in CloudWatch's dimension `WebACL`."""
    measured: bool
    """Whether it publishes metrics."""
    blocks_by_default: bool
    """Whether requests that no rule allows are blocked."""
    rules: tuple[FirewallRule, ...] = ()
    """Rules in order of evaluation."""


class LogDestination(Model):
    kind: Literal["firehose", "s3", "logs", "other"]
    name: Clean
    """Name of the delivery stream, bucket or log group."""


class SampledRequest(Model):
    at: datetime
    address: Clean
    country: Clean
    uri: Clean
    blocked: bool
    weight: float
    """How many requests it stands for, relative to the others of its rule."""


class Samples(Model):
    rule: Clean
    population: int
    """Number of requests that the sample was drawn from, whatever the action."""
    span: TimeSpan
    """The time covered by the sample; shorter than requested if there were more than 5,000 requests."""
    requests: tuple[SampledRequest, ...] = ()
    unread: int = 0
    """Number of unreadable requests in the sample."""


class BlockedGroup(Model):
    kind: Literal["address", "rule", "country", "uri", "all"]
    name: Clean = ""
    country: Clean = ""
    """Of an address."""
    count: int
    first: datetime | None = None
    """Time of the oldest request; None: not known."""
    last: datetime | None = None
