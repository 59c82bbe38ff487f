import pytest

from services.runbook.place_checks import REGIONS
from tests.services.runbook.small import SYSTEM, mistakes


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_is_a_region(region):
    assert mistakes("", SYSTEM.replace("ap-northeast-1", region)) == {}


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("ap-notheast-1", "ap-northeast-1"),
        ("us-eats-1", "us-east-1"),
        ("eu-centrall-1", "eu-central-1"),
        ("us-west-0", "us-west-2"),
        ("ap-northeast-01", "ap-northeast-1"),
    ],
)
def test_a_misspelt_region_is_reported_with_a_suggestion(region, hint):
    assert (
        f'did you mean "{hint}"?' in mistakes("", SYSTEM.replace("ap-northeast-1", region))["system.region"]
    )
    messages = mistakes(f'[trail]\nsign_in_regions = ["us-east-1", "{region}"]\n')
    assert list(messages) == ["trail.sign_in_regions[1]"]
    own = f'[[inspections]]\nid = "q"\ntitle = "q"\nkind = "metric"\nnamespace = "N"\nmetric = "M"\nbelow = 1\nregion = "{region}"\n'
    assert list(mistakes(own)) == ["inspections[0].region"]
