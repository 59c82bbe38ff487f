import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from services.aws.autoscaling.reader import AutoScalingReader
from services.aws.client.errors import AccessDenied, AwsError, NotFound, Throttled
from services.aws.cloudtrail.reader import CloudTrailReader
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.ecs.reader import EcsReader
from services.aws.elb import ElbReader
from services.aws.logs.events import Logs
from services.aws.rds.reader import RdsReader
from services.aws.regions import REGION as GLOBAL_REGION
from services.aws.security_groups import SecurityGroups
from services.i18n import _, plural
from services.incidents.first_wave.budget import SourceReader
from services.incidents.first_wave.metrics import TRAIL_BEFORE, log_span, metric_span, queries, week_ago_span
from services.incidents.first_wave.own import own_queries, telling
from services.incidents.first_wave.parts import (
    entries_of,
    may_be_mixed,
    moment_of,
    plain_events,
    target_group_of,
)
from services.incidents.first_wave.sources import (
    DATABASE_PATTERN,
    ERRORS,
    Answered,
    Unanswered,
    Wave,
    application_group,
    application_pattern,
    database_group,
)
from services.incidents.subject import Subject, stranger_of
from services.models.base import GroupRule, RawId, SecurityGroup
from services.models.ecs import ContainerService, ScalingPolicy
from services.models.first_wave import LogSample, NetworkPath, Source
from services.models.metrics import MetricQuery, Series, TimeSpan
from services.models.rds import Database

# Whether the tasks reach the database, computed from the rules of both sides' security groups.
#
# Source: "Security group rules" (Amazon VPC user guide): rules only allow; groups are matched by membership, address
# ranges by the sender's private address.


Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Undetermined(Exception):
    """The rules alone do not tell; the message says why."""


def network_path(
    database: Sequence[SecurityGroup], tasks: Sequence[SecurityGroup], port: int, addresses: Iterable[str]
) -> NetworkPath:
    """Whether a rule of the database's groups lets the tasks connect to `port`; `addresses` are the tasks'
    own. Raises Undetermined if only rules that cannot be compared could (prefix lists)."""
    if not tasks or not database:
        raise Undetermined(_("The tasks or the database have no security groups of their own."))
    path = partial(
        NetworkPath,
        port=port,
        database_groups=tuple(group.id for group in database),
        task_groups=tuple(group.id for group in tasks),
    )
    if not _let_out(database, tasks, port):
        return path(allowed=False, is_kept_in=True)
    names = {group.id for group in tasks}
    rules = [(group, rule) for group in database for rule in group.ingress if rule.covers(port)]
    for group, rule in rules:
        if source := next((id for id in rule.groups if id in names), None):
            return path(allowed=True, rule=_rule_text(group, rule, source))
    senders = list(_addresses(addresses))
    if text := _let_in(rules, senders):
        return path(allowed=True, rule=text)
    if not senders and any(rule.networks for _group, rule in rules):
        raise Undetermined(_("Rules for address ranges may let the tasks in, whose addresses are not known."))
    if any(rule.prefix_lists for _group, rule in rules):
        raise Undetermined(_("A rule for a prefix list may let the tasks in; its addresses are not read."))
    return path(allowed=False)


def _let_out(database: Sequence[SecurityGroup], tasks: Sequence[SecurityGroup], port: int) -> bool:
    names = {group.id for group in database}
    rules = [rule for group in tasks for rule in group.egress if rule.covers(port)]
    return any(rule.networks or rule.prefix_lists or names & set(rule.groups) for rule in rules)


def _rule_text(group: SecurityGroup, rule: GroupRule, source: str) -> str:
    """`sg-db: tcp 5432 ← sg-app`"""
    ends = (rule.first_port, rule.last_port)
    ports = "" if ends[0] is None else f" {ends[0]}" if ends[0] == ends[1] else f" {ends[0]}-{ends[1]}"
    protocol = _("all protocols") if rule.protocol == "-1" else rule.protocol
    return f"{group.id}: {protocol}{ports if rule.protocol != '-1' else ''} ← {source}"


def _addresses(texts: Iterable[str]) -> Iterator[Address]:
    for text in texts:
        with suppress(ValueError):
            yield ip_address(text)


def _let_in(rules: Sequence[tuple[SecurityGroup, GroupRule]], senders: Sequence[Address]) -> str:
    """The rules whose address ranges let every sender in, or everybody; "" if one of the senders is kept out."""
    networks: list[tuple[Network, str]] = []
    for group, rule in rules:
        for text in rule.networks:
            with suppress(ValueError):
                networks.append((ip_network(text, strict=False), _rule_text(group, rule, text)))
    # Tasks always have an IPv4 address.
    everybody = next((text for network, text in networks if str(network) == "0.0.0.0/0"), "")
    if everybody or not senders:
        return everybody
    matches = [next((text for network, text in networks if sender in network), "") for sender in senders]
    return _(", ").join(dict.fromkeys(matches)) if all(matches) else ""


LINES = 1_000  # Most lines of a log that are read
THROTTLED_PAUSE = 0.5  # Seconds after which a throttled read of the metrics is repeated, once
TOGETHER = timedelta(minutes=15)  # By how much alarms may begin apart that fire together
ACTIVITIES = 50  # Most scaling activities that are read: one page


