from dataclasses import replace
from datetime import timedelta

from tests.tools.console import press, screen_text, until
from tests.tools.sample_systems import alarms, read
from tests.tools.systems import three_systems


async def test_the_newest_alarm_is_looked_for_in_all_systems(embedded):
    async with three_systems(embedded) as (pilot, _):
        app = pilot.app
        await until(pilot, lambda: len(app.systems) == 3)
        await press(pilot, "exclamation_mark", shows="No alarm is firing.")
        first, library, school = app.systems
        now = app.now()
        firing = replace(library, alarms=read(alarms("a", since=now), now))
        app.systems = (first, firing, school)
        await pilot.press("exclamation_mark")
        words = f"Alarms of another system are firing: {firing.title} (9)"
        await until(pilot, lambda: words in screen_text(pilot))
        # What is known of the alarms on screen may be old.
        app.systems = (first, library, school)
        assert app.alarms is not None
        app.alarms = replace(app.alarms, fetched_at=now - timedelta(hours=1))
        await pilot.press("exclamation_mark")
        text = "No alarm was firing when the alarms were last read."
        await until(pilot, lambda: text in screen_text(pilot))
