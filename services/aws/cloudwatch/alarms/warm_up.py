"""An alarm's warm-up: the time after a change in which AWS neither evaluates it nor runs its actions; pure.

Source: WarmUpConfiguration (Amazon CloudWatch API reference), "Alarm warm-up periods" (User Guide).
"""

from datetime import datetime, timedelta

from services.aws.client.reader import Answer, when, whole
from services.models.alarms import WARM_UP_UNTOLD, Alarm, AlarmState

LONGEST = 2880
"""AWS's maximum warm-up in minutes."""


def warm_up_end(row: Answer, state: AlarmState, since: datetime | None) -> datetime | None:
    """The latest end of its warm-up; None without one, or if it was evaluated since its last change.

    AWS evaluates early if the window fills early, unless the alarm requires the full warm-up.
    """
    warm_up = row.get("WarmUpConfiguration")
    configured = when(row.get("AlarmConfigurationUpdatedTimestamp"))
    if not isinstance(warm_up, dict) or configured is None:
        return None
    minutes = whole(warm_up.get("WarmUpPeriodDurationInMinutes"), LONGEST)
    early = not warm_up.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds")
    evaluated = state is not AlarmState.INSUFFICIENT and since is not None and since > configured
    if early and evaluated:
        return None
    return configured + timedelta(minutes=max(0, min(minutes, LONGEST)))


def warm_up_doubt(row: Answer) -> str:
    """WARM_UP_UNTOLD if it cannot be determined whether the alarm is warming up, else ""."""
    has_one = row.get("WarmUpConfiguration") is not None
    return WARM_UP_UNTOLD if has_one and when(row.get("AlarmConfigurationUpdatedTimestamp")) is None else ""


def warmed(alarm: Alarm, now: datetime) -> Alarm:
    """The alarm at `now`: an OK state during warm-up becomes INSUFFICIENT, because nothing is evaluated."""
    if alarm.warm_up_until is None:
        return alarm
    if alarm.warm_up_until <= now:
        return alarm.model_copy(update={"warm_up_until": None})
    blind = AlarmState.INSUFFICIENT if alarm.state is AlarmState.OK else alarm.state
    return alarm.model_copy(update={"state": blind})
