"""What a check of the journal's chain found, in words. Pure."""

from services.i18n import N_, _, plural
from services.models.journal import ChainFaultKind, Verification
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line

LISTED = 200
"""Faults shown; the command line lists further ones."""
_KINDS = {
    ChainFaultKind.ALTERED: N_("altered"),
    ChainFaultKind.DROPPED: N_("dropped"),
    ChainFaultKind.SWAPPED: N_("swapped"),
    ChainFaultKind.INSERTED: N_("inserted"),
    ChainFaultKind.CUT_OFF: N_("cut off"),
    ChainFaultKind.REPLACED: N_("replaced"),
}


def verification_lines(found: Verification, width: int) -> list[Line]:
    """The verdict, what it rests on, every fault, what to do."""
    if found.problem is not None:
        words = _("The journal could not be checked.")
        more = (found.problem.summary, found.problem.remedy)
        return [
            *_marked("?", "warn", words, width),
            *(line for each in more for line in _marked("→", "", each, width)),
        ]
    if not found.faults:
        words = plural(
            "{count} entry was checked; it is as it was written.",
            "{count} entries were checked; each is as it was written, none is missing or out of place.",
            found.entries,
        ).format(count=f"{found.entries:,}")
        mark = _marked("●", "good", words, width) if found.intact else _marked("?", "warn", words, width)
        return [*mark, *_outside(found, width), *_untrusted(found, width)]
    return [*_faulty(found, width), *_untrusted(found, width)]


def _untrusted(found: Verification, width: int) -> list[Line]:
    """What was said against the journal and not believed."""
    return [line for each in (*found.doubts, *found.distrusted) for line in _marked("?", "warn", each, width)]


def _faulty(found: Verification, width: int) -> list[Line]:
    count = len(found.faults) + found.unlisted
    words = plural(
        "The journal is not what was written: {count} fault among {entries} entries.",
        "The journal is not what was written: {count} faults among {entries} entries.",
        count,
    ).format(count=f"{count:,}", entries=f"{found.entries:,}")
    lines = _marked("■", "bad", words, width)
    lines += _marked(
        "→",
        "",
        _("Keep a copy of {path} as it is, and tell the person responsible.").format(path=found.path),
        width,
    )
    lines.append([])
    for fault in found.faults[:LISTED]:
        number = f"#{fault.seq:,} " if fault.seq else ""
        lines += _marked("·", "bad", f"{number}{_(_KINDS[fault.kind])}: {fault.text}", width)
    left = count - min(len(found.faults), LISTED)
    if left:
        lines += _marked(
            "·", "muted", _("{count} more: toban journal verify lists them").format(count=f"{left:,}"), width
        )
    return [*lines, [], *_outside(found, width)]


def _outside(found: Verification, width: int) -> list[Line]:
    """What the hashes held outside can tell of a cut-off end; they know more than is left where it was cut off."""
    if not found.anchors:
        words = _("Whether the newest entries were cut off cannot be told: {reason}").format(
            reason=found.anchor_note
        )
        return _marked("?", "warn", words, width)
    words = _(
        "A log outside of this file knows it up to entry {seq}; what came after could be cut off unseen."
    )
    if found.anchored_seq > found.entries:
        return []
    if found.anchored_seq == found.entries:
        words = _("A log outside of this file knows it up to its newest entry, {seq}.")
    return _marked("●", "good", words.format(seq=f"{found.anchored_seq:,}"), width)


def _marked(mark: str, role: str, text: str, width: int) -> list[Line]:
    return [
        [(f"{mark} " if index == 0 else "  ", role), (part, "bad" if role == "bad" else "")]
        for index, part in enumerate(wrap(text, max(8, width - 2)))
    ]
