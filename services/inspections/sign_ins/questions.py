"""Which questions about sign-ins and changes are asked of CloudTrail's event history, and in which region. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.aws.cloudtrail.reader import SIGN_IN_SOURCE
from services.models.runbook_inspections import Trail as TrailSpec

FEW_PAGES = 10
"""Answers read about one user, root too; where there are more, what they did is not judged."""
FEW_WRITES = 3
"""Answers read with every change of a region; where there are more, the runbook's names are asked one by one."""
EVERY_WRITE = ""
"""In place of an event's name."""
ROOT = "root"
"""As LookupEvents names root among the users."""


class Purpose(StrEnum):
    """Why something is looked up."""

    SIGN_IN = "sign-in"
    ROOT = "root"
    GRAVE = "grave"
    GLOBAL = "global"
    USER = "user"


_KEYS = {Purpose.SIGN_IN: "EventSource", Purpose.ROOT: "Username", Purpose.USER: "Username"}


@dataclass(frozen=True, slots=True)
class Question:
    """One look-up in one region."""

    region: str
    purpose: Purpose
    value: str

    @property
    def key(self) -> str:
        """The attribute; LookupEvents takes only one."""
        if self.value == EVERY_WRITE:
            return "ReadOnly"
        return _KEYS.get(self.purpose, "EventName")

    @property
    def most(self) -> int | None:
        """No more answers than that; None: as many as there are."""
        return {"Username": FEW_PAGES, "ReadOnly": FEW_WRITES}.get(self.key)


def plan(spec: TrailSpec, home: str, enabled: Iterable[str], users: Iterable[str]) -> list[Question]:
    """Which look-ups answer what the runbook asks.

    `enabled`: the enabled regions, empty where they are not known; `users`: whose events are looked up. In regions
    other than the system's little is changed: there one question covers every change.
    """
    # The system is in `home`, and root signs in in the global region, whatever is listed.
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
