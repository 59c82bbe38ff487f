"""Invalidation of CloudFront's caches (runbook: スケール操作 3).

CallerReference is the plan's id, so a request that arrives twice is one invalidation. Source: CreateInvalidation (Amazon
CloudFront API reference); "Invalidate files to remove content" (Amazon CloudFront Developer Guide).
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from services.aws.client.prices import USD_PER_INVALIDATION_PATH, yen_per_dollar
from services.aws.cloudfront import SERVICE
from services.changes.base import PLAN_SECONDS, Change, ChangeContext, observed
from services.changes.cache_invalidation.facts import (
    disabled_text,
    facts,
    missing_text,
    paths_text,
    remarks,
    used_text,
)
from services.changes.cache_invalidation.paths import InvalidationPaths, read_paths
from services.changes.cache_invalidation.reading import CacheState, Reads
from services.changes.cache_invalidation.warnings import EVERYTHING, warnings
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.typed_values import unknown_parameters
from services.clock import real
from services.i18n import _, plural
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.canonical import digest
from services.models.changes import (
    ChangeTarget,
    Danger,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)
from services.models.cloudfront import Invalidation
from services.models.runbook import Cdn
from services.models.text import clean
from services.models.watches import Progress, Watch, WatchState

PATHS = "paths"
INVALIDATE = "invalidate"
"""The id of the only step."""
ID = "id"
"""What is kept of the response: the invalidation's id."""
ROWS = 20
"""Maximum paths with a row of their own."""
EVERY = 10.0
"""Real seconds between two looks at an invalidation."""
LASTS = timedelta(minutes=30)
"""An invalidation takes a few minutes; one that takes longer than this is no longer followed."""
_ABSENT = digest("")


class CacheInvalidation(Change):
    """Removes files from the caches of a distribution before they expire."""

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
        self._reads = Reads(context.reader, context.clock)

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
        batch = {
            "Paths": {"Quantity": len(read.paths), "Items": list(read.paths)},
            "CallerReference": id,
        }
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
        """Whether CloudFront has completed it; CloudFront reports no percentage."""
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
        from services.changes.cache_invalidation.cli_commands import commands_of

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
            return cost if state.usage.is_known else _("At least: {cost}").format(cost=cost)
        if not state.usage.is_known:
            text = _("Unknown: not every invalidation of this month is counted ({used} of {free} free paths)")
            return text.format(used=used_text(state, len(read.paths)), free=free)
        text = _("None: {used} of the {free} free paths of the month")
        return text.format(used=used_text(state, len(read.paths)), free=free)


def _title(read: InvalidationPaths) -> str:
    if len(read.paths) == 1:
        return _("Invalidate {path}").format(path=clean(read.paths[0], 60))
    return plural("Invalidate {count} path", "Invalidate {count} paths", len(read.paths)).format(
        count=len(read.paths)
    )


def _rows(read: InvalidationPaths, state: CacheState) -> Iterable[Row]:
    for path in read.paths[:ROWS]:
        yield Row(name=path, before=_("from the caches"), after=_("from the origin again"))
    more = len(read.paths) - ROWS
    if more > 0:
        name = plural("{count} more path", "{count} more paths", more).format(count=more)
        yield Row(name=name, before=_("from the caches"), after=_("from the origin again"))
    yield Row(name=_("Paths this month"), before=used_text(state), after=used_text(state, len(read.paths)))


def _state_text(invalidation: Invalidation) -> str:
    if invalidation.is_completed:
        text = _("CloudFront has completed the invalidation {id} ({paths}).")
    else:
        text = _("The invalidation {id} is in progress ({paths}).")
    return text.format(id=clean(invalidation.id), paths=paths_text(invalidation.paths))
