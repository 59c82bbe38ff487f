from datetime import datetime, tzinfo

from services.i18n import _
from services.models.duties import SignOff
from services.models.journal import Entry
from widgets.duties.duty_wording import clock_of


def was_first(entry: Entry, zone: tzinfo, now: datetime, here: str = "") -> str:
    """`first was alice, 09:02`, from the entry that holds the claim; `here` as for `Person.name_beside`."""
    return _first(entry.person.name_beside(here), entry.at, zone, now)


def signed_first(signed: SignOff, zone: tzinfo, now: datetime) -> str:
    return _first(signed.by, signed.at, zone, now)


def _first(name: str, at: datetime, zone: tzinfo, now: datetime) -> str:
    day = now.astimezone(zone).date()
    return _("already recorded by {name}, {time}", name=name, time=clock_of(at, zone, day))
