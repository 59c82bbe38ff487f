"""What "immediately" applies along with a modification: everything that is pending. Pure. Source:
ApplyImmediately of ModifyDBInstance (Amazon RDS API reference): "the modifications in this request and any
pending modifications"; operators have seen a required maintenance action applied along as well."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.rds.state import ReadState, window_text
from services.i18n import _, plural
from services.models.changes import Caution, Row


def rows(state: ReadState, *own: str) -> Iterator[Row]:
    for setting in state.others(*own):
        yield Row(name=setting.title, before=_("pending"), after=setting.value)


def applied_row(state: ReadState, zone: tzinfo, *, immediately: bool) -> Row:
    after = _("true: now") if immediately else _("false: in the window {window}")
    return Row(name="ApplyImmediately", before="—", after=after.format(window=window_text(state, zone)))


def warnings(state: ReadState, *own: str) -> Iterator[Caution]:
    for setting in state.others(*own):
        text = (
            _("“Immediately” also applies what is pending: {name} → {value}, which interrupts the database.")
            if setting.outage
            else _("“Immediately” also applies what is pending: {name} → {value}.")
        )
        yield warning(text.format(name=setting.title, value=setting.value), grave=True)
    if not state.database.pending_reported:
        text = _("AWS did not report what is pending; “immediately” may apply more than is shown here.")
        yield warning(text, grave=True)
    for action in state.actions or ():
        text = _("Maintenance is pending ({action}); RDS may apply it along with an immediate modification.")
        yield warning(text.format(action=action.action))
    if state.actions is None:
        yield warning(_("Pending maintenance could not be read."), grave=True)


def queued(state: ReadState, id: str, value: str, zone: tzinfo) -> Iterator[Caution]:
    """That this very modification waits for the window already, so that "immediately" only moves it."""
    setting = state.pending(id)
    if setting is not None and setting.value == value:
        text = _("{name} → {value} is queued already for the window of {window}: this applies it now.")
        text = text.format(name=setting.title, value=value, window=window_text(state, zone))
        yield warning(text, grave=True)


def impact(state: ReadState, *own: str) -> str:
    """How many pending modifications are applied along; "" for none."""
    count = len(state.others(*own))
    if not count:
        return ""
    return plural(
        "{count} pending modification is applied immediately as well",
        "{count} pending modifications are applied immediately as well",
        count,
        count=count,
    )
