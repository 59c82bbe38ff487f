"""What hinders a restore drill, and what an operator should know before it. Pure."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.drill_restore.parameters import Parameters
from services.changes.drill_restore.state import RestoreState
from services.changes.drill_restore.steps import exists_text
from services.changes.rds.state import of_cluster, time_of
from services.i18n import _
from services.models.changes import Caution


def obstacles(state: RestoreState) -> Iterator[str]:
    yield from map(exists_text, state.drills)
    original = state.original
    yield from of_cluster(original)
    if not (original.subnet_group and original.security_groups and original.parameter_group):
        yield _(
            "RDS does not report the database's subnet, security and parameter groups; without them the "
            "instance would not be placed as the database is."
        )


def warnings(state: RestoreState, values: Parameters, zone: tzinfo) -> Iterator[Caution]:
    text = _("The instance holds the data of production: it is private, and reached as the database is.")
    yield warning(text)
    yield warning(_("It is charged until it is deleted; a dated duty reminds of that."))
    newest = state.default_snapshot
    if newest is not None and values.snapshot.at and newest.at and values.snapshot.at < newest.at:
        text = _("A newer automatic snapshot exists, of {at}.")
        yield warning(text.format(at=time_of(newest.at, zone)))
