from collections.abc import Iterable, Iterator
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from services.i18n import _, plural
from services.models.gone import GoneKind, gone_texts, tell
from services.models.text import clean

if TYPE_CHECKING:
    from services.models.journal import Entry
    from services.models.problem import Problem
    from services.models.verification import Verification

_KIND_WIDTH = 14  # Cells of the column of kinds


def report(verification: "Verification", zone: tzinfo) -> Iterator[str]:
    yield verification.path
    if verification.problem is not None:
        yield from problem_lines(verification.problem)
        return
    yield plural(
        "{count} entry, newest hash {head}", "{count} entries, newest hash {head}", verification.entries
    ).format(count=f"{verification.entries:,}", head=verification.head or "-")
    if verification.verified_at is not None:
        yield _(
            "Entries up to {seq} were not read: a console verified them on {day}. This relies on the file itself; "
            "--whole reads all."
        ).format(seq=f"{verification.verified_before:,}", day=_day(verification.verified_at.astimezone(zone)))
    if not verification.anchors:
        yield _("Not compared with external logs, so a cut-off end would go unnoticed: {reason}").format(
            reason=verification.anchor_note
        )
    else:
        yield plural(
            "{count} external hash was compared, the newest of entry {seq}",
            "{count} external hashes were compared, the newest of entry {seq}",
            verification.anchors,
        ).format(count=f"{verification.anchors:,}", seq=f"{verification.anchored_seq:,}")
        if verification.anchor_note:
            yield _("Not compared: {reason}", reason=verification.anchor_note)
    yield from (*verification.distrusted, *verification.doubts)
    for fault in verification.faults:
        where = _("entry {seq}", seq=f"{fault.seq:,}") if fault.seq else _("the journal")
        yield f"{where}: {_fault_word(fault.kind)}: {fault.text}"
    if verification.unlisted:
        yield _("… and {count} more", count=f"{verification.unlisted:,}")
    if verification.intact and verification.verified_before:
        yield _("INTACT from entry {seq} on", seq=f"{verification.verified_before:,}")
    elif verification.intact:
        yield _("INTACT")
    else:
        yield _("TAMPERED WITH") if verification.faults else _("IN DOUBT: nothing in the file is wrong")


def _fault_word(kind: str) -> str:
    return {
        "altered": _("altered"),
        "dropped": _("missing"),
        "swapped": _("swapped"),
        "inserted": _("inserted"),
        "cut-off": _("cut off"),
        "replaced": _("replaced"),
    }[kind]


def by_day(entries: Iterable["Entry"], zone: tzinfo, here: str = "") -> Iterator[str]:
    before: date | None = None
    gone = gone_texts(GoneKind.JOURNAL)
    for entry in entries:
        tell([f"{entry.kind}: {gone[entry.kind]}"] if entry.kind in gone else [])
        at = entry.at.astimezone(zone)
        if at.date() != before:
            yield from ([""] if before else [])
            yield _day(at)
            before = at.date()
        yield _line(entry, zone, here)


def _day(at: datetime) -> str:
    from services.models.date_text import day_text

    return f"{day_text(at.date())} {at.tzname()}"


def _line(entry: "Entry", zone: tzinfo, here: str) -> str:
    """`  09:05:12  #123  sign-off  alice (ssh 10.0.0.5)  text  [target]`."""
    from rich.cells import cell_len

    from widgets.drawing.format import clock, pad
    from widgets.journal.journal_wording import kind_word

    person = entry.person
    who = person.name_beside(here) + (_(" ({note})", note=person.origin) if person.origin else "")
    target = clean(entry.target)
    about = f"  [{target}]" if target and target not in entry.text else ""
    at, kind = clock(entry.at, zone, name=False), kind_word(entry)
    # The name of a kind that this version does not know must not be truncated: it is all the reader has.
    room = max(_KIND_WIDTH, cell_len(kind))
    return f"  {at}  {pad(f'#{entry.seq}', 7)} {pad(kind, room)} {pad(who, 24)} {entry.text}{about}"


def problem_lines(problem: "Problem") -> list[str]:
    return [each for each in (problem.summary, problem.advice, problem.detail) if each]
