import pytest

from tests.tools.console import console, press, screen_text, until


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
@pytest.mark.parametrize("preset", ["denied", "throttled"])
@pytest.mark.scenario("alb-5xx", history=1800.0)
@pytest.mark.slow
async def test_the_last_values_are_not_shown_as_the_present_ones(embedded, size, preset):
    async with console(embedded.url, embedded.clock, size=size) as pilot:
        brief, words = size[1] == 24, "denied" if preset == "denied" else "read failed"
        await until(pilot, lambda: ("ECS CPU 3" if brief else "● normal") in screen_text(pilot))
        embedded.fault("cloudwatch", "GetMetricData", preset=preset)

        def doubted() -> bool:
            embedded.clock.advance(1)
            text = screen_text(pilot)
            return "● normal" not in text and (f"? {words}  ECS CPU —" in text or not brief)

        await until(pilot, doubted)
        await press(pilot, "a", "enter", shows="Now ? ")
