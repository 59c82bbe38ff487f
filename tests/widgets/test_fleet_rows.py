from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services import i18n
from tests.tools.sample_systems import alarms, read, sample
from widgets.fleet.rows import said_of

NOW = datetime(2026, 1, 14, 3, 0, tzinfo=UTC)


def test_a_firing_alarm_is_told_in_words_and_not_in_aws_own():
    overview = alarms("db-storage", since=NOW - timedelta(minutes=9))
    fires = overview.firing[0].model_copy(
        update={"description": "空き容量が 10 GiB 以下\n手順書 3", "comparison": "<=", "threshold": 10.0}
    )
    system = replace(sample(NOW)[0], alarms=read(overview.model_copy(update={"alarms": (fires,)}), NOW))
    i18n.use("ja")
    assert said_of(system, NOW) == ("■ db-storage  9分 継続  ≤ 10  空き容量が 10 GiB 以下",)


def test_a_composite_alarm_has_neither_limit_nor_an_empty_end():
    system = replace(sample(NOW)[0], alarms=read(alarms("critical", since=NOW - timedelta(hours=2)), NOW))
    i18n.use("en")
    assert said_of(system, NOW) == ("■ critical  for 2h 0m",)
