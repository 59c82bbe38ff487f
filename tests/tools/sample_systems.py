"""Systems in every state, for pictures and for the tests of widgets."""

from datetime import datetime, timedelta

from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.feeds import FeedState
from services.models.fleet import SystemRecords, SystemState
from services.models.problem import Problem, ProblemKind
from services.models.runbook import Environment
from services.models.verdict import Verdict


def alarms(*firing: str, since: datetime, fine: int = 5) -> AlarmOverview:
    """Alarms of which these fire."""
    reason = "Threshold Crossed: 3 datapoints were greater than the threshold (5.0)."
    names = [*firing, *(f"normal-{number}" for number in range(fine))]
    return AlarmOverview(
        alarms=tuple(
            Alarm(
                id=RawId(name),
                name=name,
                state=AlarmState.ALARM if name in firing else AlarmState.OK,
                reason=reason if name in firing else "",
                since=since,
            )
            for name in names
        )
    )


def read(overview: AlarmOverview, at: datetime, problem: Problem | None = None) -> FeedState[AlarmOverview]:
    """Alarms that were read then."""
    return FeedState(value=overview, fetched_at=at, problem=problem)


def sample(now: datetime) -> tuple[SystemState, ...]:
    """Ten systems: the first is on screen."""
    just, earlier = now - timedelta(seconds=20), now - timedelta(minutes=12)
    fine = SystemRecords(due=1, verdict=Verdict.NORMAL, head=412, head_at=now - timedelta(minutes=4))
    denied = Problem(
        kind=ProblemKind.ACCESS_DENIED,
        summary="cloudwatch:DescribeAlarms は許可されていません。",
        remedy="権限を付けてください: toban policy",
        at=earlier,
    )
    production = Environment.PRODUCTION

    def system(key: str, title: str, **fields: object) -> SystemState:
        values = {"environment": production, "alarms": read(alarms(since=earlier), just), "records": fine}
        return SystemState(key=key, title=title, **{**values, **fields})  # type: ignore[arg-type]

    firing = read(alarms("alb-5xx-error-rate", "rds-cpu-high", since=earlier), just)
    return (
        system("facility-prod", "役所設備管理システム"),
        system(
            "library",
            "図書館蔵書検索システム",
            alarms=firing,
            records=SystemRecords(
                due=2, late=1, verdict=Verdict.ABNORMAL, holds=1, incidents=1, head=98, head_at=just
            ),
        ),
        system("school-lunch", "学校給食管理システム", alarms=read(alarms(since=earlier), earlier, denied)),
        system("tax-portal", "電子申告ポータル", alarms=read(alarms(since=earlier), earlier)),
        system(
            "water-meter",
            "水道検針システム",
            records=SystemRecords(late=2, verdict=Verdict.ATTENTION, head=7, head_at=earlier),
        ),
        system("clinic", "休日診療案内", records=SystemRecords(exists=False)),
        system("parks", "公園予約システム", environment=Environment.STAGING),
        SystemState(
            key="waste", title="waste", problem="waste.toml:12: system.account: 12 桁の数字を書いてください"
        ),
        system("bus-location", "コミュニティバス運行情報"),
        system("election", "投票所混雑情報"),
    )
