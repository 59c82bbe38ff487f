"""Readings of sentences about deployments, logs, the database, the network and scaling."""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from math import floor
from typing import Any

from services.models.causes import Signal
from tests.worlds.curves import ECS, ELB, RDS
from tests.worlds.facts import Verdict3, WorldFacts
from tests.worlds.readings_load import Sentence, between, plainly
from tests.worlds.schema import APPLICATION_LOG
from tests.worlds.system import DATABASE_GROUP
from tests.worlds.tasks import TASK_GROUP

CPU, MEMORY = (ECS, "CPUUtilization", "Average"), (ECS, "MemoryUtilization", "Maximum")
DB_CPU, CONNECTIONS = (RDS, "CPUUtilization", "Average"), (RDS, "DatabaseConnections", "Maximum")
REQUESTS, LATENCY = (ELB, "RequestCount", "Sum"), (ELB, "TargetResponseTime", "p95")
_TIME = re.compile(r"\b\d{1,2}:\d{2}\b")
_HOST = re.compile(
    r"(?:https?://|ENOTFOUND |EAI_AGAIN |host[=' :]+)?\b((?:[a-z0-9-]+\.)+(?:com|net|org|io|jp|dev|cloud|co))\b",
    re.I,
)

# ── Deployments ────────────────────────────────────────────────────────────────────────────────


def _deployed(facts: WorldFacts) -> float | None:
    release = facts.session.rollout.deployment
    return release.at if release is not None and release.at <= facts.minute else None


def recent_deployment(facts: WorldFacts, _signal: Signal) -> Verdict3:
    at = _deployed(facts)
    if at is None:
        return False, "nothing was deployed"
    is_just_before = -10 <= at <= min(0, facts.onset)
    return (True if is_just_before else False if at > 2 or at < -120 else None), f"deployed at minute {at:g}"


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
        return False, "nothing was deployed, so that there is no old revision"
    new, old, _both = _writers(facts)
    what = f"{new} lines of new tasks, {old} of old ones since T0"
    return (False if not old else True if old > 10 and new > 10 else None), what


def differs(facts: WorldFacts, _signal: Signal) -> Verdict3:
    at = _deployed(facts)
    if at is None:
        return False, "nothing was deployed"
    return (True if -15 <= at <= min(0, facts.onset) else None), f"deployed at minute {at:g}"


# ── Logs ───────────────────────────────────────────────────────────────────────────────────────


_ERROR = re.compile("error|exception|fatal|critical|panic|traceback|timed out", re.I)


def _errors(facts: WorldFacts) -> dict[bool, int]:
    """Lines of errors since T0: of kinds that had not been written before, and of others."""
    counts = {True: 0, False: 0}
    for rule in facts.rules(APPLICATION_LOG):
        if _ERROR.search(rule.text):
            counts[rule.begin >= -3] += sum(at >= 0 for at, _stream, _text in facts.written(rule))
    return counts


def new_error(facts: WorldFacts, signal: Signal) -> Verdict3:
    counts = _errors(facts)
    whole = sum(counts.values())
    kinds: dict[object, int] = {}
    for rule in facts.rules(APPLICATION_LOG):
        if rule.begin >= -3 and _ERROR.search(rule.text):
            # An event may be written as several lines, each of which is a rule of its own: in favour of what is claimed.
            kind = (rule.begin, rule.per_minute, rule.stream) if signal.state == "present" else rule.text
            kinds[kind] = kinds.get(kind, 0) + sum(at >= 0 for at, *_ in facts.written(rule))
    single = max(kinds.values(), default=0)
    what = f"{single} lines of the most frequent new kind among {whole}"
    if signal.state == "present" and (quoted := re.search(r"\d+: ([^…]{10,60})", signal.value)):
        # Of a line of JSON the values are quoted one after the other.
        words = re.findall("[A-Za-z]{3,}", quoted[1])[:-1]
        texts = [rule.text for rule in facts.rules(APPLICATION_LOG)]
        if texts and not any(all(word in text for word in words) for text in texts):
            return False, f"no line says {quoted[1]!r}"
    if whole == 0:
        return False, what
    if whole <= 20:
        return None, what
    return (True if single > 0.92 * whole else False if counts[True] < 0.3 * whole else None), what


def errors_as_before(facts: WorldFacts, _signal: Signal) -> Verdict3:
    counts = _errors(facts)
    whole = sum(counts.values())
    what = f"{counts[False]} of {whole} lines are of kinds known before"
    return between(counts[False] / whole, 0.4, 0.97, what) if whole > 20 else (None, what)


def says(*patterns: str, unsure: str = "", group: str = "") -> Sentence:
    """Whether a log says it: all patterns in one line (regular expressions); with `unsure` alone nobody can tell."""

    def sentence(facts: WorldFacts, signal: Signal) -> Verdict3:
        rules = facts.says("", group=group)
        texts = [rule.text for rule in rules]
        hits = [rule for rule in rules if all(re.search(item, rule.text, re.I) for item in patterns)]
        # What was over long before T0 is none of the incident that the sentence is about.
        is_lately = any(at >= facts.onset - 20 for rule in hits for at, *_ in facts.written(rule, -180))
        if hits and not is_lately and signal.state != "present":
            return None, "written long before"
        if hits:
            count, most = (
                re.match(r"(\d+) ×", signal.value),
                sum(1 for rule in hits for _ in facts.written(rule, -180)),
            )
            if count and int(count[1]) > most:
                return signal.state != "present", f"only {most} lines say so"
            return True, f"a line says {hits[0].text[:90]!r}"
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
    counts = {
        rule.text: sum(at >= facts.onset - 1 for at, *_ in facts.written(rule))
        for rule in facts.rules(APPLICATION_LOG)
        if _ERROR.search(rule.text)
    }
    sure = {
        host: sum(
            count
            for text, count in counts.items()
            if re.search(rf"(https?://|ENOTFOUND |EAI_AGAIN |host='){re.escape(host)}", text)
        )
        for host in outside
        if ".corp." not in host
    }
    most = max(sure.values(), default=0)
    if most >= 5 and most >= 0.6 * sum(counts.values()):
        return True, f"{most} of {sum(counts.values())} lines name {max(sure, key=sure.__getitem__)}"
    return (None if hosts else False), "no line names an outside host"


