from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.rds.state import ReadState, time_of
from services.i18n import _
from services.models.base import RawId
from services.models.changes import Caution
from services.models.watches import Suggestion


def restorable_warnings(state: ReadState, zone: tzinfo) -> Iterator[Caution]:
    restorable = state.database.latest_restorable
    if restorable is None:
        text = _("No point in time to restore to is reported: take a manual snapshot first.")
        yield warning(text, grave=True)
    else:
        yield warning(_("The database can be restored to its state of {at}.", at=time_of(restorable, zone)))


def snapshot_first(target: RawId) -> Suggestion:
    why = _("Take a manual snapshot: it stays until it is deleted, whatever becomes of the database.")
    return Suggestion(when="before", kind="rds-snapshot", target=target, why=why)
