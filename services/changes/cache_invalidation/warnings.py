"""What to know before paths are invalidated. Pure."""

from collections.abc import Iterator

from services.changes.base import warning
from services.changes.cache_invalidation.facts import paths_text
from services.changes.cache_invalidation.paths import InvalidationPaths
from services.changes.cache_invalidation.reading import CacheState
from services.i18n import _, plural
from services.models.changes import Caution

EVERYTHING = "/*"
"""The path that covers the whole distribution."""


def warnings(read: InvalidationPaths, state: CacheState) -> tuple[Caution, ...]:
    return (
        *_everything(read),
        *_covered(read),
        *_encoded(read),
        *_queries(read),
        *_uncounted(state),
        *_distribution(state),
        warning(
            _(
                "The caches of browsers and proxies are not cleared: they keep files as long as Cache-Control allows."
            )
        ),
    )


def _everything(read: InvalidationPaths) -> Iterator[Caution]:
    if EVERYTHING in read.paths:
        text = _(
            "/* covers every file and counts as one path. Until the edge locations have the files again, every request "
            "goes to the origin, and pages are slower."
        )
        yield warning(text)


def _covered(read: InvalidationPaths) -> Iterator[Caution]:
    if EVERYTHING in read.paths and read.covered:
        count = len(read.covered)
        text = plural(
            "/* covers {list} already: the other {count} path only adds to the count. Leave it out.",
            "/* covers {list} already: the other {count} paths only add to the count. Leave them out.",
            count,
        )
        yield warning(text.format(list=paths_text(read.covered), count=count))
        return
    for path in read.covered:
        text = _(
            "{path} is covered by another of these paths, and counts as a path of its own: leave it out."
        )
        yield warning(text.format(path=path))


def _encoded(read: InvalidationPaths) -> Iterator[Caution]:
    for typed, sent in read.encoded:
        text = _("{typed} is sent as {sent}, as CloudFront asks for characters beyond safe ASCII.")
        yield warning(text.format(typed=typed, sent=sent))


def _queries(read: InvalidationPaths) -> Iterator[Caution]:
    for path in read.paths:
        if "?" in path and not path.endswith("*"):
            text = _("{path} covers only this query string. {instead} covers every one.")
            yield warning(text.format(path=path, instead=path.partition("?")[0] + "*"))


def _uncounted(state: CacheState) -> Iterator[Caution]:
    yield warning(_("The free paths are the account's: those of other distributions are not counted here."))
    if state.usage.uncounted:
        text = plural(
            "The paths of {count} earlier invalidation of this month were not counted.",
            "The paths of {count} earlier invalidations of this month were not counted.",
            state.usage.uncounted,
        )
        yield warning(text.format(count=state.usage.uncounted))
    if not state.usage.is_complete:
        yield warning(_("There were more invalidations this month than could be listed."))


def _distribution(state: CacheState) -> Iterator[Caution]:
    if state.distribution is None:
        return
    if state.distribution.in_progress:
        text = plural(
            "{count} other invalidation is still in progress.",
            "{count} other invalidations are still in progress.",
            state.distribution.in_progress,
        )
        yield warning(text.format(count=state.distribution.in_progress))
    if state.distribution.status != "Deployed":
        yield warning(_("A new configuration of the distribution is still reaching the edge locations."))
