"""Invalidation of CloudFront's caches (runbook: スケール操作 3). CallerReference is the plan's id, so a request
that arrives twice is one invalidation. Source: CreateInvalidation (Amazon CloudFront API reference);
"Invalidate files to remove content" (Amazon CloudFront Developer Guide)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta, tzinfo
from typing import Any

from services.aws.client.prices import USD_PER_INVALIDATION_PATH, yen_per_dollar
from services.aws.cloudfront import SERVICE
from services.changes.base import PLAN_SECONDS, Change, ChangeContext, observed, warning
from services.changes.cache_invalidation.paths import InvalidationPaths, read_paths
from services.changes.cache_invalidation.reading import CacheState, InvalidationReads
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.typed_values import unknown_parameters
from services.clock import real
from services.i18n import _, plural
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.canonical import digest
from services.models.changes import (
    Caution,
    ChangeTarget,
    Danger,
    Fact,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)
from services.models.cloudfront import Invalidation
from services.models.date_text import zoned_time
from services.models.runbook import Cdn
from services.models.text import clean
from services.models.watches import Progress, Watch, WatchState

SHOWN = 3  # Maximum paths of an invalidation in one row


def facts(state: CacheState, free: int, zone: tzinfo) -> Iterator[Fact]:
    distribution = state.distribution
    if distribution is None:
        yield Fact(name=_("Distribution"), value="—", note=_("CloudFront has no such distribution"))
        return
    domains = distribution.aliases or (distribution.domain,)
    yield Fact(name=_("Domain"), value=_(", ").join(domains))
    enabled = _("enabled") if distribution.enabled else _("disabled")
    yield Fact(name=_("Distribution"), value=distribution.status, note=enabled)
    yield Fact(name=_("Invalidations in progress"), value=distribution.in_progress)
    yield Fact(name=_("Paths this month"), value=used_text(state), note=_("{free} free", free=f"{free:,}"))
    if state.newest is not None:
        done = _("completed") if state.newest.is_completed else _("in progress")
        note = _(", ").join((zoned_time(state.newest.created, zone), done))
        yield Fact(name=_("Newest invalidation"), value=paths_text(state.newest.paths), note=note)


def used_text(state: CacheState, more: int = 0) -> str:
    """The paths of the month, and `more`: `18`, or `at least 18` where not all of them were counted."""
    number = f"{state.usage.paths + more:,}"
    return number if state.usage.is_known else _("at least {number}", number=number)


def paths_text(paths: tuple[str, ...]) -> str:
    listed, more = " ".join(paths[:SHOWN]), len(paths) - SHOWN
    if more <= 0:
        return listed
    return plural("{paths} and {count} more", "{paths} and {count} more", more, paths=listed, count=more)


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


EVERYTHING = "/*"  # The path that covers the whole distribution


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


PATHS = "paths"
INVALIDATE = "invalidate"  # The id of the only step
ID = "id"  # What is kept of the response: the invalidation's id
ROWS = 20  # Maximum paths with a row of their own
EVERY = 10.0  # Real seconds between two looks at an invalidation
LASTS = timedelta(minutes=30)
"""An invalidation takes a few minutes; one that takes longer than this is no longer followed."""
_ABSENT = digest("")


class CacheInvalidation(Change):
    calls = (
        "cloudfront:CreateInvalidation",
        "cloudfront:GetDistribution",
        "cloudfront:GetInvalidation",
        "cloudfront:ListInvalidations",
    )
    guarantees = Guarantees(
        proof="ListInvalidations, GetInvalidation: CallerReference, Paths",
        token="CallerReference",
        named=frozenset({"CreateInvalidation"}),
        traceable=frozenset({"CreateInvalidation"}),
        settles="the invalidation is Completed",
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self._reads = InvalidationReads(context.reader, context.clock)

    def targets(self) -> tuple[ChangeTarget, ...]:
        cdn = self.context.runbook.cdn
        return () if cdn is None else (ChangeTarget(id=RawId(cdn.distribution), title=cdn.distribution),)

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self._reads.state(target.id)
        with self.written_on(state.at):
            rows = facts(state, self._cdn.free_paths_per_month, self.context.zone)
            return self.live(target, state.at, rows, remarks(state))

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        usual = _(", ").join(self._cdn.paths)
        text = _("Separated by spaces; `*` only as the last character. In the runbook: {usual}")
        return (
            Parameter(
                id=PATHS, title=_("Paths"), kind="text", default=self._default, help=text.format(usual=usual)
            ),
        )

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self._reads.state(target.id)
        with self.written_on(state.at):
            return self.plan_on(target, parameters, state, id)

    def plan_on(
        self, target: ChangeTarget, parameters: Mapping[str, str], state: CacheState, id: str
    ) -> Plan:
        read = read_paths(parameters.get(PATHS, self._default))
        refusals = tuple(self._refusals(parameters, state, read))
        if refusals:
            return self.refused(target, parameters, refusals, id=id, read_at=state.at)
        charged = state.usage.charged(len(read.paths), self._cdn.free_paths_per_month)
        may_be_charged = bool(charged) or not state.usage.is_known
        return self.planned(
            target,
            {PATHS: " ".join(read.paths)},
            [self._step(target, read, state, id)],
            id=id,
            read_at=state.at,
            title=_title(read),
            danger=Danger.CAREFUL if EVERYTHING in read.paths or may_be_charged else Danger.ROUTINE,
            warnings=warnings(read, state),
            downtime=_("None"),
            cost=self._cost(read, state, charged),
            reversible=_("No: CloudFront cannot cancel an invalidation once it is requested."),
            watch=Watch(
                ends_when=_("CloudFront has completed the invalidation"),
                every=EVERY,
                gives_up_at=state.at + real(self.context.clock, PLAN_SECONDS) + LASTS,
            ),
        )

    def _step(self, target: ChangeTarget, read: InvalidationPaths, state: CacheState, id: str) -> PlannedStep:
        batch = {"Paths": {"Quantity": len(read.paths), "Items": list(read.paths)}, "CallerReference": id}
        request = {"DistributionId": str(target.id), "InvalidationBatch": batch}
        return self.context.step(
            INVALIDATE,
            _title(read),
            target,
            (SERVICE, "CreateInvalidation", request),
            rows=tuple(_rows(read, state)),
            expects=_ABSENT,
            required=("Invalidation",),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        batch = step.call.params["InvalidationBatch"]
        invalidation = await self._reads.requested(step.target, batch["CallerReference"])
        if invalidation is None:
            return observed(_ABSENT, _("CloudFront has no such invalidation."), after=False, before=True)
        is_ours = list(invalidation.paths) == batch["Paths"]["Items"]
        return observed(
            digest(list(invalidation.paths)), _state_text(invalidation), after=is_ours, before=False
        )

    def answered(self, plan: Plan, step: PlannedStep, answer: Mapping[str, Any]) -> Mapping[str, str]:
        return {ID: str((answer.get("Invalidation") or {}).get("Id") or "")}

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        id = answers.get(INVALIDATE, {}).get(ID, "")
        if id:
            invalidation: Invalidation | None = await self._reads.current(plan.target.id, id)
        else:
            invalidation = await self._reads.requested(plan.target.id, plan.id)
        if invalidation is None:
            return Progress(state=WatchState.RUNNING, text=_("CloudFront has no such invalidation."))
        state = WatchState.DONE if invalidation.is_completed else WatchState.RUNNING
        return Progress(state=state, text=_state_text(invalidation))

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        from services.changes.cache_invalidation.cache_invalidation_cli_commands import commands_of

        return commands_of(plan)

    @property
    def _cdn(self) -> Cdn:
        cdn = self.context.runbook.cdn
        assert cdn is not None, "without a distribution there are no targets"
        return cdn

    @property
    def _default(self) -> str:
        return next(iter(self._cdn.paths), "")

    def _refusals(
        self, parameters: Mapping[str, str], state: CacheState, read: InvalidationPaths
    ) -> Iterable[str]:
        yield from unknown_parameters(parameters, (PATHS,))
        yield from read.refusals
        if state.distribution is None:
            yield missing_text()
        elif not state.distribution.enabled:
            yield disabled_text()

    def _cost(self, read: InvalidationPaths, state: CacheState, charged: int) -> str:
        free = f"{self._cdn.free_paths_per_month:,}"
        if charged:
            yen = charged * USD_PER_INVALIDATION_PATH * yen_per_dollar(self.context.runbook.costs)
            text = plural(
                "About ¥{yen}: {count} path beyond the {free} free ones of the month",
                "About ¥{yen}: {count} paths beyond the {free} free ones of the month",
                charged,
            )
            cost = text.format(yen=f"{yen:,.1f}", count=charged, free=free)
            return cost if state.usage.is_known else _("At least: {cost}", cost=cost)
        if not state.usage.is_known:
            text = _("Unknown: not every invalidation of this month is counted ({used} of {free} free paths)")
            return text.format(used=used_text(state, len(read.paths)), free=free)
        text = _("None: {used} of the {free} free paths of the month")
        return text.format(used=used_text(state, len(read.paths)), free=free)


def _title(read: InvalidationPaths) -> str:
    if len(read.paths) == 1:
        return _("Invalidate {path}", path=clean(read.paths[0], 60))
    return plural(
        "Invalidate {count} path", "Invalidate {count} paths", len(read.paths), count=len(read.paths)
    )


def _rows(read: InvalidationPaths, state: CacheState) -> Iterable[Row]:
    for path in read.paths[:ROWS]:
        yield Row(name=path, before=_("from the caches"), after=_("from the origin again"))
    more = len(read.paths) - ROWS
    if more > 0:
        name = plural("{count} more path", "{count} more paths", more, count=more)
        yield Row(name=name, before=_("from the caches"), after=_("from the origin again"))
    yield Row(name=_("Paths this month"), before=used_text(state), after=used_text(state, len(read.paths)))


def _state_text(invalidation: Invalidation) -> str:
    if invalidation.is_completed:
        text = _("CloudFront has completed the invalidation {id} ({paths}).")
    else:
        text = _("The invalidation {id} is in progress ({paths}).")
    return text.format(id=clean(invalidation.id), paths=paths_text(invalidation.paths))
