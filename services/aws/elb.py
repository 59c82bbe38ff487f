"""Source: DescribeTargetHealth (Elastic Load Balancing v2 API reference)."""

from services.aws.client.reader import Answer, Reader, incomplete, rows, whole
from services.i18n import _
from services.models.base import RawId
from services.models.first_wave import TargetHealth
from services.models.text import clean

_CALL = ("elbv2", "DescribeTargetHealth")
_NO_OVERRIDE = "no_override"


class ElbReader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def target_health(self, target_group: str) -> tuple[TargetHealth, ...]:
        """The targets of a target group, given by its ARN, sorted by id; () if none is registered. Raises AwsError."""
        answer = await self._session.read(
            *_CALL, required=("TargetHealthDescriptions",), TargetGroupArn=target_group
        )
        targets = [_target(row) for row in rows(answer, "TargetHealthDescriptions")]
        return tuple(sorted(targets, key=lambda target: (target.id, target.port or 0)))


def _target(row: Answer) -> TargetHealth:
    """A TargetHealthDescriptions row as a model. Raises Incomplete without its id or its state."""
    target, health = row.get("Target") or {}, row.get("TargetHealth") or {}
    id, state = str(target.get("Id") or ""), clean(health.get("State"))
    if not (id and state):
        # A skipped target could be the only healthy one.
        raise incomplete(_("The load balancer returned a target without its id or its state."), *_CALL)
    override = clean((row.get("AdministrativeOverride") or {}).get("State"))
    return TargetHealth(
        id=RawId(id),
        name=id,
        port=whole(target.get("Port")),
        state=state,
        reason=clean(health.get("Reason")),
        description=health.get("Description"),
        zone=clean(target.get("AvailabilityZone")),
        override="" if override == _NO_OVERRIDE else override,
    )
