from datetime import timedelta

from tests.tools.console import screen_text, until
from tests.tui.screens.logs.panes_open import APPLICATION, logs
from tests.tui.seeding import client, put_lines
from tui.messages import OpenLogs

TASK = "0123456789abcdef0123456789abcdef"


async def test_a_stopped_task_leads_to_the_lines_of_its_stream_alone(embedded):
    ended = embedded.clock.now() - timedelta(minutes=2)
    at = int(ended.timestamp() * 1000)
    async with client("logs", embedded.url) as aws:
        await aws.create_log_stream(logGroupName=APPLICATION, logStreamName=f"ecs/staff-api/{TASK}")
        await put_lines(
            aws, APPLICATION, f"ecs/staff-api/{TASK}", [(at - 50, "out of memory"), (at, "killed")]
        )
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        pilot.app.post_message(OpenLogs(APPLICATION, ended, task=TASK))
        await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 2)
        await until(pilot, lambda: "out of memory" in screen_text(pilot))

        pilot.app.post_message(OpenLogs(APPLICATION, ended, task="another"))
        await until(pilot, lambda: "no recent stream of the task another" in screen_text(pilot))


async def test_lines_that_could_not_be_read_are_not_said_not_to_exist(embedded):
    ended = embedded.clock.now() - timedelta(minutes=2)
    at = int(ended.timestamp() * 1000)
    async with client("logs", embedded.url) as aws:
        await aws.create_log_stream(logGroupName=APPLICATION, logStreamName=f"ecs/staff-api/{TASK}")
        await put_lines(aws, APPLICATION, f"ecs/staff-api/{TASK}", [(at, "killed")])
    async with logs(embedded, APPLICATION) as pilot:
        screen = pilot.app.screen
        pilot.app.post_message(OpenLogs(APPLICATION, ended, task=TASK))
        await until(pilot, lambda: screen.cover is not None and len(screen.cover.pane.store) == 1)
        cover = screen.cover
        embedded.fault("logs", "FilterLogEvents", preset="denied")
        cover.read_older()
        await until(pilot, lambda: cover.pane.problem is not None and not cover.pane.note)
        assert cover.pane.gaps
        embedded.clear_faults()
        cover.read_older()
        await until(pilot, lambda: "no line of the task in the time before" in cover.pane.note)
        assert cover.pane.problem is None
