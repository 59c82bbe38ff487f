"""Who signed in to the AWS Management Console, and what was changed that must not go unnoticed.

The written runbook asks Tokyo for ConsoleLogin and prints a field that LookupEvents does not have. A sign-in is
recorded where its endpoint is (from Japan mostly Sydney; root in us-east-1), IAM's changes in us-east-1, and the
address only inside the event. Every region that the account has enabled is asked for everything the sign-in service
records, for what root did and for destructive changes; what was not asked, or not answered, is said.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar

from services.aws.cloudtrail.reader import KEPT, PACE, CloudTrailReader
from services.clock import real
from services.i18n import N_, _, sentences
from services.inspections.base import Inspection, Look
from services.inspections.sign_ins.evaluation import Rules, unfamiliar
from services.inspections.sign_ins.measures import Judged, measures, summary
from services.inspections.sign_ins.other_events import judge
from services.inspections.sign_ins.reading import Gathered, Purpose, gather
from services.inspections.sign_ins.remarks import asked, limits, trails, unread
from services.inspections.sign_ins.silence import history_measure, silence_remark, watched_remark
from services.inspections.sign_ins.tables import Tables
from services.inspections.toolkit.points import listed
from services.models.findings import Finding, worst
from services.models.problem import Problem
from services.models.runbook import Runbook
from services.models.runbook_looks import Trail as TrailSpec
from services.models.verdict import Verdict

OVERLAP = timedelta(hours=3)
"""So much before the window is read again: events arrive minutes, sometimes hours, late."""


class SignIns(Inspection):
    """The sign-in service's events, root, destructive and security-relevant changes, users, the trail."""

    id = "sign-ins"
    title = N_("Sign-ins and changes (CloudTrail)")
    words = "サインイン ログイン さいんいん ろぐいん signin rogu-in CloudTrail しょうせき 証跡 shoseki"
    longest = KEPT
    pace: ClassVar[float] = PACE
    """Seconds between requests to one region, by AWS's clock."""

    @classmethod
    def lacks(cls, runbook: Runbook) -> str:
        """`trail`, or the regions in which sign-ins may be recorded."""
        if runbook.trail is None:
            return "trail"
        return "" if runbook.trail.sign_in_regions else "trail.sign_in_regions"

    def first_since(self, now: datetime) -> datetime:
        """As many days as the runbook says."""
        return now - timedelta(days=self._spec.days)

    async def look(self, look: Look) -> Finding:
        """Read, judge, and make a finding of it. Never raises AwsError: what could be read is kept."""
        context, spec = self.context, self._spec
        began = context.clock.now()
        since = max(look.since, look.until - self.longest)
        rules = Rules(context.runbook, spec, context.calendar, context.known)
        # AWS counts requests by its own clock, and the embedded AWS's runs as fast as the world.
        pace = self.pace / real(context.clock, 1.0).total_seconds()
        gathered = await gather(
            context,
            spec,
            CloudTrailReader(context.reader, pace=pace),
            since=max(since - OVERLAP, look.until - self.longest),
            until=look.until,
            expected=rules.expected,
            tell=look.tell,
        )
        problem = _nothing_read(gathered)
        judged = _judge(rules, gathered)
        history = history_measure(gathered.history, gathered.trails, look.until, context.calendar)
        measured = (*measures(judged, spec), history)
        tables = Tables(context.calendar, since)
        evidence = [
            tables.suspicious(judged.sign_ins),
            tables.access(judged.access),
            tables.changes([*judged.changes, *judged.root]),
            tables.strangers(judged.users, gathered),
            tables.regions(gathered),
            tables.people(gathered.sign_ins()),
        ]
        known = unfamiliar(
            [*judged.sign_ins, *judged.access], judged.changes, (user.name for user in judged.users)
        )
        verdict = worst(each.verdict for each in measured) or Verdict.UNKNOWN
        words = summary(judged, measured, spec)
        if problem is not None:
            # What else is wrong must not be lost among everything that was not read.
            words = sentences(problem.summary, "" if verdict is Verdict.UNKNOWN else words)
        return self.found(
            look,
            verdict,
            words,
            problem=problem,
            measures=measured,
            evidence=tuple(each for each in evidence if each.rows),
            unfamiliar=known,
            advice=self._advice(judged, bool(known)),
            remarks=(
                *filter(None, (silence_remark(history),)),
                *self._remarks(look, judged, rules, since, context.clock.now() - began),
            ),
        )

    @property
    def _spec(self) -> TrailSpec:
        spec = self.context.runbook.trail
        assert spec is not None
        return spec

    def _remarks(
        self, look: Look, judged: Judged, rules: Rules, since: datetime, took: timedelta
    ) -> Iterator[str]:
        if since > look.since:
            local = since.astimezone(self.context.calendar.zone)
            text = _("Not seen: what happened before {since}; the event history keeps 90 days.")
            yield text.format(since=f"{local:%Y-%m-%d %H:%M %Z}")
        yield from asked(judged.gathered, self._spec)
        yield watched_remark(self.context.region)
        yield from unread(judged.gathered)
        yield from trails(judged.gathered)
        yield from limits(judged, rules, self._spec)
        text = _("{requests} requests to {regions} regions, in {seconds} s; events are free of charge.")
        regions = len({question.region for question, _lookup in judged.gathered.answers})
        yield text.format(
            requests=judged.gathered.requests, regions=regions, seconds=round(took.total_seconds())
        )
        yield _("The window is read from {hours} hours earlier, because events arrive late.").format(
            hours=round(OVERLAP.total_seconds() / 3600)
        )
        said = self.context.known.said
        if said:
            yield _("Known because an operator said so: {names}.").format(names=listed(sorted(said)))

    def _advice(self, judged: Judged, strangers: bool) -> Iterator[str]:
        """What the runbook's duties say of this look."""
        for duty in self.context.runbook.duties:
            if self.id in duty.inspections and duty.record:
                yield duty.record
        root = judged.gathered.root
        if root is not None and root.access_keys:
            yield _("Delete root's access keys: whoever has them can do everything, and nothing limits them.")
        if root is not None and root.mfa is False:
            yield _("Give root a second factor (MFA).")
        yield _("Ask the people named above whether it was they, and write down what they say.")
        if strangers:
            yield _("Make a person or an address known only after somebody has vouched for it.")


def _judge(rules: Rules, gathered: Gathered) -> Judged:
    grave = rules.changes(gathered.changes(Purpose.GRAVE), grave=True)
    other = rules.changes(gathered.changes(Purpose.GLOBAL), grave=False)
    return Judged(
        gathered=gathered,
        sign_ins=rules.sign_ins(gathered.sign_ins()),
        changes=[*grave, *other],
        users=[user for user in gathered.users if not rules.expected(user.name)],
        access=judge(gathered.access(), rules),
        root=rules.changes(gathered.of_root(), grave=False),
    )


def _nothing_read(gathered: Gathered) -> Problem | None:
    """Why, where no region answered at all."""
    lookups = gathered.of(Purpose.SIGN_IN)
    if any(lookup.requests for lookup in lookups):
        return None
    return next((lookup.problem for lookup in lookups if lookup.problem is not None), None)
