"""A distribution as rows and remarks for an operator. Pure."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.cache_invalidation.reading import CacheState
from services.i18n import _, plural
from services.models.changes import Fact
from services.models.date_text import zoned_time

SHOWN = 3
"""Maximum paths of an invalidation in one row."""


def facts(state: CacheState, free: int, zone: tzinfo) -> Iterator[Fact]:
    """The distribution's state, and this month's invalidations; `free` paths a month are not charged."""
    distribution = state.distribution
    if distribution is None:
        yield Fact(name=_("Distribution"), value="—", note=_("CloudFront has no such distribution"))
        return
    domains = distribution.aliases or (distribution.domain,)
    yield Fact(name=_("Domain"), value=_(", ").join(domains))
    enabled = _("enabled") if distribution.enabled else _("disabled")
    yield Fact(name=_("Distribution"), value=distribution.status, note=enabled)
    yield Fact(name=_("Invalidations in progress"), value=distribution.in_progress)
    yield Fact(
        name=_("Paths this month"), value=used_text(state), note=_("{free} free").format(free=f"{free:,}")
    )
    if state.newest is not None:
        done = _("completed") if state.newest.is_completed else _("in progress")
        note = _(", ").join((zoned_time(state.newest.created, zone), done))
        yield Fact(name=_("Newest invalidation"), value=paths_text(state.newest.paths), note=note)


def used_text(state: CacheState, more: int = 0) -> str:
    """The paths of the month, and `more`: `18`, or `at least 18` where not all of them were counted."""
    number = f"{state.usage.paths + more:,}"
    return number if state.usage.is_known else _("at least {number}").format(number=number)


def paths_text(paths: tuple[str, ...]) -> str:
    """`/index.html /manifest.json`, and how many more there are."""
    listed, more = " ".join(paths[:SHOWN]), len(paths) - SHOWN
    if more <= 0:
        return listed
    return plural("{paths} and {count} more", "{paths} and {count} more", more).format(
        paths=listed, count=more
    )


def remarks(state: CacheState) -> tuple[str, ...]:
    if state.distribution is None:
        return (missing_text(),)
    return () if state.distribution.enabled else (disabled_text(),)


def missing_text() -> str:
    return _("CloudFront has no such distribution in this account: check [cdn] in the runbook.")


def disabled_text() -> str:
    return _(
        "The distribution is disabled and serves nothing: enable it first, then invalidate if still needed."
    )
