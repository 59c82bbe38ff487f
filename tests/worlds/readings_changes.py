"""Readings of sentences about what somebody changed, and about what a new revision brought."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from services.models.causes import Signal, SignalState
from tests.worlds.curves import RDS
from tests.worlds.facts import Verdict3, WorldFacts
from tests.worlds.readings_load import CONNECTIONS, CPU, DB_CPU, REQUESTS, Sentence
from tests.worlds.schema import APPLICATION_LOG, DATABASE_LOG, Lines, Trail, WorldDeployment
from tests.worlds.tasks import Task

_WRONG = r"error|exception|fatal|critical|panic|traceback|fail"
_MISTAKE = (
    r"\b(Type|Key|Name|Attribute|Reference|Index|Syntax|Import|ModuleNotFound|NotImplemented)Error\b|NullPointer"
    r"|nil pointer|Cannot find module|ClassNotFound|NoSuchMethod|does not exist|ERR_INVALID_URL|undefined|not defined"
    r"|unexpected keyword|SQLGrammar|InvalidDataAccessResourceUsage"
)
_OUTSIDE = r"ETIMEDOUT|ECONNREFUSED|timed? ?-?out|password|denied|expired|too many|no space|deadlock|lock|ENOTFOUND|disabled"
_KEYS = ("secretsmanager.amazonaws.com", "kms.amazonaws.com", "iam.amazonaws.com", "ssm.amazonaws.com")
_KEY_IDS = ("1111aaaa-22bb-33cc-44dd-555555eeeeee",)
_AUTHORITIES = {"AWS/ECS": "ecs", "AWS/RDS": "rds", "AWS/ApplicationELB": "elasticloadbalancing"}

# ── Records of CloudTrail ──────────────────────────────────────────────────────────────────────


def is_network(event: Trail) -> bool:
    """Whether a write is about the network: paths, addresses, groups, and who belongs to which group."""
    text = json.dumps(event.request).casefold()
    is_move = event.name == "ModifyDBInstance" and ("securitygroup" in text or "publiclyaccessible" in text)
    is_service = event.name == "UpdateService" and "awsvpcconfiguration" in text
    return WorldFacts.is_network(event) or event.name == "ModifyVpcAttribute" or is_move or is_service


def is_key(event: Trail) -> bool:
    """Whether a write is about a secret, a key or a permission."""
    is_password = event.name == "ModifyDBInstance" and "password" in json.dumps(event.request).casefold()
    return event.source in _KEYS or is_password


def _belongs(facts: WorldFacts, event: Trail) -> bool | None:
    """Whether its record says that it is about this system; None: it is only mentioned as another's peer."""
    request = {key: value for key, value in event.request.items() if key != "ipPermissions"}
    if WorldFacts.is_own(event.model_copy(update={"request": request})):
        return True
    # What the routes of the system's subnets lead to is its own.
    routes = json.dumps([phase.answers.get("ec2:DescribeRouteTables", {}) for phase in facts.world.phase])
    text = json.dumps(event.request)
    if any(id in text for id in _KEY_IDS) or any(id in routes for id in re.findall(r"nat-\w+", text)):
        return True
    return None if WorldFacts.is_own(event) else False


def _just_before(facts: WorldFacts, at: float) -> bool | None:
    """Whether a minute is just before the incident, by the console's T0 and by the world's."""
    since = (at - facts.onset, at)
    if all(-15 <= item <= 0.5 for item in since):
        return True
    return False if all(item < -60 or item > 5 for item in since) else None


def _is_somebody(event: Trail) -> bool | None:
    """Whether a person or a program did it; what AWS does by itself is nobody's in some words."""
    if "AWSServiceRoleForECS" in event.user:
        return False
    return None if "AWSServiceRole" in event.user or event.user.endswith(".amazonaws.com") else True


def _done(event: Trail) -> bool:
    return not event.error


