import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from services.demo.account import REGION
from services.demo.cloudtrail.records import Entry, access, change, sign_in
from services.demo.scenario import TOKYO
from services.demo.system import names
from services.demo.system.day import OFFICE_DAYS

OFFICE = "203.0.113.{}"
"""City hall's addresses on the internet; `_DESKS` are the last octets."""
VENDOR = "198.51.100.{}"
"""The operating company's addresses; `_VENDOR_DESKS` are the last octets."""
_DESKS = (4, 5, 10)
_VENDOR_DESKS = (70, 71)
RUNNER = "192.0.2.200"
"""Address that deployments come from."""
_WORK = range(9, 17)
_DEPLOYS = (1, 3)
"""Weekdays: Tuesday and Thursday."""
# From Japan, the console's global endpoint mostly leads to Sydney; Virginia takes those without an alias cookie.
_REGIONS = ("ap-southeast-2",) * 8 + ("us-east-1",) + ("ap-northeast-1",)


@dataclass(frozen=True, slots=True)
class Person:
    user: str
    share: float
    """Share of the open days on which they sign in."""
    address: str = OFFICE
    desks: tuple[int, ...] = _DESKS


STAFF = (
    Person("sato.kenji", 0.75),
    Person("tanaka.yuko", 0.75),
    Person("suzuki.akira", 0.55),
    Person("watanabe.mei", 0.5, VENDOR, _VENDOR_DESKS),
)


def entries_of(seed: int, day: date) -> list[Entry]:
    """The events of one local day; they depend on the arguments only."""
    if not OFFICE_DAYS.is_open(day):
        return []
    random = Random(f"{seed} {day.isoformat()}")
    entries = []
    for person in STAFF:
        if random.random() < person.share:
            # In the morning, and sometimes again after lunch.
            hours = [random.uniform(8.6, 11.8)] + (
                [random.uniform(13.0, 16.5)] if random.random() < 0.15 else []
            )
            sign_ins = [_sign_in(random, day, hour, person) for hour in hours]
            # The second factor is an event of its own.
            entries += [*sign_ins, *(_second_factor(entry) for entry in sign_ins)]
    return entries + (_deployment(random, day) if day.weekday() in _DEPLOYS else [])


def at_work(at: datetime) -> bool:
    local = at.astimezone(TOKYO)
    return OFFICE_DAYS.is_open(local.date()) and local.hour in _WORK


def _sign_in(random: Random, day: date, hour: float, person: Person) -> Entry:
    address = person.address.format(random.choice(person.desks))
    return sign_in(random, _at(day, hour), person.user, address, random.choice(_REGIONS))


def _second_factor(entry: Entry) -> Entry:
    random, at = Random(entry.id), entry.at - timedelta(seconds=6)
    address = json.loads(entry.record)["sourceIPAddress"]
    return access(random, at, "CheckMfa", entry.username, address, entry.region)


def _deployment(random: Random, day: date) -> list[Entry]:
    hour = random.uniform(13.5, 15.5)
    steps = (
        ("RegisterTaskDefinition", "ecs.amazonaws.com", names.FAMILY),
        ("UpdateService", "ecs.amazonaws.com", names.SERVICE),
        ("CreateInvalidation", "cloudfront.amazonaws.com", "E1234567890ABC"),
    )
    by: dict[str, Any] = {
        "user": names.USER,
        "address": RUNNER,
        "region": REGION,
        "access_key": names.USER_KEY,
    }
    return [
        change(random, _at(day, hour + number / 60), event, source, resource=resource, **by)
        for number, (event, source, resource) in enumerate(steps)
    ]


def _at(day: date, hour: float) -> datetime:
    seconds = round(hour * 3600)
    return datetime.combine(day, time(seconds // 3600, seconds // 60 % 60, seconds % 60), TOKYO)
