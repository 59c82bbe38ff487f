"""The journal's entry about an export."""

from pathlib import Path

from services.i18n import _, plural
from services.models.journal import RESTRAINS_CHANGES, EntryKind, NewEntry
from services.models.log_exports import ExportFormat, ExportHead, ExportKind
from services.models.text import clean

SUBJECT = "export:"


def exported(head: ExportHead, path: Path, form: ExportFormat) -> NewEntry:
    """Log texts were, or are being, written to a file; contains the head: what, from when, masked or not and why."""
    if not head.sha256:
        return _begun(head, path, form)
    groups = _(", ").join(map(clean, head.groups))
    count = (
        plural("{count} row of a query", "{count} rows of a query", head.lines)
        if head.kind is ExportKind.QUERY
        else plural("{count} line", "{count} lines", head.lines)
    ).format(count=head.lines)
    words = (
        _("Exported {count} of {groups} as logged: {reason}")
        if head.masked is None
        else _("Exported {count} of {groups}, {masked} parts masked")
    )
    masked = sum((head.masked or {}).values())
    text = words.format(count=count, groups=groups, masked=masked, reason=head.unmasked_reason)
    return _entry(SUBJECT + head.sha256[:16], text, head, path, form)


def _begun(head: ExportHead, path: Path, form: ExportFormat) -> NewEntry:
    words = (
        _("Export of {groups} as logged begins: {reason}")
        if head.masked is None
        else _("Export of {groups} begins")
    )
    groups = _(", ").join(map(clean, head.groups))
    return _entry("", words.format(groups=groups, reason=head.unmasked_reason), head, path, form)


def _entry(subject: str, text: str, head: ExportHead, path: Path, form: ExportFormat) -> NewEntry:
    return NewEntry(
        kind=EntryKind.EXPORTED,
        subject=subject,
        target=str(head.groups[0]) if head.groups else "",
        text=text,
        data={
            RESTRAINS_CHANGES: False,
            "path": clean(path),
            "format": form.value,
            "head": head.model_dump(mode="json"),
        },
    )