async def _answer_of(wave: Wave, source: Source, key: str) -> Any:
    """What another source answers under `key`. Raises Unanswered if it does not."""
    outcome = await wave.outcome(source)
    if outcome.fields.get(key) is None:
        raise Unanswered(outcome.reading.omitted, outcome.reading.problem)
    return outcome.fields[key]


async def service(wave: Wave, reader: SourceReader) -> Answered:
    return Answered({"service": await EcsReader(reader).service(*wave.service_names)})


async def targets(wave: Wave, reader: SourceReader) -> Answered:
    service: ContainerService = await _answer_of(wave, Source.SERVICE, "service")
    group = target_group_of(service, wave.runbook)
    if not group:
        raise Unanswered(_("The service has no load balancer."))
    others = len(service.target_groups) - 1
    text = plural(
        "{count} further target group was not read.", "{count} further target groups were not read.", others
    )
    targets = await ElbReader(reader).target_health(group)
    return Answered({"targets": targets}, text.format(count=others) if others else "")


async def tasks(wave: Wave, reader: SourceReader) -> Answered:
    """Tasks that stopped in the last hour, which ECS forgets first of all; running ones where they may
    differ. They are read also where the service is not. A second attempt spares the running ones."""
    is_first = not reader.requests

    async def may_differ() -> bool:
        service = (await wave.outcome(Source.SERVICE)).fields.get("service")
        since = metric_span(wave.alarm, wave.began).start
        return is_first and (service is None or may_be_mixed(service, since))

    answer = await EcsReader(reader).tasks(*wave.service_names, running=may_differ)
    cut = _("ECS lists further tasks, which were not read.") if answer.more else ""
    return Answered({"stopped_tasks": answer.stopped, "running_tasks": answer.running}, cut)


async def deployments(wave: Wave, reader: SourceReader) -> Answered:
    ecs = EcsReader(reader)
    latest = await ecs.latest(*wave.service_names)
    revisions = await ecs.revisions(each.target for each in latest[:2])
    return Answered({"deployments": latest, "revisions": tuple(revisions.values())})


async def scaling(wave: Wave, reader: SourceReader) -> Answered:
    """Bounds and newest decisions of Auto Scaling, those without effect included; the policies if a request is left."""
    auto_scaling = AutoScalingReader(reader)
    target, decisions, policies = await asyncio.gather(
        auto_scaling.target(*wave.service_names),
        auto_scaling.decisions(*wave.service_names, ACTIVITIES),
        _policies(wave, reader),
    )
    undated = plural(
        "{count} activity without a time is skipped.",
        "{count} activities without a time are skipped.",
        decisions.undated,
    ).format(count=decisions.undated)
    return Answered(
        {
            "scaling": target,
            "activities": decisions.activities,
            "policies": policies or (),
            "policies_read": policies is not None,
        },
        undated if decisions.undated else "",
    )


async def _policies(wave: Wave, reader: SourceReader) -> tuple[ScalingPolicy, ...] | None:
    if not await reader.extra():
        return None
    return await AutoScalingReader(reader).policies(*wave.service_names)


async def database(wave: Wave, reader: SourceReader) -> Answered:
    return Answered({"database": await RdsReader(reader).database(wave.instance)})


async def database_events(wave: Wave, reader: SourceReader) -> Answered:
    span = metric_span(wave.alarm, wave.began)
    events = await RdsReader(reader).events(wave.instance, over=wave.began - span.start)
    return Answered({"database_events": tuple(reversed(events))})


async def network(wave: Wave, reader: SourceReader) -> Answered:
    service: ContainerService = await _answer_of(wave, Source.SERVICE, "service")
    database: Database = await _answer_of(wave, Source.DATABASE, "database")
    if database.port is None or not database.security_groups or not service.security_groups:
        raise Unanswered(_("The port or the security groups of the tasks or the database are not reported."))
    groups = await SecurityGroups(reader).named([*database.security_groups, *service.security_groups])
    count = len(dict.fromkeys(database.security_groups))
    own = [group for group in groups if group.id in service.security_groups]
    let_in = partial(network_path, groups[:count], own, database.port)
    with suppress(Undetermined):
        return Answered({"network": let_in(())})
    # Only rules for address ranges need the targets, which may be late or denied.
    targets = (await wave.outcome(Source.TARGETS)).fields.get("targets", ())
    try:
        return Answered({"network": let_in([target.id for target in targets])})
    except Undetermined as error:
        raise Unanswered(str(error)) from error


async def metrics(wave: Wave, reader: SourceReader) -> Answered:
    metric_queries = tuple(queries(wave.runbook, wave.service_name, await _group_dimension(wave)))
    series, week_ago = await asyncio.gather(
        _curves(reader, metric_queries, metric_span(wave.alarm, wave.began)),
        _curves(reader, metric_queries, week_ago_span(wave.alarm)),
    )
    return Answered({"series": series, "week_ago": week_ago})


