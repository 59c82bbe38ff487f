"""The logs of staff-api (JSON lines of a Japanese municipal application), of the database and the firewall."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson

from services.demo import names
from services.demo.account import ACCOUNT, REGION
from services.demo.effects import Wording
from services.demo.system.minute import JST, Minute, times


class WrittenLine(NamedTuple):
    visible: int  # When it becomes visible, epoch milliseconds
    at: int  # Its timestamp, epoch milliseconds
    group: str
    stream: str
    message: str


def delay(random: Random) -> int:
    """Milliseconds until a line is visible: mostly a second or two, one in a hundred over a minute."""
    chance = random.random()
    if chance < 0.95:
        return 400 + int(random.random() * 2400)
    return 3_000 + int(random.random() * 17_000) if chance < 0.99 else 60_000 + int(random.random() * 35_000)


_TEXTS: dict[str, Any] = orjson.loads(Path(__file__).with_name("app_log.json").read_bytes())
"""`routes`: method, path, words, weight; `errors` by cause: words, type, detail; `refused`: status, words."""
_ROUTES, _ERRORS, _REFUSED = _TEXTS["routes"], _TEXTS["errors"], _TEXTS["refused"]
_WEIGHTS = [weight for *_, weight in _ROUTES]
_NUMERIC = {"ERROR": 50, "WARN": 40, "INFO": 30}  # Levels as the logger pino writes them


def app_lines(minute: Minute, streams: Sequence[str], faulty: Sequence[str] = ()) -> list[WrittenLine]:
    """A line for each request that reached a task, in time order; what is deployed fails in the streams `faulty`."""
    if not streams:
        return []
    random = Random(minute.start * 31 + minute.requests)
    reached = minute.requests - minute.balancer_errors
    moments = sorted(int(random.random() * 60_000) for _ in range(max(0, reached)))
    kinds = (
        ["deployed"] * minute.deployed_errors
        + ["error"] * (minute.target_errors - minute.deployed_errors)
        + ["mishap"] * minute.mishaps
        + ["refused"] * minute.client_errors
    )
    kinds += ["fine"] * (len(moments) - len(kinds))
    random.shuffle(kinds)
    clock = datetime.fromtimestamp(minute.start + JST, UTC).strftime("%Y-%m-%dT%H:%M:")
    routes = random.choices(_ROUTES, _WEIGHTS, k=len(moments))
    lines = []
    for moment, kind, route in zip(moments, kinds, routes, strict=False):
        stamp = f"{clock}{moment // 1000:02d}.{moment % 1000:03d}+09:00"
        at = minute.start * 1000 + moment
        pool = faulty if kind == "deployed" and faulty else streams
        stream = pool[int(random.random() * len(pool))]
        message = _message(random, kind, minute, stamp, route)
        lines.append(WrittenLine(at + delay(random), at, names.APP_LOG, stream, message))
    return lines


def _message(random: Random, kind: str, minute: Minute, stamp: str, route: tuple[str, str, str, int]) -> str:
    method, path, words, _ = route
    path = path.replace("{n}", str(int(random.random() * 240) + 1))
    identity = f"{random.getrandbits(64):016x}"
    user = f"u{10_000 + int(random.random() * 480)}"
    duration = max(3, int(minute.latency * 1000 * random.choice((0.3, 0.5, 0.8, 1.0, 1.4, 2.0))))
    if kind in ("error", "deployed", "mishap"):
        own = minute.words if kind == "error" else minute.deployed_words if kind == "deployed" else ()
        cause = "mishap" if kind == "mishap" else minute.cause
        line = _error(random, cause, stamp, (method, path, identity, user, duration), own)
        return line.replace('"level":"ERROR",', _level("ERROR", minute.level_field), 1)
    status, level = 201 if method == "POST" else 200, "INFO"
    if kind == "refused":
        status, words = random.choice(_REFUSED)
        level = "WARN"
    elif duration > 1000:
        level, words = "WARN", f"応答に時間がかかりました（{duration}ms）"
    member = _level(level, minute.level_field)
    # Nothing in it needs escaping, and thousands of lines are written at the start.
    return (
        f'{{"timestamp":"{stamp}",{member}"logger":"jp.lg.facility.StaffApi","message":"{words}",'
        f'"requestId":"{identity}","traceId":"1-{minute.start:08x}-{identity}00000000","method":"{method}",'
        f'"path":"{path}","statusCode":{status},"durationMs":{duration},"userId":"{user}"}}'
    )


def _level(level: str, written: str) -> str:
    if written == "absent":
        return ""
    if written == "numeric":
        return f'"level":{_NUMERIC[level]},'
    return f'"level":"{level.lower() if written == "lower-case" else level}",'


def _error(
    random: Random,
    cause: str,
    stamp: str,
    request: tuple[str, str, str, str, int],
    own: Sequence[Wording] = (),
) -> str:
    method, path, identity, user, duration = request
    words, kind, detail = random.choice(own or _ERRORS[cause])
    status = 503 if cause == "database" and random.random() < 0.3 else 202 if cause == "mishap" else 500
    content = {
        "timestamp": stamp,
        "level": "ERROR",
        "logger": "jp.lg.facility.StaffApi",
        "message": words,
        "requestId": identity,
        "traceId": f"1-{random.getrandbits(32):08x}-{identity}00000000",
        "method": method,
        "path": path,
        "statusCode": status,
        "durationMs": duration,
        "userId": user,
        "error": {
            "type": kind,
            "message": detail,
            "stack": f"{kind}: {detail}\n\tat jp.lg.facility.ReservationService.save(ReservationService.java:142)"
            "\n\tat jp.lg.facility.api.ReservationController.create(ReservationController.java:58)",
        },
    }
    return orjson.dumps(content).decode()


def trouble_lines(minute: Minute, streams: Sequence[str]) -> list[WrittenLine]:
    random = Random(minute.start * 43)
    lines = []
    for effect in minute.application_lines if streams else ():
        for _ in range(times(random, effect.per_minute)):
            at = minute.start * 1000 + int(random.random() * 60_000)
            stamp = datetime.fromtimestamp(at / 1000 + JST, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            words, kind, detail = random.choice(effect.words)
            content = {
                "timestamp": f"{stamp}+09:00",
                "level": effect.level,
                "logger": "jp.lg.facility.StaffApiApplication",
                "message": words,
                "error": {"type": kind, "message": detail, "stack": f"{kind}: {detail}"},
            }
            stream = random.choice(streams)
            lines.append(
                WrittenLine(at + delay(random), at, names.APP_LOG, stream, orjson.dumps(content).decode())
            )
    return lines


def startup_lines(at: float, stream: str, level_field: str) -> list[WrittenLine]:
    """The lines of a task's start at `at` (epoch seconds)."""
    level = _level("INFO", level_field)
    stamp = datetime.fromtimestamp(at + JST, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+09:00")
    messages = (
        "Starting StaffApiApplication v2.14.3 using Java 21.0.5",
        "HikariPool-1 - Start completed.",
        "起動しました（8.4 秒）",
    )
    return [
        WrittenLine(
            int(at * 1000) + 1500 + index * 900,
            int(at * 1000) + index * 900,
            names.APP_LOG,
            stream,
            f'{{"timestamp":"{stamp}",{level}"logger":"jp.lg.facility.StaffApiApplication","message":"{message}"}}',
        )
        for index, message in enumerate(messages)
    ]


_STREAM = f"{names.DATABASE}.0"
_SLOW = (
    "SELECT r.* FROM reservations r JOIN facilities f ON f.id = r.facility_id WHERE r.used_on BETWEEN $1 AND $2 ORDER BY r.used_on",
    "SELECT count(*) FROM inspections WHERE facility_id = $1 AND result <> '異常なし'",
    "UPDATE equipment SET inspected_at = now() WHERE facility_id = $1",
)
_NO_SLOTS = "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute"
_ADDRESSES = ("203.0.113.24", "198.51.100.7", "192.0.2.146", "203.0.113.201")
_ATTACKS = ("/wp-login.php", "/.env", "/api/v1/users?id=1%20OR%201=1", "/../../etc/passwd")


def database_lines(minute: Minute) -> list[WrittenLine]:
    """PostgreSQL's lines of a minute: slow queries, checkpoints, refused connections."""
    random = Random(minute.start * 37)
    rows = []
    for _ in range(minute.slow_queries):
        duration = 1000 + random.expovariate(1 / 700)
        rows.append(f"LOG:  duration: {duration:.3f} ms  execute <unnamed>: {random.choice(_SLOW)}")
    if minute.target_errors and minute.cause == "database":
        rows += [_NO_SLOTS] * (1 + minute.target_errors // 3)
    for effect in minute.database_lines:
        rows += [random.choice(effect.texts) for _ in range(times(random, effect.per_minute))]
    lines = [_line(random, minute, message, client=True) for message in rows]
    if minute.start // 60 % 5 == 0:
        written = 40 + minute.requests * 3
        lines.append(_line(random, minute, "LOG:  checkpoint starting: time", client=False))
        words = f"LOG:  checkpoint complete: wrote {written} buffers ({written / 163.84:.1f}%); 0 WAL file(s) added, 0 removed, 1 recycled"
        lines.append(_line(random, minute, words, client=False))
    return lines


def _line(random: Random, minute: Minute, message: str, *, client: bool) -> WrittenLine:
    at = minute.start * 1000 + int(random.random() * 60_000)
    stamp = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    port = random.randrange(32_000, 60_000)
    who = (
        f"10.0.{random.randrange(10, 13)}.{random.randrange(10, 250)}({port}):facility@facility"
        if client
        else ":@"
    )
    text = f"{stamp}:{who}:[{random.randrange(400, 30_000)}]:{message}"
    return WrittenLine(at + delay(random) + 2000, at, names.DATABASE_LOG, _STREAM, text)


def firewall_lines(minute: Minute) -> list[WrittenLine]:
    """AWS WAF's lines of a minute, one per blocked request."""
    random = Random(minute.start * 41)
    lines = []
    usual = minute.blocked - len(minute.attackers)
    for attacker in [""] * usual + list(minute.attackers):
        at = minute.start * 1000 + int(random.random() * 60_000)
        content = {
            "timestamp": at,
            "formatVersion": 1,
            "webaclId": f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/{names.WEB_ACL}/8f2d1c3e",
            "terminatingRuleId": "AWS-AWSManagedRulesCommonRuleSet",
            "terminatingRuleType": "MANAGED_RULE_GROUP",
            "action": "BLOCK",
            "httpSourceName": "ALB",
            "httpRequest": {
                "clientIp": attacker or random.choice(_ADDRESSES),
                "country": "NL" if attacker else random.choice(("NL", "US", "RU", "BR")),
                "uri": random.choice(_ATTACKS),
                "httpMethod": "GET",
                "requestId": f"1-{minute.start:08x}-{random.getrandbits(96):024x}",
            },
        }
        stream = f"{REGION}_{names.WEB_ACL}_0"
        lines.append(
            WrittenLine(at + delay(random) + 4000, at, names.WAF_LOG, stream, orjson.dumps(content).decode())
        )
    return lines
