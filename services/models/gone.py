"""Names of earlier versions that do nothing: each is read and said, never an error, and never given to anything else."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from services.i18n import N_, _


class GoneKind(StrEnum):
    RUNBOOK = "runbook"  # a dotted key
    CONFIGURATION = "configuration"  # a dotted key, and its variable
    COMMAND = "command line"  # a command, with those below it
    JOURNAL = "journal"  # a kind of entry: old ones are shown, none is written


class Gone(NamedTuple):
    kind: GoneKind
    name: str
    instead: str  # The successor, or what to do without one
    since: str = "0.3.0"


_QUEUE = N_("AWS is read at its intervals alone; the queue, its rules and the rights on it can be deleted")
_AGENT = N_(
    "AWS is asked for no opinion on an incident; its agent's space and the rights on it can be deleted"
)
GONE = (
    Gone(GoneKind.RUNBOOK, "devops_agent", _AGENT),
    Gone(GoneKind.RUNBOOK, "events", _QUEUE),
    Gone(GoneKind.CONFIGURATION, "keys.incident-opinion", _AGENT),
    Gone(GoneKind.COMMAND, "events", _QUEUE),
    Gone(GoneKind.JOURNAL, "listening", _QUEUE),
    Gone(GoneKind.JOURNAL, "opinion", _AGENT),
    Gone(GoneKind.JOURNAL, "seen", _QUEUE),
)
_notices: dict[str, None] = {}


def gone_texts(kind: GoneKind) -> dict[str, str]:
    """What is said of each name of this kind."""
    text = _("gone in {version}: {instead}")
    rows = (each for each in GONE if each.kind is kind)
    return {each.name: text.format(version=each.since, instead=_(each.instead)) for each in rows}


def take_gone(kind: GoneKind, data: dict[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    """Take such keys out of `data`; returns the path of each and what is said of it."""
    taken = []
    for name, text in gone_texts(kind).items():
        *tables, key = name.split(".")
        table: Any = data
        for part in tables:
            table = table.get(part) if isinstance(table, dict) else None
        if isinstance(table, dict) and key in table:
            del table[key]
            taken.append(((*tables, key), text))
    return taken


def tell(notices: Iterable[object]) -> None:
    """Keep notices until somebody can be told."""
    _notices.update(dict.fromkeys(map(str, notices)))


def take_notices() -> list[str]:
    notices = list(_notices)
    _notices.clear()
    return notices