def several_hosts(facts: WorldFacts, _signal: Signal) -> Verdict3:
    texts = [rule.text for rule in facts.says("", group=APPLICATION_LOG)]
    hosts = {host.casefold() for text in texts for host in _HOST.findall(text)}
    owners = {".".join(host.split(".")[-2:]) for host in hosts if not host.endswith("amazonaws.com")}
    return (None if len(owners) > 1 else False), f"owners of outside hosts: {sorted(owners)}"


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
    return (
        between(since[-1], 0.35 * usual, 0.05 * usual, f"{since[-1]:g}, usually {usual:g}")
        if min(since) > 0.35 * usual or since[-1] <= 1
        else (None, "")
    )


def database_event(facts: WorldFacts, _signal: Signal) -> Verdict3:
    words = ("failover", "restart", "shutdown", "stopped", "recovery", "maintenance", "reboot", "patch")
    reports = [
        item
        for item in facts.world.rds_event
        if item.at <= facts.minute and any(word in item.message.casefold() for word in words)
    ]
    if any(item.at >= facts.since - 5 for item in reports):
        return True, reports[-1].message
    return (None if reports else False), "RDS reports none"


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
    if (
        max(facts.points(*DB_CPU, floor(facts.onset) - 3).values()) < 80
        and min(credits_, default=99) > 30
        and min(burst, default=99) > 15
    ):
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
    return between(lost, 0.15, 12, f"{lost:.1f} GiB less than three hours before")


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


def path(is_open: bool) -> Sentence:
    def sentence(facts: WorldFacts, _signal: Signal) -> Verdict3:
        groups = {
            row["GroupId"]: row for row in facts.answer("ec2", "DescribeSecurityGroups")["SecurityGroups"]
        }
        network = facts.service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
        ends = [item["VpcSecurityGroupId"] for item in facts.database["VpcSecurityGroups"]] or [
            DATABASE_GROUP
        ]
        senders = [row["Target"]["Id"] for row in facts.targets] or ["10.0.10.11"]

        def lets(rule: Mapping[str, Any], peers: list[str], addresses: list[str]) -> bool:
            is_port = rule["IpProtocol"] == "-1" or rule.get("FromPort", 0) <= 5432 <= rule.get(
                "ToPort", 65535
            )
            by_group = any(item.get("GroupId") in peers for item in rule.get("UserIdGroupPairs", ()))
            nets = [ip_network(item["CidrIp"], strict=False) for item in rule.get("IpRanges", ())]
            return is_port and (
                by_group or all(any(ip_address(one) in net for net in nets) for one in addresses)
            )

        inward = any(
            lets(rule, network, senders)
            for id in ends
            if id in groups
            for rule in groups[id]["IpPermissions"]
        )
        outward = any(
            lets(rule, ends, ["10.0.20.30"])
            for id in (network or [TASK_GROUP])
            if id in groups
            for rule in groups[id]["IpPermissionsEgress"]
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
    return plainly(
        any(row["SuspendedState"]["DynamicScalingOutSuspended"] for row in rows), "as SuspendedState says"
    )


def untriggered(facts: WorldFacts, _signal: Signal) -> Verdict3:
    rows = facts.answer("application-autoscaling", "DescribeScalingPolicies")["ScalingPolicies"]
    return plainly(not any(row.get("Alarms") for row in rows), f"{len(rows)} policies")


def refused(facts: WorldFacts, signal: Signal) -> Verdict3:
    hits = [item for item in facts.activities(-180) if item.not_scaled or item.status == "Failed"]
    others = [item for item in hits if "AlreadyAtMaxCapacity" not in item.not_scaled]
    what = f"{len(hits)} such decisions, {len(others)} for another reason"
    if not others and (hits or signal.state == "present"):
        return False, what
    if not hits and max(facts.points(*CPU).values(), default=0) < 60:
        return False, what
    return (True if any(item.at >= -5 for item in others) else None), what


def scaled_out(facts: WorldFacts, _signal: Signal) -> Verdict3:
    counts = [
        (item.at, int(match[1]))
        for item in facts.activities(min(-180, facts.since))
        if (match := re.search(r"desired count to (\d+)", item.description))
        and not item.not_scaled
        and item.status in ("Successful", "InProgress", "Pending")
    ]
    up = [at for at, count in counts if count > 2]
    # Of an alarm that does not fire, the present is judged.
    return (
        True if any(at >= max(0, facts.since) for at in up) else None if up else False
    ), f"{len(up)} such decisions"


def hot_task(facts: WorldFacts, _signal: Signal) -> Verdict3:
    average, highest = facts.recent(*CPU), facts.recent(ECS, "CPUUtilization", "Maximum")
    if not average or not highest:
        return None, ""
    what = f"{max(highest):.0f} % beside {max(average):.0f} %"
    if max(highest) < 1.1 * max(average):
        return False, what
    return (True if min(highest) > 90 and max(average) < 50 else None), what
