"""The sentences of the evidence, each with a reading of its own: whether it is true in a world, false, or neither."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from services.models.causes import Signal
from tests.worlds.curves import ECS, ELB, RDS, WAF
from tests.worlds.facts import Verdict3, WorldFacts
from tests.worlds.schema import APPLICATION_LOG, DATABASE_LOG
from tests.worlds.system import DATABASE_GROUP, TASK_GROUP

Sentence = Callable[[WorldFacts, Signal], Verdict3]
CPU, MEMORY = (ECS, "CPUUtilization", "Average"), (ECS, "MemoryUtilization", "Maximum")
DB_CPU, CONNECTIONS = (RDS, "CPUUtilization", "Average"), (RDS, "DatabaseConnections", "Maximum")
REQUESTS, LATENCY = (ELB, "RequestCount", "Sum"), (ELB, "TargetResponseTime", "p95")
_TIME = re.compile(r"\b\d{1,2}:\d{2}\b")
_HOST = re.compile(r"(?:https?://|ENOTFOUND |EAI_AGAIN |host[=' :]+)?\b((?:[a-z0-9-]+\.)+(?:com|net|org|io|jp|dev|cloud|co))\b", re.I)


def between(value: float, false_at: float, true_at: float, what: str) -> Verdict3:
    """True from one value on, false from the other; neither in between."""
    is_rising = true_at >= false_at
    if (value >= true_at) if is_rising else (value <= true_at):
        return True, what
    if (value <= false_at) if is_rising else (value >= false_at):
        return False, what
    return None, what


def plainly(is_true: bool, what: str) -> Verdict3:
    """A sentence that is true or false."""
    return is_true, what


def share(names: tuple[str, ...], false_at: float = 0.7, true_at: float = 0.9) -> Sentence:
    """Of the errors since T0, how many are of these counts."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        whole = facts.total("HTTPCode_ELB_5XX_Count") + facts.total("HTTPCode_Target_5XX_Count")
        if whole < 1:
            return (False, "there are no errors") if facts.bad else (None, "")
        part = sum(map(facts.total, names)) / whole
        return between(part, false_at, true_at, f"since T0 {part:.0%} of {whole:g}")

    return sentence


def no_target_503(facts: WorldFacts, _signal: Signal) -> Verdict3:
    codes, requests = facts.points(ELB, "HTTPCode_ELB_503_Count", "Sum"), facts.points(*REQUESTS)
    silent = sum(codes[minute] > 0 and requests[minute] < 1 for minute in codes)
    if silent:
        return True if silent > len(codes) / 2 else None, f"503 and no request in {silent} of {len(codes)} minutes"
    routed = [requests[minute] for minute in codes if codes[minute] > 0]
    is_little = bool(routed) and min(routed) < 20
    return None if is_little else False, "in no minute 503 without requests"


def firewall_500(facts: WorldFacts, _signal: Signal) -> Verdict3:
    return between(facts.total("HTTPCode_ELB_500_Count"), 0, 30, "500 by the load balancer since T0")


