from datetime import timedelta

import pytest

from services import i18n
from services.incidents.facts import Facts
from services.incidents.own_resource import resource_of
from services.incidents.weighing import assess
from services.models.base import RawId
from services.models.first_wave import AlarmMoment, Source, SourceReading
from services.models.metrics import MetricQuery, Series
from tests.tools.console import screen_text
from tests.widgets import incident_data as data
from tests.widgets.incident_gallery import IncidentApp

CAUSES = {
    "en": "no causes are known for AWS/ElastiCache facility-cache-001",
    "ja": "AWS/ElastiCache facility-cache-001 の原因候補は登録されていません",
}
TOGETHER = {"en": "Fire together", "ja": "同時に発報"}


def curve(label: str, before: float, since: float) -> Series:
    start, edge = int(data.minutes(-90).timestamp()), int(data.T0.timestamp())
    times = tuple(range(start, int(data.NOW.timestamp()) // 60 * 60, 60))
    values = tuple(since if at >= edge else before for at in times)
    return Series(id="m1", label=label, times=times, values=values, period=60)


def fields() -> dict[str, object]:
    query = MetricQuery(
        id="m1", namespace=RawId("AWS/ElastiCache"), metric=RawId("EngineCPUUtilization"), stat="Maximum",
        dimensions=((RawId("CacheClusterId"), RawId("facility-cache-001")),),
    )  # fmt: skip
    alarm = AlarmMoment(
        id=RawId("cache-high"), name="cache-high", since=data.ALARM, queries=(query,), threshold=90.0, comparison=">"
    )  # fmt: skip
    other = AlarmMoment(id=RawId("alb-latency-high"), name="alb-latency-high", since=data.ALARM)
    denied = "logs:FilterLogEvents is missing"
    whole = data.evidence().model_copy(
        update={
            "alarm": alarm,
            "readings": tuple(SourceReading(source=source, omitted=denied if source is Source.OWN_LOG else "") for source in Source),
            "own_series": (curve("EngineCPUUtilization (Maximum)", 12.0, 97.0), curve("Evictions (Sum)", 0.0, 900.0)),
            "together": (other,),
            "ended": data.NOW + timedelta(seconds=2),
        }
    )  # fmt: skip
    resource = resource_of(Facts(whole, data.RUNBOOK), data.JST)
    return {"evidence": whole, "assessment": assess(whole, data.RUNBOOK), "resource": resource}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    ("size", "playbook"), [((80, 21), None), ((120, 37), None), ((80, 21), data.PLAYBOOK)]
)
async def test_the_resource_stands_where_no_causes_are_known(language, size, playbook):
    i18n.use(language)
    async with IncidentApp(**fields(), playbook=playbook, undecided=()).run_test(size=size) as pilot:
        await pilot.pause()
        words = screen_text(pilot)
        for part in (CAUSES[language], "EngineCPUUtilization (Maximum)", "97%", "Evictions (Sum)"):
            assert part in words, part
        app = pilot.app
        app.detail.causes.focus()
        await pilot.pause()
        assert TOGETHER[language] in words + screen_text(pilot)
        assert not {"Roll it back", "ロールバックする"} & set(screen_text(pilot).split())
