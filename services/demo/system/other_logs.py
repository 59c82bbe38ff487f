from datetime import UTC, datetime
from random import Random

import orjson

from services.demo.account import ACCOUNT, REGION
from services.demo.system import names
from services.demo.system.lines import Line, delay
from services.demo.system.minute import Minute, times

_STREAM = f"{names.DATABASE}.0"
_SLOW = (
    "SELECT r.* FROM reservations r JOIN facilities f ON f.id = r.facility_id WHERE r.used_on BETWEEN $1 AND $2 ORDER BY r.used_on",
    "SELECT count(*) FROM inspections WHERE facility_id = $1 AND result <> '異常なし'",
    "UPDATE equipment SET inspected_at = now() WHERE facility_id = $1",
)
_REFUSED = "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute"
_ADDRESSES = ("203.0.113.24", "198.51.100.7", "192.0.2.146", "203.0.113.201")
_ATTACKS = ("/wp-login.php", "/.env", "/api/v1/users?id=1%20OR%201=1", "/../../etc/passwd")


def database_lines(minute: Minute) -> list[Line]:
    random = Random(minute.start * 37)
    rows = []
    for _ in range(minute.slow_queries):
        duration = 1000 + random.expovariate(1 / 700)
        rows.append(f"LOG:  duration: {duration:.3f} ms  execute <unnamed>: {random.choice(_SLOW)}")
    if minute.target_errors and minute.cause == "database":
        rows += [_REFUSED] * (1 + minute.target_errors // 3)
    for effect in minute.database_lines:
        rows += [random.choice(effect.texts) for _ in range(times(random, effect.per_minute))]
    lines = [_line(random, minute, message, client=True) for message in rows]
    if minute.start // 60 % 5 == 0:
        written = 40 + minute.requests * 3
        lines.append(_line(random, minute, "LOG:  checkpoint starting: time", client=False))
        words = f"LOG:  checkpoint complete: wrote {written} buffers ({written / 163.84:.1f}%); 0 WAL file(s) added, 0 removed, 1 recycled"
        lines.append(_line(random, minute, words, client=False))
    return lines


def _line(random: Random, minute: Minute, message: str, *, client: bool) -> Line:
    at = minute.start * 1000 + int(random.random() * 60_000)
    stamp = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    port = random.randrange(32_000, 60_000)
    who = (
        f"10.0.{random.randrange(10, 13)}.{random.randrange(10, 250)}({port}):facility@facility"
        if client
        else ":@"
    )
    text = f"{stamp}:{who}:[{random.randrange(400, 30_000)}]:{message}"
    return Line(at + delay(random) + 2000, at, names.DATABASE_LOG, _STREAM, text)


def firewall_lines(minute: Minute) -> list[Line]:
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
            Line(at + delay(random) + 4000, at, names.WAF_LOG, stream, orjson.dumps(content).decode())
        )
    return lines