def count_since(namespace: str, name: str, most_false: float, least_true: float, factor: float) -> Sentence:
    """A count that is raised in the bad minutes."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        points = list(facts.points(namespace, name, "Sum").values())
        usual = facts.usual(namespace, name, "Sum")
        if not points:
            return None, ""
        what = f"{min(points):g} to {max(points):g} a minute since T0, usually {usual:g}"
        if max(points) <= max(most_false, usual * 1.3):
            return False, what
        return (True if min(points) >= max(least_true, usual * factor) else None), what

    return sentence


def latency_first(facts: WorldFacts, _signal: Signal) -> Verdict3:
    latency, usual = facts.points(*LATENCY, -60), facts.usual(*LATENCY)
    errors = {
        minute: sum(facts.points(ELB, name, "Sum", -60).get(minute, 0) for name in ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"))
        for minute in range(-60, facts.last + 1)
    }
    slow = next((minute for minute, value in latency.items() if value > 3 * usual), None)
    wrong = next((minute for minute, value in errors.items() if value >= 12), None)
    what = f"slow from minute {slow}, errors from minute {wrong}"
    if not latency or max(latency.values()) < 1.5 * usual:
        return False, what
    if slow is None:
        return None, what
    if wrong is None:
        return None, what
    return (True if wrong - slow >= 3 else False if wrong <= slow - 1 else None), what


def surge(facts: WorldFacts, _signal: Signal) -> Verdict3:
    usual, recent = facts.usual(*REQUESTS), facts.recent(*REQUESTS)
    if not recent:
        return None, ""
    highest = max(facts.points(*REQUESTS, -10).values())
    what = f"{recent[-1]:g} a minute, usually {usual:g}"
    if highest < 1.4 * usual:
        return False, what
    return (True if min(recent) > 3.5 * usual else None), what


def usual_requests(facts: WorldFacts, _signal: Signal) -> Verdict3:
    usual, since = facts.usual(*REQUESTS), list(facts.points(*REQUESTS).values())
    if not since:
        return None, ""
    recent = sum(since[-3:]) / len(since[-3:]) / max(usual, 1e-9)
    what = f"{recent:.0%} of the usual requests"
    if not 0.5 <= recent <= 1.9:
        return False, what
    return (True if all(0.85 * usual <= value <= 1.15 * usual for value in since) else None), what


def fewer_requests(facts: WorldFacts, _signal: Signal) -> Verdict3:
    usual, recent = facts.usual(*REQUESTS), facts.recent(*REQUESTS)
    if not recent:
        return None, ""
    now = sum(recent) / len(recent) / max(usual, 1e-9)
    errors = (facts.total("HTTPCode_ELB_5XX_Count") + facts.total("HTTPCode_Target_5XX_Count")) / max(1, len(facts.bad))
    what = f"{now:.0%} of the usual requests, {errors:.0f} errors a minute"
    if now > 0.7 or errors > 0.5 * usual:
        return False, what
    return (True if now < 0.2 and errors < 0.03 * usual else None), what


def few_requests(facts: WorldFacts, _signal: Signal) -> Verdict3:
    since = list(facts.points(*REQUESTS).values())
    if not since:
        return None, ""
    what = f"{min(since):g} to {max(since):g} a minute"
    # A minute without any request has no errors that few requests could explain.
    return (False if min(since) > 40 else True if max(since) < 12 and min(since) > 0 else None), what


def drained(facts: WorldFacts, _signal: Signal) -> Verdict3:
    gone = [row for row in facts.stopped if row["stopCode"] in ("ServiceSchedulerInitiated", "UserInitiated")]
    away = gone or [each for each in facts.activities() if "desired count" in each.description]
    return (None if away else False), "no task was taken away"


def _states(facts: WorldFacts) -> list[str]:
    return [row["TargetHealth"]["State"] for row in facts.targets]


def no_target(facts: WorldFacts, _signal: Signal) -> Verdict3:
    states = _states(facts)
    takes = [state for state in states if state in ("healthy", "unhealthy", "initial", "unavailable")]
    if "initial" in takes and set(takes) == {"initial"}:
        return None, ""
    return plainly(not takes, f"targets: {', '.join(states) or 'none'}")


def none_healthy(facts: WorldFacts, _signal: Signal) -> Verdict3:
    states = [state for state in _states(facts) if state not in ("draining", "unused")]
    if "healthy" not in states and "unhealthy" not in states and states:
        return None, ""
    return plainly(bool(states) and "healthy" not in states, f"targets: {', '.join(states) or 'none'}")


def check_reason(*reasons: str) -> Sentence:
    """Whether an unhealthy target has one of the reasons."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        found = [row["TargetHealth"].get("Reason", "") for row in facts.targets if row["TargetHealth"]["State"] != "healthy"]
        if any(reason in found for reason in reasons):
            return True, f"reasons: {', '.join(found)}"
        texts = " ".join(each.message for each in facts.world.service_event if each.at <= facts.minute)
        return (None if "ealth check" in texts else False), f"reasons: {', '.join(found) or 'none'}"

    return sentence