def _known(facts: WorldFacts, signal: Signal) -> Iterable[Trail]:
    """What had been done up to when the sentence is known, an hour back and more; an absence covers what is listed late."""
    is_seen = signal.state is SignalState.PRESENT and signal.id != "no-network-write"
    last = facts.minute if signal.until is None else facts.world.minute(signal.until)
    events = facts.writes(visible=is_seen or signal.until is None, since=-180)
    return [item for item in events if item.at <= last and _done(item)]


def _all_of(*answers: bool | None) -> bool | None:
    return False if False in answers else None if None in answers else True


def _any_of(answers: Iterable[bool | None]) -> bool | None:
    truths = list(answers)
    return True if True in truths else None if None in truths else False


def somebody_changed(kind: Callable[[Trail], bool | None], *, anywhere: bool = False) -> Sentence:
    """Whether somebody changed something of a kind just before; one that is named in the value is the one that is meant."""

    def sentence(facts: WorldFacts, signal: Signal) -> Verdict3:
        rows = [
            (
                item,
                _all_of(
                    kind(item),
                    anywhere or _belongs(facts, item),
                    _is_somebody(item),
                    _just_before(facts, item.at),
                ),
            )
            for item in _known(facts, signal)
        ]
        name = signal.value.partition(" ")[0]
        if signal.state is SignalState.PRESENT and name:
            rows = [row for row in rows if row[0].name == name]
        meant = [f"{item.name} at minute {item.at:g}" for item, truth in rows if truth]
        return _any_of(truth for _item, truth in rows), (meant or ["CloudTrail has no such record"])[0]

    return sentence


def no_network_write(facts: WorldFacts, signal: Signal) -> Verdict3:
    """Nothing of this system's network, in the hours before and since."""
    rows = [
        (item, _all_of(is_network(item), _belongs(facts, item), _is_somebody(item)))
        for item in _known(facts, signal)
    ]
    recent = [(item, truth if item.at >= -60 or not truth else None) for item, truth in rows]
    changed = [f"{item.name} at minute {item.at:g}" for item, truth in recent if truth]
    truth_of_all = _any_of(truth for _item, truth in recent)
    return None if truth_of_all is None else not truth_of_all, (changed or ["nobody did"])[0]


def is_own_resource(facts: WorldFacts, event: Trail) -> bool | None:
    """Whether a write is about what the alarm measures; None: about a part of it."""
    alarm = facts.world.alarm
    dimensions = alarm.dimensions or (
        {"ServiceName": "staff-api"}
        if alarm.name.startswith("ecs-")
        else {"DBInstanceIdentifier": "facility-prod-db"}
        if alarm.name.startswith("rds-")
        else {"LoadBalancer": "facility-prod-alb"}
    )
    authority = _AUTHORITIES.get(alarm.namespace) or (
        "ecs"
        if "ServiceName" in dimensions
        else "rds"
        if "DBInstanceIdentifier" in dimensions
        else "elasticloadbalancing"
        if "LoadBalancer" in dimensions
        else ""
    )
    text = json.dumps([event.resources, event.request])
    names = [value for key, value in dimensions.items() if key != "ClusterName"]
    if names and all(name in text for name in names):
        is_direct = not authority or event.source == f"{authority}.amazonaws.com"
        return True if is_direct and event.name != "RegisterTaskDefinition" else None
    return None if authority and event.source.startswith(authority) and _belongs(facts, event) else False


def own_write(facts: WorldFacts, signal: Signal) -> Verdict3:
    # The resource of an alarm may be none of this system's.
    return somebody_changed(lambda item: is_own_resource(facts, item), anywhere=True)(facts, signal)


# ── A new revision ─────────────────────────────────────────────────────────────────────────────


def _release(facts: WorldFacts) -> WorldDeployment | None:
    release = facts.session.rollout.deployment
    return release if release is not None and release.at <= facts.minute else None


