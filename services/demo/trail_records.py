"""The events that CloudTrail records, and those of an ordinary day at city hall: the staff sign in, releases
are deployed. Source: "CloudTrail record contents", "AWS Management Console sign-in events" (CloudTrail user
guide)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.demo import names
from services.demo.account import ACCOUNT, REGION, principal_id
from services.demo.scenario import OFFICE_DAYS, TOKYO

GLOBAL_REGION = "us-east-1"
GLOBAL_SOURCES = ("iam.amazonaws.com", "cloudfront.amazonaws.com", "route53.amazonaws.com")
"""Global services; their events are recorded in GLOBAL_REGION."""
ROOT = "root"
SIGN_IN_SOURCE = "signin.amazonaws.com"
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_UNRECORDED = ("DeleteObject", "DeleteObjects", "PutObject", "GetObject")
"""Data events, which the event history does not include."""
_BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/143.0.0.0 Safari/537.36"
_CLI = "aws-cli/2.32.1 md/awscrt#0.28.4 lang/python#3.13.9"
_RANDOM_ID = 128


@dataclass(frozen=True, slots=True)
class TrailEntry:
    at: datetime
    region: str
    id: str
    name: str
    source: str
    username: str
    record: str  # `CloudTrailEvent`: JSON
    read_only: bool = False
    access_key: str = ""
    resource: str = ""

    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "EventId": self.id,
            "EventName": self.name,
            "ReadOnly": "true" if self.read_only else "false",
            "EventTime": self.at,
            "EventSource": self.source,
            "Resources": [{"ResourceName": self.resource}] if self.resource else [],
            "CloudTrailEvent": self.record,
        }
        return (
            row
            | ({"Username": self.username} if self.username else {})
            | ({"AccessKeyId": self.access_key} if self.access_key else {})
        )


def recorded(event: str, source: str) -> bool:
    return not (source == "s3.amazonaws.com" and event in _UNRECORDED)


def sign_in(
    random: Random,
    at: datetime,
    user: str,
    address: str,
    region: str,
    *,
    mfa: bool = True,
    success: bool = True,
) -> TrailEntry:
    failed: dict[str, Any] = {
        "errorMessage": "No username found in supplied account" if user == HIDDEN else "Failed authentication"
    }
    special: dict[str, Any] = {
        "userAgent": _BROWSER,
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success" if success else "Failure"},
        "additionalEventData": {
            "LoginTo": f"https://console.aws.amazon.com/console/home?region={region}",
            "MobileVersion": "No",
            # The documentation has root's in capitals.
            "MFAUsed": ("YES" if user == ROOT else "Yes") if mfa else "No",
        },
        "eventType": "AwsConsoleSignIn",
    } | ({} if success else failed)
    return _entry(random, at, "ConsoleLogin", SIGN_IN_SOURCE, user, address, region, special)


def access(
    random: Random, at: datetime, event: str, user: str, address: str, region: str, *, success: bool = True
) -> TrailEntry:
    outcome = None if event.startswith("PasswordRecovery") else {event: "Success" if success else "Failure"}
    special = {
        "userAgent": _BROWSER,
        "requestParameters": None,
        "responseElements": outcome,
        "eventType": "AwsConsoleSignIn",
    }
    return _entry(random, at, event, SIGN_IN_SOURCE, user, address, region, special)


def change(
    random: Random,
    at: datetime,
    event: str,
    source: str,
    user: str,
    address: str,
    region: str,
    *,
    resource: str = "",
    error: str = "",
    access_key: str = "",
    more: Mapping[str, Any] = MappingProxyType({}),
) -> TrailEntry:
    special: dict[str, Any] = {
        "userAgent": _CLI,
        "requestParameters": {"name": resource} if resource else None,
        "responseElements": None,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "eventCategory": "Management",
    } | ({"errorCode": error, "errorMessage": f"{event} was refused."} if error else {})
    special |= more
    where = GLOBAL_REGION if source in GLOBAL_SOURCES else region
    return _entry(random, at, event, source, user, address, where, special, resource, access_key)


def assumed(at: datetime, region: str = REGION, name: str = "AssumeRole") -> TrailEntry:
    source = "sts.amazonaws.com"
    id = str(UUID(int=Random(at.isoformat()).getrandbits(_RANDOM_ID), version=4))
    service = "ecs-tasks.amazonaws.com"
    record = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": service},
        "eventTime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": service,
        "readOnly": True,
        "eventID": id,
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
    }
    return TrailEntry(at, region, id, name, source, "", json.dumps(record), read_only=True)


def _entry(
    random: Random,
    at: datetime,
    name: str,
    source: str,
    user: str,
    address: str,
    region: str,
    special: dict[str, Any],
    resource: str = "",
    access_key: str = "",
) -> TrailEntry:
    at = at.astimezone(UTC).replace(microsecond=0)
    id = str(UUID(int=random.getrandbits(_RANDOM_ID), version=4))
    record = {
        "eventVersion": "1.11",
        "userIdentity": _identity(user, access_key),
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": address,
        "eventID": id,
        "recipientAccountId": ACCOUNT,
    } | special
    return TrailEntry(
        at=at,
        region=region,
        id=id,
        name=name,
        source=source,
        username=user,
        record=json.dumps(record),
        access_key=access_key,
        resource=resource,
    )


def _identity(user: str, access_key: str) -> dict[str, Any]:
    if user == ROOT:
        arn = f"arn:aws:iam::{ACCOUNT}:root"
        return {"type": "Root", "principalId": ACCOUNT, "arn": arn, "accountId": ACCOUNT, "accessKeyId": ""}
    if user == HIDDEN:
        return {"type": "IAMUser", "accountId": ACCOUNT, "accessKeyId": "", "userName": user}
    identity = {
        "type": "IAMUser",
        "principalId": principal_id("AIDA", user),
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
        "accountId": ACCOUNT,
        "userName": user,
    }
    return identity | ({"accessKeyId": access_key} if access_key else {})


OFFICE = "203.0.113.{}"  # City hall's addresses on the internet; `_DESKS` are the last octets
VENDOR = "198.51.100.{}"  # The operating company's addresses; `_VENDOR_DESKS` are the last octets
_DESKS = (4, 5, 10)
_VENDOR_DESKS = (70, 71)
RUNNER = "192.0.2.200"  # Address that deployments come from
_WORK = range(9, 17)
_DEPLOYS = (1, 3)  # Weekdays: Tuesday and Thursday
# From Japan, the console's global endpoint mostly leads to Sydney; Virginia takes those without an alias cookie.
_REGIONS = ("ap-southeast-2",) * 8 + ("us-east-1",) + ("ap-northeast-1",)


@dataclass(frozen=True, slots=True)
class TrailPerson:
    user: str
    share: float  # Share of the open days on which they sign in
    address: str = OFFICE
    desks: tuple[int, ...] = _DESKS


STAFF = (
    TrailPerson("sato.kenji", 0.75),
    TrailPerson("tanaka.yuko", 0.75),
    TrailPerson("suzuki.akira", 0.55),
    TrailPerson("watanabe.mei", 0.5, VENDOR, _VENDOR_DESKS),
)


def entries_of(seed: int, day: date) -> list[TrailEntry]:
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
    """Whether `at` is in opening hours."""
    local = at.astimezone(TOKYO)
    return OFFICE_DAYS.is_open(local.date()) and local.hour in _WORK


def _sign_in(random: Random, day: date, hour: float, person: TrailPerson) -> TrailEntry:
    address = person.address.format(random.choice(person.desks))
    return sign_in(random, _at(day, hour), person.user, address, random.choice(_REGIONS))


def _second_factor(entry: TrailEntry) -> TrailEntry:
    random, at = Random(entry.id), entry.at - timedelta(seconds=6)
    address = json.loads(entry.record)["sourceIPAddress"]
    return access(random, at, "CheckMfa", entry.username, address, entry.region)


def _deployment(random: Random, day: date) -> list[TrailEntry]:
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
