"""What a runbook may call things of AWS, and when its maintenance window is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runbook.loader import RunbookError, load_builtin, loads
from services.runbook.place_checks import REGIONS, in_utc, local_window, name_within, spelling

SYSTEM = """version = 1
[system]
id = "other"
title = "別のシステム"
environment = "staging"
account = "210987654321"
region = "ap-northeast-1"
"""
ACCOUNT = "ap-northeast-1:123456789012"


def mistakes(text: str, system: str = SYSTEM) -> dict[str, str]:
    """Key to message."""
    try:
        loads(system + text)
    except RunbookError as error:
        return {each.key: each.message for each in error.mistakes}
    return {}


@pytest.mark.parametrize(
    ("text", "key", "name"),
    [
        (f'[ecs]\ncluster = "arn:aws:ecs:{ACCOUNT}:cluster/city"\nservices = ["s"]\n', "ecs.cluster", "city"),
        (f'[ecs]\ncluster = "c"\nservices = ["arn:aws:ecs:{ACCOUNT}:service/c/s"]\n', "ecs.services[0]", "s"),
        (f'[rds]\ninstance = "arn:aws:rds:{ACCOUNT}:db:city-db"\n', "rds.instance", "city-db"),
        (
            f'[alb]\nload_balancer = "arn:aws:elasticloadbalancing:{ACCOUNT}:loadbalancer/app/a/50dc"\n',
            "alb.load_balancer",
            "app/a/50dc",
        ),
        (
            f'[alb]\ntarget_group = "arn:aws:elasticloadbalancing:{ACCOUNT}:targetgroup/t/73e2"\n',
            "alb.target_group",
            "targetgroup/t/73e2",
        ),
        (
            '[cdn]\ndistribution = "arn:aws:cloudfront::123456789012:distribution/E1"\n',
            "cdn.distribution",
            "E1",
        ),
        (f'[[alarms]]\nname = "arn:aws:cloudwatch:{ACCOUNT}:alarm:a"\ntitle = "t"\n', "alarms[0].name", "a"),
        (
            f'[[log_groups]]\nid = "arn:aws:logs:{ACCOUNT}:log-group:/ecs/s:*"\ntitle = "t"\n',
            "log_groups[0].id",
            "/ecs/s",
        ),
        ('[waf]\nlog_bucket = "s3://city-logs/waf/"\n', "waf.log_bucket", "city-logs"),
        ('[waf]\nlog_bucket = "arn:aws:s3:::city-logs"\n', "waf.log_bucket", "city-logs"),
        (
            '[access_keys]\nusers = ["arn:aws:iam::123456789012:user/ci/bob"]\n',
            "access_keys.users[0]",
            "bob",
        ),
    ],
)
def test_an_arn_where_a_name_belongs_is_told_with_the_name(text: str, key: str, name: str) -> None:
    told = mistakes(text)
    assert list(told) == [key]
    assert f'"{name}"' in told[key]


def test_names_that_only_look_like_addresses_are_names() -> None:
    assert [name_within(text) for text in ("arn-like", "arn:aws:ecs", "/ecs/a:b", "app/a/b", "")] == [""] * 5


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_is_a_region(region: str) -> None:
    assert mistakes("", SYSTEM.replace("ap-northeast-1", region)) == {}


@pytest.mark.parametrize(
    ("region", "hint"),
    [("ap-notheast-1", "ap-northeast-1"), ("us-eats-1", "us-east-1"), ("eu-centrall-1", "eu-central-1")],
)
def test_a_misspelt_region_is_told_with_the_one_meant(region: str, hint: str) -> None:
    assert (
        f'did you mean "{hint}"?' in mistakes("", SYSTEM.replace("ap-northeast-1", region))["system.region"]
    )
    told = mistakes(f'[trail]\nsign_in_regions = ["us-east-1", "{region}"]\n')
    assert list(told) == ["trail.sign_in_regions[1]"]
    own = f'[[inspections]]\nid = "q"\ntitle = "q"\nkind = "metric"\nnamespace = "N"\nmetric = "M"\nbelow = 1\nregion = "{region}"\n'
    assert list(mistakes(own)) == ["inspections[0].region"]


def window(utc: str, words: str = "") -> dict[str, str]:
    return mistakes(f'[rds]\ninstance = "d"\nwindow = "{words}"\nwindow_utc = "{utc}"\n')


@pytest.mark.parametrize("utc", ["sat:17:00-sat:17:20", "sun:23:50-mon:00:19", "sat:17:00-sat:17:00"])
def test_rds_takes_no_window_shorter_than_half_an_hour(utc: str) -> None:
    assert "30 minutes" in window(utc)["rds.window_utc"]


@pytest.mark.parametrize(
    "words",
    [
        "日曜日 2:00-3:00",
        "日曜日 深夜2:00-3:00",
        "日 ２：００〜３：００",
        "Sunday 02:00-03:00",
        "sun 2:00 to 3:00",
    ],
)
def test_words_and_utc_must_mean_the_same_time(words: str) -> None:
    assert window("sat:17:00-sat:18:00", words) == {}
    # As one who forgets that RDS counts in UTC writes it: Sunday 11:00 in Japan.
    assert "sat:17:00-sat:18:00" in window("sun:02:00-sun:03:00", words)["rds.window_utc"]


@pytest.mark.parametrize("words", ["", "毎週末の深夜", "日曜日の朝", "2:00-3:00"])
def test_words_without_day_and_time_claim_nothing(words: str) -> None:
    assert window("sun:02:00-sun:03:00", words) == {}


def test_the_shipped_window_is_told_right() -> None:
    rds = load_builtin("facility-prod").rds
    assert rds is not None
    told = local_window(str(rds.window))
    assert told is not None
    assert {spelling(utc) for utc in in_utc(told, "Asia/Tokyo")} == {rds.window_utc}


@given(day=st.sampled_from("月火水木金土日"), hour=st.integers(0, 23), minutes=st.integers(30, 23 * 60))
def test_what_is_spelt_from_words_is_what_the_check_takes(day: str, hour: int, minutes: int) -> None:
    end = hour * 60 + minutes
    words = f"{day}曜日 {hour}:00-{end // 60 % 24}:{end % 60:02d}"
    told = local_window(words)
    assert told is not None
    utc = spelling(in_utc(told, "Asia/Tokyo")[0])
    assert window(utc, words) == {}
