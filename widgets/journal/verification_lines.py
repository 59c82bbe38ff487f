from services.i18n import N_, _, plural
from services.models import glyphs
from services.models.verification import ChainFaultKind, Verification
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line

LISTED = 200  # Maximum number of faults shown; the command line lists them all
_KINDS = {
    ChainFaultKind.ALTERED: N_("altered"),
    ChainFaultKind.DROPPED: N_("dropped"),
    ChainFaultKind.SWAPPED: N_("swapped"),
    ChainFaultKind.INSERTED: N_("inserted"),
    ChainFaultKind.CUT_OFF: N_("cut off"),
    ChainFaultKind.REPLACED: N_("replaced"),
}


def verification_lines(verification: Verification, width: int) -> list[Line]:
    if verification.problem is not None:
        words = _("The journal could not be checked.")
        more = (verification.problem.summary, verification.problem.remedy)
        return [
            *_paragraph(glyphs.NOT_JUDGED, "warn", words, width),
            *(line for each in more for line in _paragraph("→", "", each, width)),
        ]
    if not verification.faults:
        words = plural(
            "{count} entry was checked; it is as it was written.",
            "{count} entries were checked; each is as it was written, none is missing or out of place.",
            verification.entries,
        ).format(count=f"{verification.entries:,}")
        mark = (
            _paragraph(glyphs.DONE, "good", words, width)
            if verification.intact
            else _paragraph(glyphs.NOT_JUDGED, "warn", words, width)
        )
        return [*mark, *_outside(verification, width), *_untrusted(verification, width)]
    return [*_faulty(verification, width), *_untrusted(verification, width)]


def _untrusted(verification: Verification, width: int) -> list[Line]:
    return [
        line
        for text in (*verification.doubts, *verification.distrusted)
        for line in _paragraph(glyphs.NOT_JUDGED, "warn", text, width)
    ]


def _faulty(verification: Verification, width: int) -> list[Line]:
    count = len(verification.faults) + verification.unlisted
    words = plural(
        "The journal differs from what was written: {count} problem in {entries} entries.",
        "The journal differs from what was written: {count} problems in {entries} entries.",
        count,
    ).format(count=f"{count:,}", entries=f"{verification.entries:,}")
    lines = _paragraph(glyphs.ABNORMAL, "bad", words, width)
    lines += _paragraph(
        "→",
        "",
        _("Keep a copy of {path} as it is, and tell the person responsible.", path=verification.path),
        width,
    )
    lines.append([])
    for fault in verification.faults[:LISTED]:
        number = f"#{fault.seq:,} " if fault.seq else ""
        lines += _paragraph("·", "bad", f"{number}{_(_KINDS[fault.kind])}: {fault.text}", width)
    unlisted = count - min(len(verification.faults), LISTED)
    if unlisted:
        lines += _paragraph(
            "·", "muted", _("{count} more: toban journal verify lists them", count=f"{unlisted:,}"), width
        )
    return [*lines, [], *_outside(verification, width)]


def _outside(verification: Verification, width: int) -> list[Line]:
    """What the external hashes prove about a truncated journal: they name more entries than exist."""
    if not verification.anchors:
        words = _("It cannot be determined whether the newest entries were cut off: {reason}").format(
            reason=verification.anchor_note
        )
        return _paragraph(glyphs.NOT_JUDGED, "warn", words, width)
    words = _("An external log confirms it up to entry {seq}; a later cut-off would go unnoticed.")
    if verification.anchored_seq > verification.entries:
        return []
    if verification.anchored_seq == verification.entries:
        words = _("An external log confirms it up to its newest entry, {seq}.")
    return _paragraph(glyphs.DONE, "good", words.format(seq=f"{verification.anchored_seq:,}"), width)


def _paragraph(mark: str, role: str, text: str, width: int) -> list[Line]:
    return [
        [(f"{mark} " if index == 0 else "  ", role), (part, "bad" if role == "bad" else "")]
        for index, part in enumerate(wrap(text, max(8, width - 2)))
    ]
