"""The revision to roll back to, as typed. Pure."""

from services.changes.deploy_rollback.state import RollbackState, Way, family_of
from services.changes.typed_values import normalized
from services.i18n import _
from services.models.base import RawId
from services.models.changes import Parameter

REVISION = "revision"
OFFERED = 20
"""Revisions that are offered."""


def chosen(text: str, current: str) -> RawId:
    """`staff-api:41` of `staff-api:41` or of `41`; "" if nothing was typed."""
    value = normalized(text)
    if value.isdecimal():
        return RawId(f"{family_of(current)}:{value}")
    return RawId(value.rsplit("/", 1)[-1])


def parameters(state: RollbackState) -> tuple[Parameter, ...]:
    """The revision to deploy: the previous one, or another active one; only the previous one while one is deployed."""
    names = [name for name in state.active if name != state.current][:OFFERED]
    if state.way is not Way.DEPLOY or (state.previous and state.previous not in names):
        names = [name for name in (state.previous,) if name]
    parameter = Parameter(
        id=REVISION,
        title=_("Revision"),
        kind="choice",
        default=state.previous,
        choices=tuple((name, name) for name in names),
        why=_("what the newest release replaced") if state.previous else "",
        help=_("The task definition that is deployed again. INACTIVE ones cannot be deployed."),
    )
    return (parameter,)
