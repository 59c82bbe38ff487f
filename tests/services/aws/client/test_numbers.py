import math

import pytest

from services.aws.client.reader import finite, whole
from services.aws.client.validation import Misshapen, sound


@pytest.mark.parametrize(
    "no_number", [math.nan, math.inf, -math.inf, 1e200, -1e200, 10**400, -(10**400), True, "1", None, [1]]
)
def test_what_is_no_number_is_none(no_number):
    assert finite(no_number) is None
    assert whole(no_number) is None


@pytest.mark.parametrize("number", [0, -1.5, 2**63, 2.0**360, -(2**360)])
def test_cloudwatchs_reach_is_read_and_may_be_added_up(number):
    read = finite(number)
    assert read == number
    assert math.isfinite(sum([read] * 100_000))


@pytest.mark.parametrize("sign", [1, -1])
def test_an_integer_has_at_most_64_bits(sign):
    assert sound([sign * (2**64 - 1)]) == [sign * (2**64 - 1)]
    with pytest.raises(Misshapen, match="64 bits"):
        sound([sign * 2**64])