def zones(is_one: bool) -> Sentence:
    """Unhealthy targets in one zone only, or in several."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        by_state: dict[bool, set[str]] = {True: set(), False: set()}
        for row in facts.targets:
            state = row["TargetHealth"]["State"]
            if state in ("healthy", "unhealthy"):
                by_state[state == "healthy"].add(row["Target"].get("AvailabilityZone", ""))
        bad, good = by_state[False], by_state[True] - by_state[False]
        what = f"unhealthy in {', '.join(sorted(bad)) or 'no zone'}, healthy in {', '.join(sorted(good)) or 'no other'}"
        if is_one and len(bad) == 1 and not good:
            return None, what
        return plainly(len(bad) == 1 and bool(good) if is_one else len(bad) > 1, what)

    return sentence


def zonal_shift(facts: WorldFacts, _signal: Signal) -> Verdict3:
    states = [row.get("AdministrativeOverride", {}).get("State", "") for row in facts.targets]
    return plainly("zonal_shift_active" in states, f"overrides: {', '.join(filter(None, states)) or 'none'}")


def _reasons(row: Mapping[str, Any]) -> str:
    texts = [str(row.get("stoppedReason", "")), *(str(each.get("reason", "")) for each in row["containers"])]
    return " ".join(texts)


def stops(is_meant: Callable[[Mapping[str, Any]], bool]) -> Sentence:
    """Whether a task stopped like this since shortly before T0."""

    def sentence(facts: WorldFacts, signal: Signal) -> Verdict3:
        found = [row for row in facts.stopped if is_meant(row)]
        figure = re.match(r"(\d+) tasks?\b", signal.value)
        everything = facts.session.rollout.described(facts.minute, "STOPPED")
        if figure and int(figure[1]) > sum(map(is_meant, everything)):
            return not signal.state == "present", f"only {len(found)} such tasks"
        if not found and any(map(is_meant, everything)):
            return None, ""
        return plainly(bool(found), f"{len(found)} such tasks since T0 − 5 min")

    return sentence


def _exited(row: Mapping[str, Any]) -> bool:
    codes = [each.get("exitCode") for each in row["containers"]]
    return row["stopCode"] == "EssentialContainerExited" and not _memory(row) and any(code for code in codes)


def _memory(row: Mapping[str, Any]) -> bool:
    return "OutOfMemory" in _reasons(row)


def _unhealthy(row: Mapping[str, Any]) -> bool:
    return "health check" in _reasons(row).casefold()


def _not_started(row: Mapping[str, Any]) -> bool:
    return row["stopCode"] == "TaskFailedToStart" or "startedAt" not in row


def _infrastructure(row: Mapping[str, Any]) -> bool:
    is_named = "infrastructure" in _reasons(row).casefold() or "host" in _reasons(row).casefold().split()
    return row["stopCode"] in ("SpotInterruption", "TerminationNotice", "InfrastructureHealth") or is_named


def all_replaced(facts: WorldFacts, _signal: Signal) -> Verdict3:
    count, desired = sum(map(_unhealthy, facts.stopped)), facts.service["desiredCount"]
    return (False if count == 0 else True if count >= desired > 0 and len(facts.stopped) == count else None), f"{count} of {desired}"


def not_placed(facts: WorldFacts, _signal: Signal) -> Verdict3:
    told = [each for each in facts.world.service_event if each.at <= facts.minute and "unable to place" in each.message]
    recent = [each for each in told if each.at >= -10]
    return (True if recent else None if told else False), f"{len(told)} such events"


def running_short(facts: WorldFacts, _signal: Signal) -> Verdict3:
    running, desired = facts.service["runningCount"], facts.service["desiredCount"]
    return plainly(running < desired, f"{running} of {desired} running")


def at_level(metric: tuple[str, str, str], false_at: float, true_at: float, *, highest: bool = True) -> Sentence:
    """The newest published values; `highest`: the largest of them counts, otherwise the smallest."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        recent = facts.recent(*metric)
        if not recent:
            return None, ""
        value = max(recent) if highest else min(recent)
        return between(value, false_at, true_at, f"published since T0: {', '.join(f'{each:.4g}' for each in recent)}")

    return sentence


def climbing(facts: WorldFacts, _signal: Signal) -> Verdict3:
    points = list(facts.points(*MEMORY, -170).values())
    if len(points) < 20:
        return None, ""
    rise = points[-1] - sum(points[:15]) / 15
    return between(rise, 5, 30, f"{rise:+.0f} points")


# ── Deployments ────────────────────────────────────────────────────────────────────────────────


def _deployed(facts: WorldFacts) -> float | None:
    made = facts.session.rollout.deployment
    return made.at if made is not None and made.at <= facts.minute else None


def recent_deployment(facts: WorldFacts, _signal: Signal) -> Verdict3:
    at = _deployed(facts)
    if at is None:
        return False, "nothing was deployed"
    return (True if -10 <= at <= 0 else False if at > 2 or at < -120 else None), f"deployed at minute {at:g}"


def no_deployment(facts: WorldFacts, _signal: Signal) -> Verdict3:
    at = _deployed(facts)
    return plainly(at is None or facts.minute - at > 24 * 60, f"deployed at minute {at}")


def deployment_failed(facts: WorldFacts, _signal: Signal) -> Verdict3:
    status = facts.session.rollout.status(facts.minute)
    return plainly(status in ("FAILED", "ROLLED_BACK"), f"the deployment is {status or 'none'}")


