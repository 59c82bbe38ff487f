"""How a runbook names places and times of AWS: ids where ids belong, regions that exist, windows that RDS takes."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from services.closures import WEEKDAYS
from services.i18n import _
from services.maintenance_window import WEEK, Window, weekly
from services.models.base import RawId
from services.models.runbook import Runbook
from services.models.text import UNSAFE
from services.runbook import words
from services.runbook.toml_lines import Path

Mistakes = Iterator[tuple[Path, str]]

SHORTEST = timedelta(minutes=30)
"""Of a maintenance window (PreferredMaintenanceWindow, Amazon RDS API reference)."""
REGIONS = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    *("ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4"),
    *("ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1"),
    *("cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-isoe-west-1", "eusc-de-east-1", "il-central-1"),
    *("me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2"),
    *("us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1"),
    *("us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2"),
)
"""Of all partitions. A new number of an area that is here is taken: AWS adds regions."""
_AREAS = frozenset(name.rpartition("-")[0] for name in REGIONS)
_DAYS = {
    **dict(zip("月火水木金土日", range(7), strict=True)),
    **{name.lower(): day for day, name in enumerate(WEEKDAYS)},
    **{name[:3].lower(): day for day, name in enumerate(WEEKDAYS)},
}
_DAY_WORD = re.compile(r"([月火水木金土日])曜?日?|\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*", re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|~|〜|～|–|から|to)\s*(?:翌)?(\d{1,2}):(\d{2})")


def ids(book: Runbook) -> Mistakes:
    """A name or id is the name alone: AWS's requests refuse an ARN or an address in its place, or find nothing."""
    for path, value in _texts_in(book, ()):
        if isinstance(value, RawId) and (name := name_within(value)):
            yield path, _('must be the name alone, not an ARN or an address: "{name}"').format(name=name)


def visible(book: Runbook) -> Mistakes:
    """What is used as it is written, a unit or a field's name, holds nothing that a terminal obeys or nobody sees."""
    for path, value in _texts_in(book, ()):
        unsafe = (
            None if isinstance(value, RawId) else UNSAFE.search(value.replace("\n", "").replace("\t", ""))
        )
        if unsafe:
            text = _("holds a character that cannot be seen: {character}; write the text anew")
            yield path, text.format(character=f"U+{ord(unsafe[0]):04X}")


def _texts_in(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _texts_in(getattr(value, key), (*path, key))
    elif isinstance(value, tuple):
        for index, element in enumerate(value):
            yield from _texts_in(element, (*path, index))
    elif isinstance(value, str):
        yield path, value


def name_within(text: str) -> str:
    """What an ARN or an address (`s3://…`) names, as AWS's requests take it; "" for what is neither."""
    if text.startswith("s3://"):
        return text.removeprefix("s3://").partition("/")[0]
    parts = text.split(":", 5)
    if parts[0] != "arn" or len(parts) < 6:
        return ""
    service, resource = parts[2], parts[5]
    if service == "elasticloadbalancing":
        # CloudWatch spells a target group with this word and a balancer without it.
        return resource.removeprefix("loadbalancer/")
    if service == "logs":
        return resource.removeprefix("log-group:").removesuffix(":*")
    if service in ("s3", "dynamodb"):
        return resource.rpartition("table/")[2]
    return re.split(r"[:/]", resource)[-1]


def regions(book: Runbook) -> Mistakes:
    """Regions lie in areas where AWS has some."""
    named: list[tuple[Path, str]] = [(("system", "region"), book.system.region)]
    if book.trail:
        named.append((("trail", "global_region"), book.trail.global_region))
        named += [
            (("trail", "sign_in_regions", index), name)
            for index, name in enumerate(book.trail.sign_in_regions)
        ]
    named += [
        (("inspections", index, "region"), own.region)
        for index, own in enumerate(book.inspections)
        if own.region
    ]
    for path, name in named:
        if name.rpartition("-")[0] not in _AREAS:
            hint = words.meant(name, REGIONS) or _("names are as ap-northeast-1")
            yield path, f"{_('AWS has no such region')}: {hint}"


def window(book: Runbook) -> Mistakes:
    """RDS takes windows of half an hour or more; the words for people and RDS's spelling mean the same time."""
    spelt = weekly(book.rds.window_utc) if book.rds else None
    if book.rds is None or spelt is None:
        return
    if spelt.length < SHORTEST or spelt.length == WEEK:
        yield ("rds", "window_utc"), _("must last 30 minutes or more: RDS takes no shorter window")
    told = local_window(str(book.rds.window))
    if told is None:
        return
    meant = in_utc(told, book.system.timezone)
    if meant and spelt not in meant:
        yield (
            ("rds", "window_utc"),
            _('is not "{words}" in UTC: that is {window}').format(
                words=book.rds.window, window=spelling(meant[0])
            ),
        )


def local_window(text: str) -> Window | None:
    """A week's window told in words (`日曜日 2:00-3:00`), as if its hours were UTC; None for words without a time."""
    text = unicodedata.normalize("NFKC", text)
    hours = _HOURS.search(text)
    day = _DAY_WORD.search(text)
    if hours is None or day is None:
        return None
    number = _DAYS[(day[1] or day[2]).lower()]
    first, first_minute, last, last_minute = map(int, hours.groups())
    start = timedelta(days=number, hours=first, minutes=first_minute)
    length = timedelta(hours=last - first, minutes=last_minute - first_minute) % timedelta(days=1)
    return Window(WEEK, start % WEEK, length or timedelta(days=1))


def in_utc(told: Window, timezone: str) -> list[Window]:
    """The window in UTC in winter and in summer: the same one where clocks are not changed."""
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        return []
    shifts = [datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)]
    return [Window(WEEK, (told.offset - (shift or timedelta())) % WEEK, told.length) for shift in shifts]


def spelling(meant: Window) -> str:
    """As RDS spells it: `sat:17:00-sat:18:00`."""
    ends = ((meant.offset + more) % WEEK for more in (timedelta(), meant.length))
    return "-".join(
        f"{WEEKDAYS[end.days][:3].lower()}:{end.seconds // 3600:02d}:{end.seconds // 60 % 60:02d}"
        for end in ends
    )


ALL = (ids, visible, regions, window)
"""Every check of this file."""
