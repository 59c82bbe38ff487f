"""Words about a finished export."""

from collections.abc import Sequence

from services.i18n import _, plural
from services.logs.export.export_file import companion_of
from services.logs.export.under_way import ExportWish
from services.logs.masking.mask import FurtherPattern, title_of
from services.models.log_exports import ExportFormat, ExportHead
from services.models.text import clean


def done(
    head: ExportHead, wish: ExportWish, patterns: Sequence[FurtherPattern] = (), *, beside: bool = False
) -> str:
    """What was saved, where, and what was masked; `beside`: the head is a file of its own in any format."""
    count = plural("{count} line saved to {path}", "{count} lines saved to {path}", head.lines)
    words = [count.format(count=f"{head.lines:,}", path=clean(wish.path))]
    if beside or wish.form is ExportFormat.CSV:
        words.append(_("its head: {path}").format(path=clean(companion_of(wish.path).name)))
    if head.masked is None:
        words.append(_("as logged"))
    elif head.masked:
        kinds = _(", ").join(
            _("{kind} {count}").format(kind=title_of(kind, patterns), count=count)
            for kind, count in head.masked.items()
        )
        words.append(_("masked: {kinds}").format(kinds=kinds))
    else:
        words.append(_("nothing had to be masked"))
    return _("; ").join(words)