def _writers(facts: WorldFacts) -> tuple[int, int, bool]:
    """(lines of kinds that began with the incident from the new revision, from the old one, whether both ran then)."""
    rollout, counts = facts.session.rollout, {True: 0, False: 0}
    by_stream = {f"ecs/staff-api/{task.id}": task for task in rollout.tasks}
    for rule in facts.rules(APPLICATION_LOG):
        if rule.begin < -3 or not re.search("error|exception|fatal|critical|traceback", rule.text, re.I):
            continue
        for at, stream, _text in facts.written(rule, -1):
            if at >= 0 and stream in by_stream:
                counts[by_stream[stream].is_new] += 1
    ran = {task.is_new for task in rollout.tasks if task.started < facts.minute and task.stopping > 0.2}
    return counts[True], counts[False], ran == {True, False}


def only_new(facts: WorldFacts, _signal: Signal) -> Verdict3:
    if _deployed(facts) is None:
        return False, "nothing was deployed"
    new, old, both = _writers(facts)
    what = f"{new} lines of new tasks, {old} of old ones, {'both' if both else 'not both'} ran since T0"
    if old or not both:
        return (False if old or not both else None), what
    return (True if new > 10 else None), what


def on_both(facts: WorldFacts, _signal: Signal) -> Verdict3:
    if _deployed(facts) is None:
        return None, ""
    new, old, _both = _writers(facts)
    what = f"{new} lines of new tasks, {old} of old ones since T0"
    return (False if not old else True if old > 10 and new > 10 else None), what


def differs(facts: WorldFacts, _signal: Signal) -> Verdict3:
    at = _deployed(facts)
    if at is None:
        return False, "nothing was deployed"
    return (True if -15 <= at <= 0 else None), f"deployed at minute {at:g}"


def costs_more(facts: WorldFacts, _signal: Signal) -> Verdict3:
    made = facts.session.rollout.deployment
    if made is None or made.at > facts.minute:
        return False, "nothing was deployed"
    cpu, requests = facts.points(*CPU, -180), facts.points(*REQUESTS, -180)
    costs = {minute: cpu[minute] / requests[minute] for minute in cpu if requests.get(minute, 0) > 0}
    before = [cost for minute, cost in costs.items() if minute < made.at]
    after = [cost for minute, cost in costs.items() if minute > made.ends]
    if not before or not after:
        return None, ""
    ratio = (sum(after[-5:]) / len(after[-5:])) / (sum(before) / len(before))
    return between(ratio, 1.15, 3, f"{ratio:.2f} times the CPU for a request")


# ── Logs ───────────────────────────────────────────────────────────────────────────────────────


def _errors(facts: WorldFacts) -> dict[bool, int]:
    """Lines with the word that the filter asks for since T0: of kinds that had not been written before, and of others."""
    counts = {True: 0, False: 0}
    for rule in facts.rules(APPLICATION_LOG):
        if "ERROR" in rule.text:
            counts[rule.begin >= -3] += sum(at >= 0 for at, _stream, _text in facts.written(rule))
    return counts


def new_error(facts: WorldFacts, signal: Signal) -> Verdict3:
    counts = _errors(facts)
    whole = sum(counts.values())
    single = max(
        (sum(at >= 0 for at, *_ in facts.written(rule)) for rule in facts.rules(APPLICATION_LOG) if rule.begin >= -3 and "ERROR" in rule.text),
        default=0,
    )
    what = f"{single} lines of the most frequent new kind among {whole}"
    if signal.state == "present" and (quoted := re.search(r"\d+: ([^…]{10,60})", signal.value)):
        plain = re.sub(r"\W+", "", quoted[1])[:16]
        written = [re.sub(r"\W+", "", text) for rule in facts.rules(APPLICATION_LOG) for _at, _stream, text in facts.written(rule)]
        if written and not any(plain in text for text in written):
            return False, f"no line says {quoted[1]!r}"
    if whole == 0:
        return False, what
    return between(single / whole, 0.3, 0.92, what) if whole > 20 else (None, what)


def errors_as_before(facts: WorldFacts, _signal: Signal) -> Verdict3:
    counts = _errors(facts)
    whole = sum(counts.values())
    what = f"{counts[False]} of {whole} lines are of kinds known before"
    return between(counts[False] / whole, 0.4, 0.97, what) if whole > 20 else (None, what)


