"""A machine whose clock is minutes wrong, accepted by AWS or not: what AWS dates is compared with AWS's time."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.clock import AwsClock, ManualClock
from services.incidents.first_wave.reading import FirstWaveReader
from services.incidents.weighing import assess
from services.models.alarms import AlarmOverview
from services.runbook.loader import load_builtin
from tests.services.incidents.incident_desk import NOW
from tests.services.incidents.waves import ALARM, live, moment
from tests.services.inspections.running_world import context

pytestmark = pytest.mark.scenario("alb-5xx", history=5400.0)
RUNBOOK = load_builtin("facility-prod")
WRONG = (-240, 240, -600, 600)  # Seconds; from 300 on AWS refuses requests, until they are signed by its time


@pytest.mark.parametrize("seconds", WRONG)
async def test_the_first_wave_is_the_same(embedded, seconds):
    live(embedded)
    async with context(embedded) as console:
        alarm = await moment(console)
    answers = []
    for wrong in (0, seconds):
        clock = ManualClock(embedded.clock.now() + timedelta(seconds=wrong))
        settings = AwsSettings(region=RUNBOOK.system.region, endpoint_url=embedded.url)
        session = AwsSession(settings, clock=clock, meter=UsageMeter(clock))
        aws_clock = AwsClock(clock, lambda wrong=wrong: float(-wrong))
        waves = FirstWaveReader(
            RUNBOOK, session, aws_clock, str(RUNBOOK.system.region), AlarmOverview, pytest.fail
        )
        evidence = await waves.about(alarm)
        await session.close()
        answers.append(
            (evidence.began, evidence.series, evidence.application_errors, assess(evidence, RUNBOOK))
        )
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("skew", "moves"), [(None, 0), (0.0, 0), (59.0, 0), (-61.0, -61), (240.0, 240)])
def test_what_may_be_the_time_of_a_response_is_no_difference(skew, moves):
    clock = ManualClock(NOW)
    assert AwsClock(clock, lambda: skew).now() - clock.now() == timedelta(seconds=moves)


def assessed(url, *, zone="Asia/Tokyo", wrong="+0s"):
    """What the command says on a machine with this zone and this error of its clock."""
    command = [sys.executable, "-m", "tui", "--lang", "en", "assess", ALARM, "--json", "--endpoint-url", url]
    ended = subprocess.run(
        ["faketime", "-f", wrong, *command] if wrong != "+0s" else command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": zone},
        cwd=Path(__file__).parents[4],
    )
    return ended.returncode, json.loads(ended.stdout)


@pytest.mark.slow
@pytest.mark.scenario("alb-5xx", history=5400.0, minutes=5)
def test_a_command_says_the_same_in_any_zone_and_with_a_wrong_clock(embedded_now):
    status, usual = assessed(embedded_now.url)
    machines: list[dict[str, str]] = [{"zone": "America/New_York"}, {"zone": "Pacific/Kiritimati"}]
    if shutil.which("faketime"):
        machines += [{"wrong": f"{seconds:+}s"} for seconds in WRONG]
    for machine in machines:
        # One search in five begins with an empty page: each answer is read in the same pages.
        for group in embedded_now.world.logs.groups.values():
            group.searches = 0
        answer = assessed(embedded_now.url, **machine)
        for key in ("alarm", "onset", "causes", "word"):
            assert answer[1][key] == usual[key], machine
        assert answer[0] == status
