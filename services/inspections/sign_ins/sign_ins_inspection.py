"""Checks who signed in to the AWS Management Console, and changes that must not go unnoticed.

The written runbook queries Tokyo for ConsoleLogin and prints a field that LookupEvents does not have. A sign-in is
recorded in the region of its endpoint (from Japan mostly Sydney; root in us-east-1), IAM's changes in us-east-1, and
the address only inside the event. So in every enabled region this inspection looks up all events of the sign-in
service, root's activity and destructive changes; the finding says what was not requested or not returned.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import ClassVar

from services.aws.cloudtrail.reader import KEPT, PACE, SIGN_IN_SOURCE, CloudTrailReader
from services.clock import real
from services.i18n import _, sentences
from services.inspections.base import Inspection, InspectionRequest
from services.inspections.sign_ins.evaluation import SignInRules, unknown_identities
from services.inspections.sign_ins.measures import JudgedSignIns, measures, summary
from services.inspections.sign_ins.reading import USERS, Gathered, Purpose, gather
from services.inspections.sign_ins.silence import (
    QUIET,
    history_measure,
    is_behind,
    silence_remark,
    stopped_elsewhere,
    watched_remark,
)
from services.inspections.sign_ins.tables import Tables
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.root_user import root_advice
from services.inspections.toolkit.toolkit_wording import listed
from services.models.aws_cli import CliCommand
from services.models.date_text import zoned_time
from services.models.findings import Finding
from services.models.metrics import TimeSpan
from services.models.problem import Problem
from services.models.runbook_inspections import Trail as TrailSpec
from services.models.verdict import Verdict


def unread(gathered: Gathered) -> Iterator[str]:
    problems: dict[str, list[str]] = {}
    for question, lookup in gathered.answers:
        if lookup.problem is not None:
            problems.setdefault(lookup.problem.summary, []).append(question.region)
        elif lookup.unreadable:
            yield _("{region}: unreadable events of {name}: {count}.").format(
                region=lookup.region, count=lookup.unreadable, name=question.value or _("every change")
            )
        elif lookup.more:
            text = _(
                "{region}: only the newest {count} events of {name} were read; earlier ones are not judged."
            )
            yield text.format(region=lookup.region, count=len(lookup.events), name=question.value)
    for words, regions in problems.items():
        yield _(
            "Not read in {regions}: {problem}", regions=_(", ").join(dict.fromkeys(regions)), problem=words
        )
    if gathered.root_problem is not None:
        yield _("Root's keys and MFA were not read: {problem}", problem=gathered.root_problem.summary)
    for name in gathered.root.unreadable if gathered.root is not None else ():
        yield _("IAM returned an unreadable value for {name}.", name=name)
    if gathered.users_problem is not None:
        yield _("The account's users could not be read: {problem}", problem=gathered.users_problem.summary)


def trails(gathered: Gathered, until: datetime) -> Iterator[str]:
    if gathered.trails_problem is not None:
        yield _(
            "Could not read whether a trail is logging: {problem}", problem=gathered.trails_problem.summary
        )
        return
    logging = [trail for trail in gathered.trails if trail.logging]
    if not logging:
        yield _("No trail is logging: evidence older than 90 days is lost.")
    elif not any(trail.multi_region for trail in logging):
        text = _("The trail {name} covers one region only: sign-ins elsewhere are lost after 90 days.")
        yield text.format(name=logging[0].name)
    for trail in logging:
        if is_behind(trail, gathered.histories, until):
            text = _(
                "The trail {name} has not delivered any file for events more than {minutes} minutes old."
            )
            yield text.format(name=trail.name, minutes=round(QUIET.total_seconds() / 60))
        if trail.delivery_error:
            yield _("The trail {name} cannot deliver its files: {error}").format(
                name=trail.name, error=trail.delivery_error
            )


def limits(judged: JudgedSignIns, rules: SignInRules, spec: TrailSpec) -> Iterator[str]:
    if not judged.sign_ins and judged.gathered.is_complete(Purpose.SIGN_IN):
        regions = _(", ").join(judged.gathered.regions_of(Purpose.SIGN_IN))
        yield _("Nobody signed in at all: are these the right regions? {regions}", regions=regions)
    for network in rules.bad_networks:
        yield _("The runbook's known_networks contains {value}, which is not a network.", value=network)
    if len(judged.users) > USERS:
        text = _("The actions of {count} more unexpected users were not looked up.")
        yield text.format(count=len(judged.users) - USERS)
    for key, events in (("grave_events", spec.grave_events), ("global_events", spec.global_events)):
        if not events:
            yield _("The runbook names no {key}: such changes were not searched for.", key=key)


def questions(gathered: Gathered, spec: TrailSpec) -> Iterator[str]:
    """What was looked up where, and what the event history never contains."""
    regions = gathered.regions_of(Purpose.SIGN_IN)
    problem, left_out = gathered.regions.problem, gathered.regions.left_out
    if left_out:
        yield _("Not judged: AWS did not list {lost}; it was queried anyway.", lost=_(", ").join(left_out))
    elif problem is not None:
        text = _(
            "Not judged: the enabled regions could not be read ({problem}); only {regions} were queried."
        )
        yield text.format(problem=problem.summary, regions=_(", ").join(regions))
    else:
        text = _("Every enabled region was queried: {regions}.")
        if gathered.denied:
            text = _("Every enabled region but those that are declared as denied was queried: {regions}.")
        yield text.format(regions=_(", ").join(regions))
        elsewhere = {*regions, *gathered.denied}
        disabled = [region for region in spec.sign_in_regions if region not in elsewhere]
        if disabled:
            text = _("Not queried, since the account has not enabled them: {regions}.")
            yield text.format(regions=_(", ").join(disabled))
    for region, reason in gathered.denied.items():
        text = _("Excluded, because the runbook declares it as denied (denied_regions): {region} ({reason}).")
        yield text.format(region=region, reason=reason)
    for declared in spec.denied_regions:
        if declared.region in regions and declared.region not in gathered.unjudged():
            yield _(
                "{region} answered and is judged, although the runbook declares it as denied: correct denied_regions.",
                region=declared.region,
            )
    text = _(
        "Queried in each region: every event of {source} (sign-ins, role switches, root password "
        "recoveries), root's actions, and these changes: {events}."
    )
    yield text.format(source=SIGN_IN_SOURCE, events=_(", ").join(spec.grave_events) or _("none"))
    if spec.global_events:
        text = _("Queried in {region} only, where IAM and CloudFront are recorded: {events}.")
        yield text.format(region=spec.global_region, events=_(", ").join(spec.global_events))
    yield _(
        "Not queried: changes with other names. Not in the event history: deletions of S3 objects "
        "(only those of whole buckets are), operations inside databases, and sign-ins outside AWS."
    )


OVERLAP = timedelta(hours=3)
"""How far before the window events are read again: they arrive minutes, sometimes hours, late."""


class SignIns(Inspection):
    longest = KEPT
    pace: ClassVar[float] = PACE  # Seconds between requests to one region, by AWS's clock

    def first_since(self, now: datetime) -> datetime:
        return now - timedelta(days=self._spec.days)

    async def run(self, request: InspectionRequest) -> Finding:
        context, spec, builder = self.context, self._spec, FindingBuilder(self, request)
        began = context.clock.now()
        since = max(request.since, request.until - self.longest)
        rules = SignInRules(context.runbook, spec, context.calendar, context.allow_list)
        # AWS limits requests by its own clock, and the embedded AWS's is sped up as well.
        pace = self.pace / real(context.clock, 1.0).total_seconds()
        gathered = await gather(
            context,
            spec,
            CloudTrailReader(context.reader, pace=pace),
            since=max(since - OVERLAP, request.until - self.longest),
            until=request.until,
            is_expected=rules.expected,
            tell=request.on_progress,
        )
        builder.problem = _nothing_read(gathered)
        judged = _judge(rules, gathered)
        until, calendar, trails_read = request.until, context.calendar, gathered.trails
        home = history_measure(gathered.histories[context.region], trails_read, until, calendar)
        elsewhere = stopped_elsewhere(context.region, gathered.histories, trails_read, until, calendar)
        histories = (home, *elsewhere)
        builder.measure(*measures(judged, spec, context.runbook, until), *histories)
        tables = Tables(context.calendar, since)
        builder.table(
            tables.suspicious(judged.sign_ins),
            tables.access(judged.access),
            tables.changes([*judged.changes, *judged.root]),
            tables.unexpected_users(judged.users, gathered),
            tables.regions(gathered),
            tables.people(gathered.sign_ins()),
        )
        builder.remark(
            *map(silence_remark, histories),
            *self._remarks(request, judged, rules, since, context.clock.now() - began),
        )
        unknown = unknown_identities(
            [*judged.sign_ins, *judged.access], judged.changes, (user.name for user in judged.users)
        )
        return builder.finding(
            self._summary(builder, judged), advice=self._advice(judged, bool(unknown)), unfamiliar=unknown
        )

    def cli_commands(self, span: TimeSpan) -> Iterable[CliCommand]:
        from services.inspections.sign_ins.sign_ins_cli_commands import commands_of

        return commands_of(self._spec, self.context.region, span)

    def _summary(self, builder: FindingBuilder, judged: JudgedSignIns) -> str:
        text = summary(judged, builder.measures, self._spec)
        if builder.problem is None:
            return text
        # Known problems must not be hidden by a long list of what was not read.
        return sentences(builder.problem.summary, "" if builder.verdict is Verdict.UNKNOWN else text)

    @property
    def _spec(self) -> TrailSpec:
        spec = self.context.runbook.trail
        assert spec is not None
        return spec

    def _remarks(
        self,
        request: InspectionRequest,
        judged: JudgedSignIns,
        rules: SignInRules,
        since: datetime,
        took: timedelta,
    ) -> Iterator[str]:
        if since > request.since:
            text = _("Not covered: before {since}; the event history keeps 90 days.")
            yield text.format(since=zoned_time(since, self.context.calendar.zone))
        yield from questions(judged.gathered, self._spec)
        yield watched_remark(
            self.context.region, judged.gathered.histories, request.until, self.context.calendar
        )
        yield from unread(judged.gathered)
        yield from trails(judged.gathered, request.until)
        yield from limits(judged, rules, self._spec)
        text = _("{requests} requests to {regions} regions, in {seconds} s; events are free of charge.")
        regions = len({question.region for question, _lookup in judged.gathered.answers})
        yield text.format(
            requests=judged.gathered.requests, regions=regions, seconds=round(took.total_seconds())
        )
        yield _("Reading starts {hours} hours before the window, because events arrive late.").format(
            hours=round(OVERLAP.total_seconds() / 3600)
        )
        names = self.context.allow_list.by_operators
        if names:
            yield _("Marked as known by an operator: {names}.", names=listed(sorted(names)))

    def _advice(self, judged: JudgedSignIns, unknown: bool) -> Iterator[str]:
        """The duties' advice about this inspection, then what to do. `unknown`: there are unknown identities."""
        for duty in self.context.runbook.duties:
            if self.id in duty.inspections and duty.record:
                yield duty.record
        yield from root_advice(judged.gathered.root)
        yield _("Ask the people named above whether it was them, and record their answers.")
        if unknown:
            yield _("Mark a user or an address as known only after someone has vouched for it.")


def _judge(rules: SignInRules, gathered: Gathered) -> JudgedSignIns:
    grave = rules.changes(gathered.changes(Purpose.GRAVE), grave=True)
    other = rules.changes(gathered.changes(Purpose.GLOBAL), grave=False)
    return JudgedSignIns(
        gathered=gathered,
        sign_ins=rules.sign_ins(gathered.sign_ins()),
        changes=[*grave, *other],
        users=[user for user in gathered.users if not rules.expected(user.name)],
        access=rules.access(gathered.access()),
        root=rules.changes(gathered.of_root(), grave=False),
    )


def _nothing_read(gathered: Gathered) -> Problem | None:
    lookups = gathered.of(Purpose.SIGN_IN)
    if any(lookup.requests for lookup in lookups):
        return None
    return next((lookup.problem for lookup in lookups if lookup.problem is not None), None)
