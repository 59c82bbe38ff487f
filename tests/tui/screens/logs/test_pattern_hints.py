import pytest

from services.logs.filter_patterns.trial import MOST, PatternTrial
from tests.tools.console import press, screen_text, until_later
from tests.tui.screens.logs.panes_open import APPLICATION, DATABASE, FIREWALL, MORE, logs

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


async def test_a_pattern_is_explained_and_tried_while_it_is_typed(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        await press(pilot, "f", *"INFO", shows="lines with “INFO”")
        assert "logs.TestMetricFilter" not in embedded.counts(), "nothing is asked while keys are pressed"
        await until_later(pilot, embedded, lambda: "lines on the screen" in screen_text(pilot), 1)
        assert embedded.counts()["logs.TestMetricFilter"] == 1


async def test_nothing_is_tried_once_the_text_is_no_pattern_of_aws(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        prompt = pilot.app.screen.pane.prompt
        await press(pilot, "f", *"INFO", shows="lines with “INFO”")
        await pilot.press("ctrl+t")
        assert prompt.ask == "show"
        embedded.advance(1)
        await pilot.app.workers.wait_for_complete(
            [worker for worker in pilot.app.workers if worker.group.startswith("pattern-hint")]
        )
        assert "lines on the screen" not in screen_text(pilot)
        assert "logs.TestMetricFilter" not in embedded.counts()


async def test_a_mistake_is_said_with_its_place_and_not_sent(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        await press(pilot, "f", "{", "x", shows="character 2: a selector such as $.level is missing")
        embedded.advance(1)
        await pilot.pause()
        assert "logs.TestMetricFilter" not in embedded.counts()


@pytest.mark.slow
async def test_a_wrong_pattern_keeps_the_prompt_open_until_it_is_entered_again(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        (tail,) = pilot.app.screen.tails.values()
        prompt = pilot.app.screen.pane.prompt
        await press(pilot, "f", "{", "x", "enter", shows="⏎ again sends it anyway")
        assert "character 2: a selector such as" in screen_text(pilot)
        assert prompt.display
        assert tail.pattern == ""
        await press(pilot, "y", "enter", shows="⏎ again sends it anyway")
        assert tail.pattern == "", "another text is refused anew"
        await press(pilot, "enter", then=lambda: tail.pattern == "{xy")
        assert not prompt.display


async def test_a_pattern_put_right_is_sent_at_once(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        (tail,) = pilot.app.screen.tails.values()
        await press(pilot, "f", "{", "enter", shows="⏎ again sends it anyway")
        await press(pilot, "backspace", *"INFO", "enter", then=lambda: tail.pattern == "INFO")


async def test_an_id_is_followed_in_quotation_marks(embedded):
    async with logs(embedded, APPLICATION) as pilot:
        (tail,) = pilot.app.screen.tails.values()
        await press(pilot, "f", *"abc-123", "enter", then=lambda: tail.pattern == '"abc-123"')


class Counted:
    def __init__(self) -> None:
        self.requests: list[tuple[str, int]] = []

    async def count(self, pattern: str, messages: list[str]) -> int:
        self.requests.append((pattern, len(messages)))
        return 1


@pytest.mark.parametrize("lines", [3, 80])
async def test_nothing_is_asked_twice_and_no_more_than_fifty_lines(lines):
    filters = Counted()
    trial = PatternTrial(filters)  # type: ignore[arg-type]
    texts = [f"line {number}" for number in range(lines)]
    assert await trial.count("a", texts) == (1, min(MOST, lines))
    assert await trial.count("a", texts) == (1, min(MOST, lines))
    assert filters.requests == [("a", min(MOST, lines))]
    assert await trial.count("", texts) == (min(MOST, lines), min(MOST, lines))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_text_has_room_beside_its_remarks(embedded, size):
    async with logs(embedded, APPLICATION, size=size) as pilot:
        prompt = pilot.app.screen.pane.prompt
        await press(pilot, "f", shows="AWS filters; empty shows all")
        assert prompt.entry.size.width >= 40
        await pilot.press(*"INFO")
        await until_later(
            pilot, embedded, lambda: "lines on the screen · lines with “INFO”" in screen_text(pilot), 1
        )
        assert prompt.entry.size.width >= 40
        assert pilot.app.screen.pane.lines.size.height > size[1] // 3


async def test_a_low_pane_keeps_a_row_for_its_lines_beside_the_prompt(embedded):
    async with logs(embedded, APPLICATION, *MORE, DATABASE, FIREWALL, size=(80, 24)) as pilot:
        await press(pilot, "f", *"ab", shows="lines with “ab”")
        pane = pilot.app.screen.pane
        assert pane.lines.size.height >= 1
        assert pane.prompt.entry.size.width >= 10
