"""Source: GetDistribution, GetInvalidation, ListInvalidations (Amazon CloudFront API reference)."""

from datetime import datetime

from services.models.base import Clean, Model, RawId


class Distribution(Model):
    id: RawId
    domain: Clean
    """`d111111abcdef8.cloudfront.net`"""
    aliases: tuple[Clean, ...] = ()
    """Its own domain names (CNAMEs)."""
    status: Clean
    """`Deployed`, or `InProgress` while a new configuration reaches the edge locations."""
    enabled: bool
    in_progress: int
    """Number of its invalidations that are not completed."""


class InvalidationSummary(Model):
    id: RawId
    created: datetime
    """When it was requested (UTC)."""
    is_completed: bool


class Invalidation(InvalidationSummary):
    reference: RawId
    """CallerReference of the request: the same with the same paths is the same invalidation."""
    paths: tuple[RawId, ...]


class InvalidationListing(Model):
    invalidations: tuple[InvalidationSummary, ...] = ()
    """Newest first."""
    is_complete: bool
    """Whether it reaches back to the time that was asked for."""