def says(*patterns: str, unsure: str = "", group: str = "") -> Sentence:
    """Whether a log says it: all patterns in one line (regular expressions); with `unsure` alone nobody can tell."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        texts = [rule.text for rule in facts.says("", group=group)]
        found = [text for text in texts if all(re.search(each, text, re.I) for each in patterns)]
        if found:
            return True, f"a line says {found[0][:90]!r}"
        if unsure and any(re.search(unsure, text, re.I) for text in texts):
            return None, ""
        return False, "no line says so"

    return sentence


def other_host(facts: WorldFacts, signal: Signal) -> Verdict3:
    texts = [rule.text for rule in facts.says("", group=APPLICATION_LOG)]
    hosts = {host.casefold() for text in texts for host in _HOST.findall(text)}
    outside = {host for host in hosts if not host.endswith("amazonaws.com") and not host.startswith("java.")}
    named = [host for host in _HOST.findall(signal.value) if host.casefold() not in hosts]
    if signal.state == "present" and named:
        return False, f"no line names {named[0]}"
    sure = [host for host in outside if any(re.search(rf"(https?://|ENOTFOUND |EAI_AGAIN |host='){re.escape(host)}", text) for text in texts)]
    if sure:
        return True, f"a line names {sure[0]}"
    return (None if hosts else False), "no line names an outside host"


# ── Database ───────────────────────────────────────────────────────────────────────────────────


def connections_flat(facts: WorldFacts, _signal: Signal) -> Verdict3:
    usual, since = facts.usual(*CONNECTIONS), list(facts.points(*CONNECTIONS).values())
    if not since:
        return None, ""
    what = f"{min(since):g} to {max(since):g} since T0, usually {usual:g}"
    if min(since) < 0.6 * usual or max(since) > 1.4 * usual:
        return False, what
    return (True if min(since) > 0.88 * usual and max(since) < 1.12 * usual else None), what


def connections_gone(facts: WorldFacts, _signal: Signal) -> Verdict3:
    usual, since = facts.usual(*CONNECTIONS), list(facts.points(*CONNECTIONS).values())
    if not since:
        return None, ""
    return between(since[-1], 0.35 * usual, 0.05 * usual, f"{since[-1]:g}, usually {usual:g}") if min(since) > 0.35 * usual or since[-1] <= 1 else (None, "")


def database_event(facts: WorldFacts, _signal: Signal) -> Verdict3:
    words = ("failover", "restart", "shutdown", "recovery", "maintenance", "reboot", "patch")
    told = [each for each in facts.world.rds_event if each.at <= facts.minute and any(word in each.message.casefold() for word in words)]
    if any(-5 <= each.at for each in told):
        return True, told[-1].message
    return (None if told else False), "RDS reports none"


def not_available(facts: WorldFacts, _signal: Signal) -> Verdict3:
    status = facts.database["DBInstanceStatus"]
    if status in ("backing-up", "configuring-enhanced-monitoring", "storage-optimization", "modifying"):
        return None, ""
    return plainly(status != "available", status)


def used_up(facts: WorldFacts, _signal: Signal) -> Verdict3:
    cpu, credits_ = facts.recent(*DB_CPU), facts.recent(RDS, "CPUCreditBalance", "Minimum")
    burst = facts.recent(RDS, "BurstBalance", "Average")
    if not cpu:
        return None, ""
    what = f"CPU {max(cpu):.0f} %, credits {min(credits_, default=0):.0f}"
    if max(facts.points(*DB_CPU).values()) < 80 and min(credits_, default=99) > 30 and min(burst, default=99) > 15:
        return False, what
    return (True if min(cpu) > 95 or min(credits_, default=99) < 0.5 else None), what


def _free(facts: WorldFacts) -> float:
    points = facts.points(RDS, "FreeStorageSpace", "Minimum", -20)
    return list(points.values())[-1] / 2**30 / facts.database["AllocatedStorage"] if points else 0.5


def storage_empty(facts: WorldFacts, _signal: Signal) -> Verdict3:
    if facts.database["DBInstanceStatus"] == "storage-full":
        return True, "storage-full"
    return between(_free(facts), 0.05, 0.005, f"{_free(facts):.1%} free")


def storage_ample(facts: WorldFacts, _signal: Signal) -> Verdict3:
    return between(_free(facts), 0.05, 0.15, f"{_free(facts):.1%} free")


def _loss(facts: WorldFacts, name: str, sign: int) -> float:
    points = list(facts.points(RDS, name, "Maximum", -178).values())
    return sign * (points[-1] - points[0]) / 2**30 if points else 0.0


def storage_falling(facts: WorldFacts, _signal: Signal) -> Verdict3:
    lost = _loss(facts, "FreeStorageSpace", -1)
    return between(lost, 0.3, 12, f"{lost:.1f} GiB less than three hours before")


def wal_growing(facts: WorldFacts, _signal: Signal) -> Verdict3:
    lost, grown = _loss(facts, "FreeStorageSpace", -1), _loss(facts, "TransactionLogsDiskUsage", 1)
    if grown < max(0.3, 0.25 * lost):
        return False, f"{grown:.1f} GiB of {lost:.1f}"
    return (True if lost > 5 and grown > 0.85 * lost else None), f"{grown:.1f} GiB of {lost:.1f}"


def slot_lagging(facts: WorldFacts, _signal: Signal) -> Verdict3:
    points = list(facts.points(RDS, "OldestReplicationSlotLag", "Maximum", -20).values())
    lag = points[-1] / 2**30 if points else 0.0
    return between(lag, 0.05, 8, f"{lag:.1f} GiB")


# ── Network ────────────────────────────────────────────────────────────────────────────────────


def write_of(*kinds: Callable[[Any], bool]) -> Sentence:
    """Whether somebody changed something of this system just before, as far as CloudTrail lists it."""

    def sentence(facts: WorldFacts, signal: Signal) -> Verdict3:
        meant = [each for each in facts.writes(visible=True) if any(kind(each) for kind in kinds) and "ServiceRoleForECS" not in each.user]
        own = [each for each in meant if facts.is_own(each) and not each.error]
        named = [each for each in meant if each.name in signal.value]
        if signal.state == "present":
            foreign = [each for each in named if not facts.is_own(each)]
            if named and len(foreign) == len(named):
                return False, f"{named[0].name} is about something else of the account"
            return plainly(bool(own), "CloudTrail lists no write about this system")
        recent = [each for each in own if each.at >= -15]
        return (True if recent else None if own else False), f"{recent[0].name if recent else 'none'}"

    return sentence


def no_network_write(facts: WorldFacts, signal: Signal) -> Verdict3:
    real = [each for each in facts.writes(visible=False, since=-30) if facts.is_network(each) and facts.is_own(each) and not each.error]
    real = [each for each in real if "ServiceRoleForECS" not in each.user]
    text = f"{signal.title} {signal.value} {signal.limit}"
    if _TIME.search(text) and signal.state == "present":
        # It says up to when.
        real = [each for each in real if each.at + facts.session.variant.trail <= facts.minute]
    if real:
        return False, f"{real[0].name} at minute {real[0].at:g}"
    hidden = [each for each in facts.writes(visible=True) if facts.is_network(each)]
    return (None if hidden and signal.state == "absent" and any(map(facts.is_own, hidden)) else True), "nobody did"


def path(is_open: bool) -> Sentence:
    """Whether the security groups let the tasks in to the database."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        groups = {row["GroupId"]: row for row in facts.answer("ec2", "DescribeSecurityGroups")["SecurityGroups"]}
        network = facts.service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
        ends = [each["VpcSecurityGroupId"] for each in facts.database["VpcSecurityGroups"]] or [DATABASE_GROUP]
        senders = [row["Target"]["Id"] for row in facts.targets] or ["10.0.10.11"]

        def lets(rule: Mapping[str, Any], peers: list[str], addresses: list[str]) -> bool:
            is_port = rule["IpProtocol"] == "-1" or rule.get("FromPort", 0) <= 5432 <= rule.get("ToPort", 65535)
            by_group = any(each.get("GroupId") in peers for each in rule.get("UserIdGroupPairs", ()))
            nets = [ip_network(each["CidrIp"], strict=False) for each in rule.get("IpRanges", ())]
            return is_port and (by_group or all(any(ip_address(one) in net for net in nets) for one in addresses))

        inward = any(lets(rule, network, senders) for id in ends if id in groups for rule in groups[id]["IpPermissions"])
        outward = any(
            lets(rule, ends, ["10.0.20.30"]) for id in (network or [TASK_GROUP]) if id in groups for rule in groups[id]["IpPermissionsEgress"]
        )
        return plainly((inward and outward) is is_open, f"in: {inward}, out: {outward}")

    return sentence