def _is_new_kind(rule: Lines, since: float) -> bool:
    return rule.begin >= since and re.search(_WRONG, rule.text, re.I) is not None


def _first_words(facts: WorldFacts, signal: Signal) -> bool:
    quoted = re.search(r": ([^…]{10,60})", signal.value)
    if not quoted:
        return True
    # Of a line of JSON the values are quoted one after the other; the last word may be cut.
    words = re.findall("[A-Za-z]{3,}", quoted[1])[:-1]
    texts = (rule.text for item in facts.world.lines for rule in [item] if rule.begin <= facts.minute)
    return any(all(word in text for word in words) for text in texts)


def error_since_deployment(facts: WorldFacts, signal: Signal) -> Verdict3:
    release = _release(facts)
    if release is None:
        return False, "nothing was deployed"
    new = [rule for rule in facts.rules(APPLICATION_LOG) if _is_new_kind(rule, release.at - 1)]
    if signal.state is SignalState.PRESENT and not _first_words(facts, signal):
        return False, "no line says so"
    if not new:
        return False, "no new kind of error since the deployment"
    is_old_slip = any(
        re.search(_MISTAKE, rule.text) for rule in facts.rules(APPLICATION_LOG) if rule not in new
    )
    slips = [rule for rule in new if re.search(_MISTAKE, rule.text)]
    if not slips:
        is_outside = all(re.search(_OUTSIDE, rule.text, re.I) for rule in new)
        return (False if is_outside else None), f"the new errors are no mistakes: {new[0].text[:80]!r}"
    prompt = [rule for rule in slips if rule.begin <= release.ends + 5]
    many = sum(at >= 0 for rule in prompt for at, *_ in facts.written(rule)) > 20
    return (True if many and not is_old_slip else None), f"{slips[0].text[:80]!r} since {slips[0].begin:g}"


def _changed_names(facts: WorldFacts, release: WorldDeployment) -> tuple[list[str], list[str]]:
    """(what the new revision changes, the words of its variables)."""
    if release.same_definition:
        return [], []
    given = {**release.environment, **release.secrets}
    hosts = [host for value in given.values() for host in re.findall(r"//([\w.-]+)", value)]
    names = [*given, *(value for value in given.values() if len(value) > 4), *hosts, *release.security_groups]
    words = [word for key in given for word in key.casefold().split("_") if len(word) > 3]
    return names, words


def release_names_failure(facts: WorldFacts, _signal: Signal) -> Verdict3:
    release = _release(facts)
    if release is None:
        return False, "nothing was deployed"
    names, words = _changed_names(facts, release)
    texts = [
        rule.text for rule in facts.rules(APPLICATION_LOG) if re.search(_WRONG, rule.text, re.I)
    ] + _reasons(facts, release)
    hits = [name for name in names if any(name in text for text in texts)]
    if hits:
        return True, f"an error names {hits[0]}"
    is_close = any(word in text.casefold() for word in words for text in texts)
    is_image = any(release.image in text for text in texts)
    # A group is not named by what it keeps out, nor a pool by the slots that it takes.
    kept_out = bool(release.security_groups) and any(
        re.search(r"connect|timed? ?-?out", text, re.I) for text in texts
    )
    taken = "pool" in words and any(re.search("slots|too many", text) for text in texts)
    return (
        None if is_close or is_image or kept_out or taken else False
    ), "no error names what the new revision changes"


def _failed(facts: WorldFacts, release: WorldDeployment) -> list[Task]:
    """Tasks that ended by themselves since the deployment."""
    return [
        task
        for task in facts.session.rollout.tasks
        if release.at <= task.stopping <= facts.minute
        and task.code in ("EssentialContainerExited", "TaskFailedToStart")
    ]


def _reasons(facts: WorldFacts, release: WorldDeployment) -> list[str]:
    return [f"{task.reason} {task.container_reason}" for task in _failed(facts, release) if task.is_new]


