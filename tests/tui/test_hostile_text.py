import json
from typing import Any

import pytest
from textual.pilot import Pilot

from services.dashboards.reader import BODY_AGE
from services.models.alarms import AlarmState
from services.models.dashboards import MetricWidget, TextWidget, UnknownWidget
from tests.conftest import Embedded
from tests.tools.console import console, expect, screen_text, until
from tests.tui.seeding import client, make_group, put_lines
from tests.tui.test_other_system import OTHER
from tui.messages import OpenAlarm

HOSTILE = {
    "markup": "[/ecs/web] [@click=app.quit]x[/] [bold",
    "escape": "\x1b[2J\x1b[1;1Hall OK \x1b]52;c;ZXZpbA==\x07 \x1b[c\x1b[>q",
    "c1": "\x9b2J\x9d0;title\x9c",
    "bidi": "\u202egnp.exe \u2066x\u2069\u200b\ufeff",
    "long": "長" * 300_000,
    "combining": "a" + "\u0301" * 500,
    "half": "broken \ufffd end",
}
QUIT_KEYS = "qcrgy0"


def widget(title: str, **properties: object) -> dict[str, object]:
    metrics = [["N\u202es", "M[/]", "D", "v", {"label": title}]]
    return {
        "type": "metric",
        "properties": {"title": title, "region": "ap-northeast-1", "metrics": metrics, **properties},
    }


class Writer:
    def __init__(self, embedded: Embedded, cloudwatch: Any, logs: Any) -> None:
        self.embedded = embedded
        self.cloudwatch = cloudwatch
        self.logs = logs

    async def dashboard(self, text: str) -> None:
        await self.cloudwatch.put_metric_data(
            Namespace="N\u202es",
            MetricData=[{"MetricName": "M[/]", "Dimensions": [{"Name": "D", "Value": "v"}],
                         "Timestamp": self.embedded.clock.now().timestamp() - 120, "Value": 1.0}],
        )  # fmt: skip
        body = {"widgets": [widget(text[:2000]), {"type": "custom", "properties": {"title": text[:500]}},
                            {"type": "text", "properties": {"markdown": text[:20_000]}}]}  # fmt: skip
        await self.cloudwatch.put_dashboard(DashboardName="library-overview", DashboardBody=json.dumps(body))

    async def alarm(self, name: str, text: str) -> None:
        await self.cloudwatch.put_metric_alarm(
            AlarmName=name, AlarmDescription=text[:1000], Namespace="N\u202es", MetricName="M[/]",
            Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        await self.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=text[:1000])

    async def lines(self, text: str) -> None:
        at = int(self.embedded.clock.now().timestamp() * 1000)
        lines = [(at - 3000, text), (at - 2000, json.dumps({"level": "ERROR", "message": text[:5000]}))]
        await put_lines(self.logs, "/app/catalogue", "a", lines)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
@pytest.mark.slow
async def test_hostile_text_is_shown_harmlessly(empty_aws):
    async with client("cloudwatch", empty_aws.url) as cloudwatch, client("logs", empty_aws.url) as logs:
        await make_group(logs, "/app/catalogue", "a")
        writer = Writer(empty_aws, cloudwatch, logs)
        async with console(
            empty_aws.url, empty_aws.clock, size=(160, 48), runbook=OTHER, notifications=True
        ) as pilot:
            for kind, text in HOSTILE.items():
                try:
                    await shown_harmlessly(pilot, writer, text)
                except Exception as error:
                    error.add_note(f"The text was {kind}.")
                    raise


async def shown_harmlessly(pilot: Pilot[Any], writer: Writer, text: str) -> None:
    app, watch, embedded = pilot.app, pilot.app.screen, writer.embedded
    name = text[:200].replace("\x00", "")
    await writer.dashboard(text)
    embedded.advance(BODY_AGE.total_seconds())
    await until(pilot, lambda: app.view.fetched_at == embedded.clock.now())
    lines = len(watch.tail.store)
    await writer.alarm(name, text)
    await writer.lines(text)
    embedded.advance(5)
    await pilot.press("ctrl+r")
    await until(pilot, lambda: app.alarms.fetched_at == app.view.fetched_at == embedded.clock.now())
    # The loop may owe wide sweeps for the time that was skipped, and waits until it may read again.
    await until(pilot, lambda: len(watch.tail.store) == lines + 2 or embedded.advance(1))
    shown = [tile.widget for tile in watch.dashboard.grid.tiles]
    assert [type(each) for each in shown] == [MetricWidget, UnknownWidget, TextWidget]
    assert shown == list(app.view.value.dashboard.widgets)
    content = await visible_text(pilot)
    alarm = next(each for each in app.alarms.value.alarms if str(each.id) == name)
    assert alarm.state is AlarmState.ALARM
    app.post_message(OpenAlarm(alarm))
    await expect(pilot, at="AlarmScreen")
    content += await visible_text(pilot)
    await pilot.press("escape", "l", "end", "enter")
    content += await visible_text(pilot)
    app.inform(alarm.name)
    await until(pilot, lambda: app.message)
    content += await visible_text(pilot)
    assert app.filter_hits == 0, "cleaned where it entered, not by the last line of defence"
    assert not app.bugs
    assert app.is_running
    assert not [
        c
        for c in content
        if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u200b")
    ]
    await pilot.press("escape")
    app.board.remove(app.message)
    # The next one has the same room.
    await writer.cloudwatch.delete_alarms(AlarmNames=[name])


async def visible_text(pilot: Pilot[Any]) -> str:
    await pilot.pause()
    return screen_text(pilot)
