from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.aws.cloudtrail.reader import SIGN_IN_SOURCE
from services.models.runbook_inspections import Trail as TrailSpec

FEW_PAGES = 10
"""Maximum pages read about one user, including root; with more, their activity is not judged."""
FEW_WRITES = 3
"""Maximum pages read about all changes of a region; with more, the runbook's event names are looked up one by one."""
EVERY_WRITE = ""
"""Placeholder for an event name: all changes."""
ROOT = "root"
"""Root's user name in LookupEvents."""


class Purpose(StrEnum):
    SIGN_IN = "sign-in"
    ROOT = "root"
    GRAVE = "grave"
    GLOBAL = "global"
    USER = "user"


_KEYS = {Purpose.SIGN_IN: "EventSource", Purpose.ROOT: "Username", Purpose.USER: "Username"}


@dataclass(frozen=True, slots=True)
class Question:
    region: str
    purpose: Purpose
    value: str

    @property
    def key(self) -> str:
        if self.value == EVERY_WRITE:
            return "ReadOnly"
        return _KEYS.get(self.purpose, "EventName")

    @property
    def most(self) -> int | None:
        return {"Username": FEW_PAGES, "ReadOnly": FEW_WRITES}.get(self.key)


def plan(spec: TrailSpec, home: str, enabled: Iterable[str], users: Iterable[str]) -> list[Question]:
    """The look-ups that answer the runbook's questions.

    `enabled`: the enabled regions, empty if unknown; `users`: whose events are looked up. Regions other than the
    system's have few changes, so one look-up covers all of them.
    """
    # Always include `home`, where the system is, and the global region, where root signs in.
    regions = tuple(dict.fromkeys((*(enabled or spec.sign_in_regions), home, spec.global_region)))
    questions = [Question(region, Purpose.SIGN_IN, SIGN_IN_SOURCE) for region in regions]
    questions += [Question(region, Purpose.ROOT, ROOT) for region in regions]
    both = dict.fromkeys((home, spec.global_region))
    for region in regions if spec.grave_events else ():
        events = spec.grave_events if region in both else (EVERY_WRITE,)
        questions += [Question(region, Purpose.GRAVE, event) for event in events]
    questions += [Question(spec.global_region, Purpose.GLOBAL, event) for event in spec.global_events]
    questions += [Question(region, Purpose.USER, user) for user in users for region in regions]
    return list(dict.fromkeys(questions))