# ── Scaling ────────────────────────────────────────────────────────────────────────────────────


def at_maximum(facts: WorldFacts, _signal: Signal) -> Verdict3:
    cpu = list(facts.points(*CPU).values())
    most = facts.answer("application-autoscaling", "DescribeScalableTargets")["ScalableTargets"]
    count, limit = facts.service["runningCount"], most[0]["MaxCapacity"] if most else 0
    if not cpu:
        return None, ""
    what = f"CPU {cpu[-1]:.0f} %, {count} of at most {limit} tasks"
    desired = facts.service["desiredCount"]
    if max(cpu) < 60 or (count < limit and desired < limit):
        return False, what
    return (True if min(cpu[-3:]) > 85 and count >= limit else None), what


def suspended(facts: WorldFacts, _signal: Signal) -> Verdict3:
    rows = facts.answer("application-autoscaling", "DescribeScalableTargets")["ScalableTargets"]
    return plainly(any(row["SuspendedState"]["DynamicScalingOutSuspended"] for row in rows), "as SuspendedState says")


def untriggered(facts: WorldFacts, _signal: Signal) -> Verdict3:
    rows = facts.answer("application-autoscaling", "DescribeScalingPolicies")["ScalingPolicies"]
    return plainly(not any(row.get("Alarms") for row in rows), f"{len(rows)} policies")


