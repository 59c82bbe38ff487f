"""Remarks needed to understand the finding about sign-ins: what it lacks, and what will be lost."""

from collections.abc import Iterator
from datetime import datetime

from services.aws.cloudtrail.reader import SIGN_IN_SOURCE
from services.i18n import _
from services.inspections.sign_ins.evaluation import Rules
from services.inspections.sign_ins.measures import Judged
from services.inspections.sign_ins.questions import Purpose
from services.inspections.sign_ins.reading import USERS, Gathered
from services.inspections.sign_ins.silence import QUIET, is_behind
from services.models.runbook_inspections import Trail as TrailSpec


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
        yield _("Not read in {regions}: {problem}").format(
            regions=_(", ").join(dict.fromkeys(regions)), problem=words
        )
    if gathered.root_problem is not None:
        text = _("Root's keys and MFA were not read: {problem}")
        yield text.format(problem=gathered.root_problem.summary)
    for name in gathered.root.unreadable if gathered.root is not None else ():
        yield _("IAM returned an unreadable value for {name}.").format(name=name)
    if gathered.users_problem is not None:
        yield _("The account's users could not be read: {problem}").format(
            problem=gathered.users_problem.summary
        )


def trails(gathered: Gathered, until: datetime) -> Iterator[str]:
    """What is lost when the event history deletes events."""
    if gathered.trails_problem is not None:
        yield _("Could not read whether a trail is logging: {problem}").format(
            problem=gathered.trails_problem.summary
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


def limits(judged: Judged, rules: Rules, spec: TrailSpec) -> Iterator[str]:
    """What was not looked up, or perhaps in the wrong region."""
    if not judged.sign_ins and judged.gathered.is_complete(Purpose.SIGN_IN):
        regions = _(", ").join(judged.gathered.regions_of(Purpose.SIGN_IN))
        yield _("Nobody signed in at all: are these the right regions? {regions}").format(regions=regions)
    for network in rules.bad_networks:
        yield _("The runbook's known_networks contains {value}, which is not a network.").format(
            value=network
        )
    if len(judged.users) > USERS:
        text = _("The actions of {count} more unexpected users were not looked up.")
        yield text.format(count=len(judged.users) - USERS)
    for key, events in (("grave_events", spec.grave_events), ("global_events", spec.global_events)):
        if not events:
            yield _("The runbook names no {key}: such changes were not searched for.").format(key=key)


def questions(gathered: Gathered, spec: TrailSpec) -> Iterator[str]:
    """What was looked up where, and what the event history never contains."""
    regions = gathered.regions_of(Purpose.SIGN_IN)
    problem, left_out = gathered.regions.problem, gathered.regions.left_out
    if left_out:
        text = _("Not judged: AWS did not list {lost}; it was queried anyway.")
        yield text.format(lost=_(", ").join(left_out))
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
            text = _(
                "{region} answered and is judged, although the runbook declares it as denied: correct denied_regions."
            )
            yield text.format(region=declared.region)
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