def new_tasks_fail(facts: WorldFacts, _signal: Signal) -> Verdict3:
    release = _release(facts)
    if release is None:
        return False, "nothing was deployed"
    failed = _failed(facts, release)
    new, old = (sum(task.is_new is wanted for task in failed) for wanted in (True, False))
    what = f"{new} new and {old} old tasks ended by themselves since the deployment"
    if old or not new:
        return False, what
    is_past = max(task.stopping for task in failed) < -5
    return (None if new < 2 or is_past or release.same_definition else True), what


def image_missing(facts: WorldFacts, _signal: Signal) -> Verdict3:
    release = _release(facts)
    if release is None:
        return False, "nothing was deployed"
    pulls = [text for text in _reasons(facts, release) if "CannotPull" in text]
    is_gone = any(re.search("not found|manifest unknown|does not exist", text) for text in pulls)
    return (True if is_gone else None if pulls else False), (pulls or ["no new task failed to pull"])[0][:90]


_Metric = tuple[str, str, str]


def _cost(facts: WorldFacts, release: WorldDeployment, metric: _Metric) -> tuple[float, float, float] | None:
    """(times the cost of a request, times the whole, times the cost in the release's first minutes). With fewer requests an
    idle load seems more; what rises only later did not come with the release."""
    values, requests = facts.points(*metric, -180), facts.points(*REQUESTS, -180)
    served = [minute for minute in values if requests.get(minute, 0) > 0]
    before = [minute for minute in served if minute < release.at]
    since = [minute for minute in served if minute > release.ends]
    first, after = since[:3], since[-5:]
    if not before or len(after) < 2:
        return None

    def mean(minutes: list[int], counts: dict[int, float] | None) -> float:
        return sum(values[item] / (counts[item] if counts else 1) for item in minutes) / len(minutes)

    usual, whole = mean(before, requests), mean(before, None)
    if not usual or not whole:
        return None
    return mean(after, requests) / usual, mean(after, None) / whole, mean(first, requests) / usual


