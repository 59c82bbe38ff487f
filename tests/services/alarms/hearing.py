from collections.abc import Callable, Iterable

from services.aws.cloudwatch.alarms.actions import reaches_somebody
from services.aws.cloudwatch.alarms.listeners import Senders, Sending
from services.models.alarms import Alarm, AlarmState


def sending(
    name: str, alarms: Iterable[Alarm], *, reaches: Callable[[str], bool | None] = reaches_somebody
) -> Sending:
    by_id = {str(alarm.id): alarm for alarm in alarms if alarm.state is not AlarmState.MISSING}
    return Senders(by_id, reaches).sending(name)
