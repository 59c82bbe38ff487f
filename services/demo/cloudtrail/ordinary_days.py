"""What CloudTrail recorded on a day of city hall: people sign in as they come to work, deployments go out."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from services.calendar.business_days import BusinessCalendar
from services.demo.cloudtrail.records import Entry, access, change, sign_in
from services.demo.scenario import TOKYO
from services.demo.system import names
from services.models.runbook import Closures

OFFICE = "203.0.113.{}"
"""City hall's way out to the internet; the last octets are those of `_DESKS`."""
VENDOR = "198.51.100.{}"
"""The operating company's."""
_DESKS = (4, 5, 10)
_VENDOR_DESKS = (70, 71)
RUNNER = "192.0.2.200"
"""Where deployments come from."""
_WORK = range(9, 17)
_DEPLOYS = (1, 3)
"""Weekdays: Tuesday and Thursday."""
_OPEN = BusinessCalendar(Closures(yearly=("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")))
# From Japan, the console's global endpoint mostly leads to Sydney; Virginia takes those without an alias cookie.
_REGIONS = ("ap-southeast-2",) * 8 + ("us-east-1",) + ("ap-northeast-1",)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a user of their own."""

    user: str
    share: float
    """Of the open days on which they sign in."""
    address: str = OFFICE
    desks: tuple[int, ...] = _DESKS


STAFF = (
    Person("sato.kenji", 0.75),
    Person("tanaka.yuko", 0.75),
    Person("suzuki.akira", 0.55),
    Person("watanabe.mei", 0.5, VENDOR, _VENDOR_DESKS),
)


def day(seed: int, of: date) -> list[Entry]:
    """The events of one local day; the same arguments, the same events."""
    if not _OPEN.is_open(of):
        return []
    random = Random(f"{seed} {of.isoformat()}")
    found = []
    for person in STAFF:
        if random.random() < person.share:
            # From opening to the end of the morning, and now and then again after lunch.
            hours = [random.uniform(8.6, 11.8)] + (
                [random.uniform(13.0, 16.5)] if random.random() < 0.15 else []
            )
            signed_in = [_signed_in(random, of, hour, person) for hour in hours]
            # The second factor is recorded beside the sign-in.
            found += [*signed_in, *(_second_factor(entry) for entry in signed_in)]
    return found + (_deployed(random, of) if of.weekday() in _DEPLOYS else [])


def at_work(at: datetime) -> bool:
    """Whether it is an hour of work on an open day."""
    local = at.astimezone(TOKYO)
    return _OPEN.is_open(local.date()) and local.hour in _WORK


def _signed_in(random: Random, of: date, hour: float, person: Person) -> Entry:
    address = person.address.format(random.choice(person.desks))
    return sign_in(random, _at(of, hour), person.user, address, random.choice(_REGIONS))


def _second_factor(signed_in: Entry) -> Entry:
    random, at = Random(signed_in.id), signed_in.at - timedelta(seconds=6)
    address = json.loads(signed_in.record)["sourceIPAddress"]
    return access(random, at, "CheckMfa", signed_in.username, address, signed_in.region)


def _deployed(random: Random, of: date) -> list[Entry]:
    hour = random.uniform(13.5, 15.5)
    steps = (
        ("RegisterTaskDefinition", "ecs.amazonaws.com", names.FAMILY),
        ("UpdateService", "ecs.amazonaws.com", names.SERVICE),
        ("CreateInvalidation", "cloudfront.amazonaws.com", "E1234567890ABC"),
    )
    return [
        change(
            random,
            _at(of, hour + number / 60),
            event,
            source,
            names.USER,
            RUNNER,
            names.REGION,
            resource=resource,
            access_key=names.USER_KEY,
        )
        for number, (event, source, resource) in enumerate(steps)
    ]


def _at(of: date, hour: float) -> datetime:
    seconds = round(hour * 3600)
    return datetime.combine(of, time(seconds // 3600, seconds // 60 % 60, seconds % 60), TOKYO)
