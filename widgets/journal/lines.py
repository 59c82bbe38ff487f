"""One journal entry as lines: facts, person, hash chain, story. Pure."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from rich.cells import cell_len

from services.i18n import _
from services.models import glyphs
from services.models.date_text import day_text
from services.models.journal import Entry
from services.models.journal_view import EntryLink
from services.models.text import clean
from widgets.drawing.format import NOTHING, clock, crop, pad, stamp, wrap
from widgets.drawing.lines import Line, Span
from widgets.journal.wording import kind_spans, text_beside_kind

_LABEL = 16


def fact_lines(entry: Entry, zone: tzinfo, width: int) -> list[Line]:
    """Number, kind, time, text, and the subject of the entry."""
    local = entry.at.astimezone(zone)
    when = f"{day_text(local.date())} {clock(entry.at, zone)}"
    lines: list[Line] = [[*kind_spans(entry), (f"  #{entry.seq:,}", "muted")], [(when, "muted")], []]
    lines += [[(text, "strong")] for text in wrap(entry.text, width)]
    rows = [
        (_("Target"), clean(entry.target)),
        (_("Subject"), clean(entry.subject)),
        (_("Claim"), clean(entry.claim)),
        (_("Holds"), clean(entry.holds)),
        (_("Releases"), clean(entry.releases)),
        (_("Recorded"), _("later: the ledger did not answer") if entry.is_late else ""),
    ]
    lines_about = labelled([row for row in rows if row[1]], width)
    return [*lines, [], *lines_about] if lines_about else lines


def person_lines(entry: Entry, width: int) -> list[Line]:
    """The person, their origin, their AWS identity, the host."""
    person = entry.person
    rows = [
        (_("Person"), person.name),
        (_("Connected from"), person.origin or NOTHING),
        (_("AWS identity"), person.identity or _("not known yet")),
        (_("Host"), person.host or NOTHING),
    ]
    return labelled(rows, width)


def labelled(rows: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """Labels with their texts; continuation lines are aligned with the text."""
    room = min(_LABEL, max((cell_len(label) for label, _text in rows), default=0) + 2)
    lines: list[Line] = []
    for label, text in rows:
        for index, part in enumerate(wrap(text, max(8, width - room))):
            lines.append([(pad(label if index == 0 else "", room), "head"), (part, "")])
    return lines


def chain_lines(entry: Entry, link: EntryLink | None, width: int) -> list[Line]:
    """Whether the hash chain is intact at this entry, and the two hashes."""
    if link is None:
        lines: list[Line] = [
            [(f"{glyphs.NOT_JUDGED} ", "warn"), (_("the chain could not be checked here"), "")]
        ]
    elif link.is_intact:
        words = _("The entry is as it was written, and follows the previous one.")
        lines = [
            [(f"{glyphs.DONE} " if index == 0 else "  ", "good"), (text, "")]
            for index, text in enumerate(wrap(words, width - 2))
        ]
    else:
        lines = []
        for good, words in (
            (link.unaltered, _("ALTERED: the entry is not what was written.")),
            (link.tied, _("BROKEN: it does not follow the previous entry.")),
        ):
            if not good:
                lines += [
                    [(f"{glyphs.ABNORMAL} " if index == 0 else "  ", "bad"), (text, "bad")]
                    for index, text in enumerate(wrap(words, width - 2))
                ]
        lines += [
            [("→ ", ""), (text, "")]
            for text in wrap(_("Verify, in the palette (^p) of the journal, checks all entries."), width - 2)
        ]
    rows = [(_("hash"), clean(entry.hash)), (_("previous hash"), clean(entry.previous))]
    return [*lines, *labelled(rows, width)]


def story_lines(
    story: Sequence[Entry], current: Entry, zone: tzinfo, now: datetime, width: int
) -> list[Line]:
    """Every entry on the same subject, oldest first; the displayed one is marked."""
    if not current.subject:
        return [[(text, "muted")] for text in wrap(_("This entry has no related entries."), width)]
    lines: list[Line] = []
    for entry in story:
        here = entry.seq == current.seq
        head: list[Span] = [("▌ " if here else "  ", "key"), (stamp(entry.at, zone, now) + " ", "muted")]
        head += [*kind_spans(entry), (f" {entry.person.name}", "muted")]
        lines.append(head)
        lines.append(
            [
                ("▌ " if here else "  ", "key"),
                ("  " + crop(text_beside_kind(entry), width - 4), "strong" if here else ""),
            ]
        )
    return lines