def refused(facts: WorldFacts, _signal: Signal) -> Verdict3:
    found = [each for each in facts.activities(-180) if each.not_scaled or each.status == "Failed"]
    return (True if any(each.at >= -5 for each in found) else None if found else False), f"{len(found)} such decisions"


def scaled_out(facts: WorldFacts, _signal: Signal) -> Verdict3:
    counts = [(each.at, int(match[1])) for each in facts.activities(-180) if (match := re.search(r"desired count to (\d+)", each.description)) and not each.not_scaled and each.status in ("Successful", "InProgress", "Pending")]
    up = [at for at, count in counts if count > 2]
    return (True if any(at >= 0 for at in up) else None if up else False), f"{len(up)} such decisions"


def hot_task(facts: WorldFacts, _signal: Signal) -> Verdict3:
    average, highest = facts.recent(*CPU), facts.recent(ECS, "CPUUtilization", "Maximum")
    if not average or not highest:
        return None, ""
    what = f"{max(highest):.0f} % beside {max(average):.0f} %"
    if max(highest) < 1.35 * max(average):
        return False, what
    return (True if min(highest) > 90 and max(average) < 50 else None), what


_FAIL = r"refused|timed? ?-?out|ETIMEDOUT|ECONNREFUSED|unreachable|could not connect|Could not open|ENOTFOUND|EAI_AGAIN|could not translate|connection attempt failed|EHOSTUNREACH|not known"
_BASE = r"\b5432\b|facility-prod-db|rds\.amazonaws"
SENTENCES: Mapping[str, tuple[str, Sentence]] = {
    "elb-share": ("The load balancer made the errors", share(("HTTPCode_ELB_5XX_Count",))),
    "target-share": ("The application answered with the errors", share(("HTTPCode_Target_5XX_Count",))),
    "no-target-503": ("503 without any request routed", no_target_503),
    "elb-502": ("502 dominates (reset, malformed or refused)", share(("HTTPCode_ELB_502_Count",), 0.35, 0.85)),
    "elb-504": ("504 dominates (time-outs)", share(("HTTPCode_ELB_504_Count",), 0.35, 0.85)),
    "elb-500": ("500 by the load balancer, with a firewall attached", firewall_500),
    "connection-errors": ("Connections to targets fail", count_since(ELB, "TargetConnectionErrorCount", 0, 10, 5)),
    "latency-first": ("Latency rose before the errors", latency_first),
    "traffic-surge": ("Requests surge", surge),
    "traffic-usual": ("Requests are as usual", usual_requests),
    "traffic-fall": ("Requests fall, with few errors", fewer_requests),
    "tls-errors": ("TLS negotiations fail", count_since(ELB, "ClientTLSNegotiationErrorCount", 0, 30, 5)),
    "waf-blocks": ("The firewall blocks more than usual", count_since(WAF, "BlockedRequests", 4, 60, 15)),
    "few-requests": ("Few requests in the bad minutes", few_requests),
    "drain-errors": ("Errors only after tasks were taken away", drained),
    "no-registered-target": ("No target receives requests", no_target),
    "none-healthy": ("Targets are registered, and none is healthy", none_healthy),
    "check-failed": ("Health checks cannot connect", check_reason("Target.FailedHealthChecks")),
    "check-timeout": ("Health checks time out", check_reason("Target.Timeout")),
    "check-wrong-code": ("Health checks get a wrong status code", check_reason("Target.ResponseCodeMismatch")),
    "one-zone": ("Only the targets of one zone are unhealthy", zones(True)),
    "zones-spread": ("Targets of several zones are unhealthy", zones(False)),
    "zonal-shift": ("A zonal shift is in force", zonal_shift),
    "task-exited": ("Tasks exit by themselves", stops(_exited)),
    "task-out-of-memory": ("Tasks are killed for lack of memory", stops(_memory)),
    "stopped-by-health-check": ("ECS stops tasks that fail health checks", stops(_unhealthy)),
    "all-replaced": ("ECS replaces all tasks because they fail health checks", all_replaced),
    "start-failed": ("Tasks fail to start", stops(_not_started)),
    "infrastructure-stop": ("AWS stopped tasks for its infrastructure", stops(_infrastructure)),
    "placement-failed": ("ECS cannot place tasks", not_placed),
    "running-short": ("Fewer tasks run than are desired", running_short),
    "memory-high": ("The tasks' memory is full", at_level(MEMORY, 85, 98)),
    "memory-climbing": ("The tasks' memory climbs", climbing),
    "memory-low": ("The tasks' memory is not full", at_level(MEMORY, 90, 60)),
    "recent-deployment": ("A deployment began just before", recent_deployment),
    "no-deployment": ("No deployment in 24 hours", no_deployment),
    "deployment-failed": ("The deployment failed, or was rolled back", deployment_failed),
    "errors-on-new-revision": ("Errors come only from the new revision", only_new),
    "errors-on-both": ("Errors come from the old revision, too", on_both),
    "revision-differs": ("The new revision differs from the one before", differs),
    "cpu-per-request-up": ("A request costs more CPU since the deployment", costs_more),
    "new-error": ("One new kind of error makes most of them", new_error),
    "errors-as-before": ("The errors are of the kinds known before", errors_as_before),
    "db-refused": ("The log says: connections to the database fail", says(_BASE, _FAIL, unsure=_FAIL + "|connection")),
    "db-pool-timeout": (
        "The log says: time-out waiting for a pooled connection",
        says(r"QueuePool limit|Connection is not available, request timed out|TimeoutError: ResourceRequest|timeout exceeded when trying to connect|could not obtain a (database )?connection (from the pool )?within", unsure="pool"),
    ),
    "db-too-many-clients": ("The log says: too many clients", says(r"too many (clients|connections)")),
    "db-slots-reserved": ("The log says: remaining connection slots are reserved", says("remaining connection slots")),
    "db-terminated": (
        "The log says: the database ends or starts",
        says(r"terminating connection due to administrator|is shutting down|is starting up|in recovery mode|57P0[13]", unsure="terminat|recovery|shutdown|shut down"),
    ),
    "db-no-space": ("The log says: no space left", says(r"No space left|could not extend file", unsure="could not write|space")),
    "temporary-files": ("The log says: large temporary files", says("temporary file", r"size \d{9,}", group=DATABASE_LOG, unsure="temporary file")),
    "other-host": ("The log names a host outside the system", other_host),
    "connections-high": ("The database's connections are at their limit", at_level(CONNECTIONS, 60, 105)),
    "connections-flat": ("The number of connections is as before", connections_flat),
    "connections-gone": ("The connections to the database are gone", connections_gone),
    "db-event": ("RDS reports a failover, a restart or maintenance", database_event),
    "db-not-available": ("The database's status is not available", not_available),
    "db-cpu-high": ("The database's CPU or credits are used up", used_up),
    "db-cpu-raised": ("The database's CPU is over its limit", at_level(DB_CPU, 60, 85)),
    "db-cpu-low": ("The database's CPU is low", at_level(DB_CPU, 65, 40)),
    "storage-empty": ("The database's storage is used up", storage_empty),
    "storage-ample": ("The database has free storage", storage_ample),
    "storage-falling": ("Free storage falls steadily", storage_falling),
    "wal-growing": ("Transaction logs take most of what is lost", wal_growing),
    "slot-lagging": ("A replication slot lags behind", slot_lagging),
    "network-write": ("Somebody changed the network or a secret just before", write_of(WorldFacts.is_network)),
    "no-network-write": ("Nobody changed the network just before", no_network_write),
    "dns-write": ("Somebody changed DNS, a certificate or a listener just before", write_of(WorldFacts.is_name)),
    "path-closed": ("The security groups keep the tasks from the database", path(False)),
    "path-open": ("The security groups let the tasks reach the database", path(True)),
    "cpu-at-maximum": ("CPU is high and no further task may start", at_maximum),
    "cpu-low": ("The tasks' CPU is low", at_level(CPU, 70, 45)),
    "scaling-suspended": ("Scaling out is suspended", suspended),
    "scaling-untriggered": ("Nothing triggers Auto Scaling", untriggered),
    "scaling-refused": ("Auto Scaling decided not to scale, or failed", refused),
    "scaled-out": ("Auto Scaling has added tasks", scaled_out),
    "hot-task": ("One task is much hotter than the others", hot_task),
}
"""By the signal's id: its sentence as it was read, and the reading."""