def costs_more(*metrics: _Metric, sure: float) -> Sentence:
    """Whether a request costs more of one of the metrics since the deployment."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        release = _release(facts)
        if release is None:
            return False, "nothing was deployed"
        costs = [cost for metric in metrics if (cost := _cost(facts, release, metric))]
        if not costs:
            return None, ""
        what = ", ".join(
            f"{each:.2f} times for a request, {whole:.2f} in all" for each, whole, _first in costs
        )
        if any(each >= sure and whole >= 1.5 and first >= 0.5 * each for each, whole, first in costs):
            return True, what
        return (False if all(each <= 1.2 or whole <= 1.15 for each, whole, _first in costs) else None), what

    return sentence


cpu_costs_more = costs_more(CPU, sure=2.5)
database_costs_more = costs_more((RDS, "DBLoad", "Average"), DB_CPU, CONNECTIONS, sure=2.5)

# ── Names in errors, and the alarm ─────────────────────────────────────────────────────────────

_DEPENDENCY = (
    r"redis|memcache|amqp|pika|rabbit|kafka|\bs[qn]s\b|\bs3\b|dynamodb|\bkms\b|decrypt|\bsts|smtp|ldap|licen[cs]e"
    r"|ExpiredToken|credential|password|not authorized|Errno 28|No space left|\biat\b|certificate|169\.254\."
    r"|\bnfs\b|\befs\b|rpc error|ENOTFOUND|TooManyRequestsException|https?://|[a-z0-9-]+\.(internal|local)\b|\b(?:\d{1,3}\.){3}\d{1,3}:(?!5432\b)\d+|Errno 2\d"
)
_DATABASE = r"facility-prod-db|:5432|port 5432|deadlock|lock timeout|statement timeout|too many clients|pg_use_reserved"


def names_dependency(facts: WorldFacts, signal: Signal) -> Verdict3:
    rules = [
        rule
        for group in (APPLICATION_LOG, DATABASE_LOG)
        for rule in facts.rules(group)
        if rule.begin >= -5 and rule.to > 0
    ]
    texts = [rule.text for rule in rules if rule.group == APPLICATION_LOG or "password" in rule.text]
    wanted = [name.casefold() for name in facts.world.dependency]
    outside = [text for text in texts if re.search(_DEPENDENCY, text, re.I)]
    if signal.state is SignalState.PRESENT:
        if not _first_words(facts, signal):
            return False, "no line says so"
        if any(name in signal.value.casefold() for name in wanted):
            return True, ""
        is_database = re.search(_DATABASE, signal.value) and not re.search("password", signal.value)
        if is_database or not outside:
            return False, "the database is known" if is_database else "no new error names one"
        # Whether a host with a name of its own is a dependency or somebody else's is a matter of words.
        is_named = re.search(_DEPENDENCY, signal.value, re.I)
        return (True if is_named else None), f"{outside[0][:90]!r}"
    sure = [text for text in outside if any(name in text.casefold() for name in wanted)]
    is_error = any(re.search(_WRONG + "|ETIMEDOUT", text, re.I) for text in sure)
    if is_error:
        return True, f"an error says {sure[0][:90]!r}"
    return (None if outside else False), "no new error names one"


def alarms_together(facts: WorldFacts, _signal: Signal) -> Verdict3:
    rows = facts.answer("cloudwatch", "DescribeAlarms")
    firing = [
        row
        for kind in ("MetricAlarms", "CompositeAlarms")
        for row in rows.get(kind, ())
        if row["StateValue"] == "ALARM" and row["AlarmName"] != facts.world.alarm.name
    ]
    near = [row for row in firing if abs(_changed(facts, row) - facts.world.alarm.at) <= 15]
    return (True if near else None if firing else False), f"{len(firing)} others are in ALARM"


def _changed(facts: WorldFacts, row: dict[str, Any]) -> float:
    moment = row.get("StateTransitionedTimestamp") or row.get("StateUpdatedTimestamp")
    return facts.world.minute(moment) if moment else facts.world.alarm.at


def own_new_error(facts: WorldFacts, signal: Signal) -> Verdict3:
    alarm = facts.world.alarm
    if alarm.name.startswith("ecs-") or alarm.namespace == "AWS/ECS":
        group = APPLICATION_LOG
    elif alarm.name.startswith("rds-") or alarm.namespace == "AWS/RDS":
        group = DATABASE_LOG
    else:
        group = next(
            (
                rule.group
                for rule in facts.world.lines
                if any(rule.group.endswith(f"/{name}") for name in alarm.dimensions.values())
            ),
            "",
        )
    if not group:
        return None, ""
    if signal.state is SignalState.PRESENT and not _first_words(facts, signal):
        return False, "no line says so"
    new = [rule for rule in facts.rules(group) if _is_new_kind(rule, -3)]
    many = sum(at >= 0 for rule in new for at, *_ in facts.written(rule)) > 20
    return (True if many else None if new else False), f"{len(new)} new kinds of errors in {group}"


def sessions_wait(facts: WorldFacts, _signal: Signal) -> Verdict3:
    """Load without CPU. Without credits the CPU is what they wait for, although little of it is used."""
    load, cpu = (list(facts.points(*curve).values()) for curve in ((RDS, "DBLoad", "Average"), DB_CPU))
    rest = facts.recent(RDS, "CPUCreditBalance", "Minimum")
    if not load or not cpu:
        return None, ""
    what = f"load {max(load):.1f}, CPU {max(cpu):.0f} %, credits {min(rest, default=0):.1f}"
    if max(load) < 1.2 or min(cpu) > 92 or (rest and max(rest) < 1):
        return False, what
    return (True if max(load) > 5 and max(cpu) < 60 else None), what
