"""Readings of sentences about the load balancer, targets and tasks: true in a world, false, or neither."""

import re
from collections.abc import Callable, Mapping
from math import floor
from typing import Any

from services.models.causes import Signal
from tests.worlds.curves import ECS, ELB, RDS
from tests.worlds.facts import Verdict3, WorldFacts

Sentence = Callable[[WorldFacts, Signal], Verdict3]
CPU, MEMORY = (ECS, "CPUUtilization", "Average"), (ECS, "MemoryUtilization", "Maximum")
DB_CPU, CONNECTIONS = (RDS, "CPUUtilization", "Average"), (RDS, "DatabaseConnections", "Maximum")
REQUESTS, LATENCY = (ELB, "RequestCount", "Sum"), (ELB, "TargetResponseTime", "p95")
_TIME = re.compile(r"\b\d{1,2}:\d{2}\b")
_HOST = re.compile(
    r"(?:https?://|ENOTFOUND |EAI_AGAIN |host[=' :]+)?\b((?:[a-z0-9-]+\.)+(?:com|net|org|io|jp|dev|cloud|co))\b",
    re.I,
)


def between(value: float, false_at: float, true_at: float, what: str) -> Verdict3:
    """True from one value on, false from the other; neither in between."""
    is_rising = true_at >= false_at
    if (value >= true_at) if is_rising else (value <= true_at):
        return True, what
    if (value <= false_at) if is_rising else (value >= false_at):
        return False, what
    return None, what


def plainly(is_true: bool, what: str) -> Verdict3:
    return is_true, what


