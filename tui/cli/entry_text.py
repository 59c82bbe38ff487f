"""What the journal's commands print for people."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from services.i18n import _, plural
from services.models.text import clean

if TYPE_CHECKING:
    from services.models.journal import Entry, Verification
    from services.models.problem import Problem

_KIND_WIDTH = 14
"""Cells."""


def report(found: "Verification") -> Iterator[str]:
    """What a check of the chain found; the last line is the verdict."""
    yield found.path
    if found.problem is not None:
        yield from problem_lines(found.problem)
        return
    yield plural(
        "{count} entry, newest hash {head}", "{count} entries, newest hash {head}", found.entries
    ).format(count=f"{found.entries:,}", head=found.head or "-")
    if not found.anchors:
        yield _("Not compared with external logs, so a cut-off end would go unnoticed: {reason}").format(
            reason=found.anchor_note
        )
    else:
        yield plural(
            "{count} external hash was compared, the newest of entry {seq}",
            "{count} external hashes were compared, the newest of entry {seq}",
            found.anchors,
        ).format(count=f"{found.anchors:,}", seq=f"{found.anchored_seq:,}")
        if found.anchor_note:
            yield _("Not compared: {reason}").format(reason=found.anchor_note)
    yield from (*found.distrusted, *found.doubts)
    for fault in found.faults:
        where = _("entry {seq}").format(seq=f"{fault.seq:,}") if fault.seq else _("the journal")
        yield f"{where}: {_fault_word(fault.kind)}: {fault.text}"
    if found.unlisted:
        yield _("… and {count} more").format(count=f"{found.unlisted:,}")
    if found.intact:
        yield _("INTACT")
    else:
        yield _("TAMPERED WITH") if found.faults else _("IN DOUBT: nothing in the file is wrong")


def _fault_word(kind: str) -> str:
    return {
        "altered": _("altered"),
        "dropped": _("missing"),
        "swapped": _("swapped"),
        "inserted": _("inserted"),
        "cut-off": _("cut off"),
        "replaced": _("replaced"),
    }[kind]


def by_day(entries: Iterable["Entry"], zone: tzinfo) -> Iterator[str]:
    """The entries, oldest first, each day under its own line."""
    before: date | None = None
    for entry in entries:
        at = entry.at.astimezone(zone)
        if at.date() != before:
            yield from ([""] if before else [])
            yield _day(at)
            before = at.date()
        yield _line(entry, zone)


def _day(at: datetime) -> str:
    from widgets.drawing.format import day_words

    return f"{day_words(at.date(), year=True)} {at.tzname()}"


def _line(entry: "Entry", zone: tzinfo) -> str:
    """`  09:05:12  #123  sign-off  alice (ssh 10.0.0.5)  text  [target]`."""
    from rich.cells import cell_len

    from widgets.drawing.format import clock, pad
    from widgets.journal.wording import kind_word

    person = entry.person
    who = f"{person.name} ({person.origin})" if person.origin else person.name
    target = clean(entry.target)
    about = f"  [{target}]" if target and target not in entry.text else ""
    at, kind = clock(entry.at, zone, name=False), kind_word(entry)
    # The name of a kind that this version does not know is not cut off.
    room = max(_KIND_WIDTH, cell_len(kind))
    return f"  {at}  {pad(f'#{entry.seq}', 7)} {pad(kind, room)} {pad(who, 24)} {entry.text}{about}"


def problem_lines(problem: "Problem") -> list[str]:
    """What is wrong and what to do, a line each."""
    return [each for each in (problem.summary, problem.remedy, problem.detail) if each]
