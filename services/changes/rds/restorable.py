"""Whether a database can be restored if a change of it goes wrong. Pure."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.rds.state import ReadState, time_of
from services.i18n import _
from services.models.changes import Caution


def restorable_warnings(state: ReadState, zone: tzinfo) -> Iterator[Caution]:
    """The latest moment to restore to, and the offer of a manual snapshot; grave without such a moment."""
    restorable = state.database.latest_restorable
    if restorable is None:
        text = _("No point in time to restore to is reported: take a manual snapshot first.")
        yield warning(text, grave=True)
    else:
        text = _("The database can be restored to {at}; a manual snapshot can be taken first.")
        yield warning(text.format(at=time_of(restorable, zone)))