async def _curves(
    reader: SourceReader, metric_queries: tuple[MetricQuery, ...], span: TimeSpan
) -> tuple[Series, ...]:
    """The curves of a span. The session never repeats what AWS charges for, but a throttled request was not executed."""
    try:
        return await Metrics(reader).fetch(metric_queries, span)
    except Throttled:
        await asyncio.sleep(THROTTLED_PAUSE)
        if not await reader.extra():
            raise
        return await Metrics(reader).fetch(metric_queries, span)


async def _group_dimension(wave: Wave) -> str:
    alb = wave.runbook.alb
    if alb is None or alb.target_group:
        return str(alb.target_group) if alb else ""
    outcome = await wave.outcome(Source.SERVICE)
    service: ContainerService | None = outcome.fields.get("service")
    return target_group_of(service, wave.runbook).rpartition(":")[2] if service else ""


async def writes(wave: Wave, reader: SourceReader, *, region: str | None = None) -> Answered:
    if region == wave.region:
        raise Unanswered(_("The home region is this region."))
    span = log_span(wave.alarm, wave.began, TRAIL_BEFORE)
    lookup = await CloudTrailReader(reader, pace=0.0).lookup(
        region or wave.region, "ReadOnly", "false", since=span.start, until=span.end, most=1
    )
    if lookup.problem is not None:
        raise AwsError(lookup.problem)
    unreadable = plural(
        "{count} event cannot be read.", "{count} events cannot be read.", lookup.unreadable
    ).format(count=lookup.unreadable)
    older = _("Older events were not read.") if lookup.more else ""
    cut = " ".join(filter(None, (older, unreadable if lookup.unreadable else "")))
    return Answered({"writes": plain_events(lookup.events)}, cut)


async def application_log(wave: Wave, reader: SourceReader) -> Answered:
    group, pattern = application_group(wave.runbook), application_pattern(wave.runbook)
    return await _sample("application_errors", wave, reader, group, pattern)


async def database_log(wave: Wave, reader: SourceReader) -> Answered:
    return await _sample("database_lines", wave, reader, database_group(wave.runbook), DATABASE_PATTERN)


async def _sample(field: str, wave: Wave, reader: SourceReader, group: RawId, pattern: str) -> Answered:
    span = log_span(wave.alarm, wave.began)
    ends = (int(span.start.timestamp() * 1000), int(span.end.timestamp() * 1000))
    lines, is_whole = await Logs(reader).sample(group, pattern, *ends, limit=LINES)
    sample = LogSample(group=group, pattern=pattern, span=span, lines=entries_of(lines), is_whole=is_whole)
    return Answered({field: sample}, "" if is_whole else _("Later lines were not read."))


async def own_metrics(wave: Wave, reader: SourceReader) -> Answered:
    subject, cut = _stranger(wave), ""
    try:
        names = await Metrics(reader).names(subject.first)
    except AccessDenied as error:
        names, cut = (), error.problem.summary
    span = metric_span(wave.alarm, wave.began)
    series = await _curves(reader, own_queries(subject, names), span)
    return Answered({"own_series": telling(wave.alarm, series)}, cut)


async def own_log(wave: Wave, reader: SourceReader) -> Answered:
    group = RawId(_stranger(wave).log_group(wave.alarm, wave.runbook))
    try:
        return await _sample("own_log", wave, reader, group, ERRORS)
    except NotFound as error:
        raise Unanswered(_("There is no log group {name}.", name=group)) from error


def _stranger(wave: Wave) -> Subject:
    subject = stranger_of(wave.alarm, wave.runbook)
    assert subject is not None, "omitted otherwise"
    return subject


async def alarms_together(wave: Wave, _reader: SourceReader) -> Answered:
    """The other alarms that began to fire about then, from the newest reading of the alarms."""
    if wave.alarms is None:
        raise Unanswered(_("The alarms have not been read."))
    others = (alarm for alarm in wave.alarms.firing if alarm.since and alarm.id != wave.alarm.id)
    alarms = [moment_of(alarm, wave.began) for alarm in others]
    together = (each for each in alarms if abs(each.since - wave.alarm.since) <= TOGETHER)
    cut = wave.alarms.unlisted or ("" if wave.alarms.is_whole else _("Some alarms could not be read again."))
    return Answered({"together": tuple(sorted(together, key=lambda alarm: alarm.since))}, cut)


QUESTIONS: Mapping[Source, Callable[[Wave, SourceReader], Awaitable[Answered]]] = {
    Source.SERVICE: service,
    Source.TARGETS: targets,
    Source.TASKS: tasks,
    Source.DEPLOYMENTS: deployments,
    Source.SCALING: scaling,
    Source.DATABASE: database,
    Source.DATABASE_EVENTS: database_events,
    Source.NETWORK: network,
    Source.METRICS: metrics,
    Source.TRAIL: writes,
    Source.TRAIL_GLOBAL: partial(writes, region=GLOBAL_REGION),
    Source.APPLICATION_LOG: application_log,
    Source.DATABASE_LOG: database_log,
    Source.OWN_METRICS: own_metrics,
    Source.OWN_LOG: own_log,
    Source.ALARMS: alarms_together,
}