def share(names: tuple[str, ...], false_at: float = 0.7, true_at: float = 0.9) -> Sentence:
    """Of the errors since T0, how many are of these counts."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        first = floor(facts.onset)

        def total(name: str) -> float:
            return sum(facts.points(ELB, name, "Sum", first).values())

        whole = total("HTTPCode_ELB_5XX_Count") + total("HTTPCode_Target_5XX_Count")
        if whole < 1:
            return (False, "there are no errors") if facts.bad else (None, "")
        part = sum(map(total, names)) / whole
        return between(part, false_at, true_at, f"since T0 {part:.0%} of {whole:g}")

    return sentence


def no_target_503(facts: WorldFacts, _signal: Signal) -> Verdict3:
    codes, requests = facts.points(ELB, "HTTPCode_ELB_503_Count", "Sum"), facts.points(*REQUESTS)
    silent = sum(codes[minute] > 0 and requests[minute] < 1 for minute in codes)
    if silent:
        return True if silent > len(
            codes
        ) / 2 else None, f"503 and no request in {silent} of {len(codes)} minutes"
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
        minute: sum(
            facts.points(ELB, name, "Sum", -60).get(minute, 0)
            for name in ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count")
        )
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
    errors = (facts.total("HTTPCode_ELB_5XX_Count") + facts.total("HTTPCode_Target_5XX_Count")) / max(
        1, len(facts.bad)
    )
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
    away = gone or [item for item in facts.activities() if "desired count" in item.description]
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
    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        hits = [
            row["TargetHealth"].get("Reason", "")
            for row in facts.targets
            if row["TargetHealth"]["State"] != "healthy"
        ]
        if any(reason in hits for reason in reasons):
            return True, f"reasons: {', '.join(hits)}"
        texts = " ".join(item.message for item in facts.world.service_event if item.at <= facts.minute)
        return (None if "ealth check" in texts else False), f"reasons: {', '.join(hits) or 'none'}"

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
        is_whole = len(bad) == 1 and bool(good) and not bad & by_state[True]
        return plainly(is_whole if is_one else len(bad) > 1, what)

    return sentence


def zonal_shift(facts: WorldFacts, _signal: Signal) -> Verdict3:
    states = [row.get("AdministrativeOverride", {}).get("State", "") for row in facts.targets]
    return plainly("zonal_shift_active" in states, f"overrides: {', '.join(filter(None, states)) or 'none'}")


def _reasons(row: Mapping[str, Any]) -> str:
    texts = [str(row.get("stoppedReason", "")), *(str(item.get("reason", "")) for item in row["containers"])]
    return " ".join(texts)


def stops(is_meant: Callable[[Mapping[str, Any]], bool]) -> Sentence:
    """Whether a task stopped like this since shortly before T0."""

    def sentence(facts: WorldFacts, signal: Signal) -> Verdict3:
        hits = [row for row in facts.stopped if is_meant(row)]
        figure = re.match(r"(\d+) tasks?\b", signal.value)
        everything = facts.session.rollout.described(facts.minute, "STOPPED")
        if figure and int(figure[1]) > sum(map(is_meant, everything)):
            return signal.state != "present", f"only {len(hits)} such tasks"
        if not hits and any(map(is_meant, everything)):
            return None, ""
        return plainly(bool(hits), f"{len(hits)} such tasks since T0 − 5 min")

    return sentence


def exited_stop(row: Mapping[str, Any]) -> bool:
    codes = [item.get("exitCode") for item in row["containers"]]
    return (
        row["stopCode"] == "EssentialContainerExited" and not memory_stop(row) and any(code for code in codes)
    )


def memory_stop(row: Mapping[str, Any]) -> bool:
    return "OutOfMemory" in _reasons(row)


def unhealthy_stop(row: Mapping[str, Any]) -> bool:
    return "health check" in _reasons(row).casefold()


def not_started_stop(row: Mapping[str, Any]) -> bool:
    return row["stopCode"] == "TaskFailedToStart" or "startedAt" not in row


def infrastructure_stop(row: Mapping[str, Any]) -> bool:
    is_named = "infrastructure" in _reasons(row).casefold() or "host" in _reasons(row).casefold().split()
    return row["stopCode"] in ("SpotInterruption", "TerminationNotice", "InfrastructureHealth") or is_named


def beyond_tasks(facts: WorldFacts, signal: Signal) -> Verdict3:
    """Tasks that the infrastructure took away or could not host, and beside them the host of the database.
    Spot capacity that is asked back is no failure."""
    lost = [
        row for row in facts.stopped if infrastructure_stop(row) and row["stopCode"] != "SpotInterruption"
    ]
    lost += [row for row in facts.stopped if "network interface provisioning" in _reasons(row)]
    reports = [item.message for item in facts.world.service_event if -5 <= item.at <= facts.minute]
    refused = [text for text in reports if "Capacity is unavailable" in text]
    reports = [item.message for item in facts.world.rds_event if -5 <= item.at <= facts.minute]
    others = [text for text in reports if re.search("failover|underlying|host", text, re.I)]
    is_one_zone = zones(True)(facts, signal)[0] is not False
    what = f"{len(lost)} tasks, {(others or refused or ['nothing else'])[0][:80]}"
    if not (lost or refused) or (not others and not is_one_zone):
        return False, what
    return (True if lost and others else None), what


def all_replaced(facts: WorldFacts, _signal: Signal) -> Verdict3:
    count, desired = sum(map(unhealthy_stop, facts.stopped)), facts.service["desiredCount"]
    return (
        False if count == 0 else True if count >= desired > 0 and len(facts.stopped) == count else None
    ), f"{count} of {desired}"


def not_placed(facts: WorldFacts, _signal: Signal) -> Verdict3:
    reports = [
        item
        for item in facts.world.service_event
        if item.at <= facts.minute and re.search(r"unable to (consistently )?(place|start)", item.message)
    ]
    recent = [item for item in reports if item.at >= -10]
    never = any(map(not_started_stop, facts.stopped))
    return (True if recent else None if reports or never else False), f"{len(reports)} such events"


def running_short(facts: WorldFacts, _signal: Signal) -> Verdict3:
    running, desired = facts.service["runningCount"], facts.service["desiredCount"]
    return plainly(running < desired, f"{running} of {desired} running")


def at_level(
    metric: tuple[str, str, str],
    false_at: float,
    true_at: float,
    *,
    highest: bool = True,
    lead: int | None = None,
) -> Sentence:
    """The newest published values, or all from `lead` minutes before T0; `highest`: the largest counts, otherwise the smallest."""

    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        first = floor(facts.onset) - (lead or 0)
        recent = facts.recent(*metric) if lead is None else list(facts.points(*metric, first).values())
        if not recent:
            return None, ""
        value = max(recent) if highest else min(recent)
        return between(value, false_at, true_at, f"published: {', '.join(f'{item:.4g}' for item in recent)}")

    return sentence


def climbing(facts: WorldFacts, _signal: Signal) -> Verdict3:
    points = list(facts.points(*MEMORY, -170).values())
    if len(points) < 20:
        return None, ""
    rise = max(points[-15:]) - sum(points[:15]) / 15
    return between(rise, 5, 30, f"{rise:+.0f} points")
