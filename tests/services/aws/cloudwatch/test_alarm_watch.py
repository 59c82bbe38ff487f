from datetime import timedelta

import pytest

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.alarms import requests as alarm_requests
from services.aws.cloudwatch.alarms import watch
from services.demo.cloudwatch.alarms.states import State
from services.models.alarms import AlarmState, Hearing
from tests.conftest import REGION
from tests.services.aws.cloudwatch.many_alarms import add, alarm_of, names, requests, turn, watched
from tui.cli.reads import judge
from tui.exit_status import ExitStatus

MANY = names(5_000)
OWN = ("own-cpu", "own-gone")


async def test_a_small_account_is_read_whole_each_minute(empty_aws):
    add(empty_aws, *names(250), "own-cpu")
    async with watched(empty_aws, "own-cpu") as console:
        for _minute in range(3):
            with requests(empty_aws) as sent:
                overview = await console.minutes(1)
            assert sent["DescribeAlarms"] == 3
            assert (len(overview.alarms), overview.listed_at, overview.is_whole) == (251, None, True)


@pytest.mark.slow
async def test_five_thousand_alarms_take_three_requests_a_minute_and_fifty_each_ten(empty_aws):
    add(empty_aws, *MANY, "own-cpu")
    add(empty_aws, "x-fires", state=State.ALARM)
    add(empty_aws, "x-blind", state=State.INSUFFICIENT)
    async with watched(empty_aws, *OWN) as console:
        first = await console.once()
        assert not first.is_whole, "the whole list is still being read"
        assert judge(first) is ExitStatus.ABNORMAL
        assert first.by_id["x-fires"].state is AlarmState.ALARM
        assert first.by_id["own-gone"].state is AlarmState.MISSING
        overview = await console.whole()
        assert overview.is_whole
        assert len(overview.alarms) == 5_004
        assert {alarm.id for alarm in overview.watched if alarm.expected} == set(OWN), "as the runbook names"
        sent_by_minute = []
        for _minute in range(20):
            with requests(empty_aws) as sent:
                overview = await console.minutes(1)
            assert overview.is_whole
            assert len(overview.alarms) == 5_004
            sent_by_minute.append(sent["DescribeAlarms"])
        assert sorted(sent_by_minute)[:18] == [3] * 18
        # Eight parts of seven pages and two of one; before every 15 of them what fires is read again.
        assert max(sent_by_minute) == 58 + 5 * 3
        assert overview.listed_at is not None
        assert empty_aws.clock.now() - overview.listed_at <= timedelta(minutes=10)


async def test_more_than_can_be_listed_is_a_word_and_the_first_are_shown(empty_aws, monkeypatch):
    monkeypatch.setattr(alarm_requests, "MOST_PAGES", 5)
    monkeypatch.setattr(watch, "MOST_PAGES", 5)
    monkeypatch.setitem(alarm_requests.AlarmRequests.read.__kwdefaults__ or {}, "most", 5)
    monkeypatch.setattr(alarm_requests.AlarmRequests.read, "__defaults__", (5,))
    add(empty_aws, *names(900), "own-cpu")
    add(empty_aws, "z-fires", state=State.ALARM)
    async with watched(empty_aws, "own-cpu") as console:
        for _minute in range(12):
            overview = await console.minutes(1)
            assert "only the first are listed" in overview.unlisted
            assert {"own-cpu", "z-fires"} < set(overview.by_id)
            assert 500 <= len(overview.alarms) <= 510
            assert overview.count(AlarmState.ALARM) == 1


async def test_what_stops_firing_is_read_by_name_before_it_is_ok(empty_aws):
    add(empty_aws, *names(400))
    add(empty_aws, "x", "y", "z", state=State.ALARM)
    async with watched(empty_aws) as console:
        await console.whole()
        turn(empty_aws, "x", State.OK)
        alarm_of(empty_aws, "x").settings["ActionsEnabled"] = False
        turn(empty_aws, "y", State.INSUFFICIENT)
        del empty_aws.world.alarms.alarms[REGION, "z"]
        overview = await console.minutes(1)
        assert overview.by_id["x"].state is AlarmState.OK
        assert overview.by_id["x"].actions_enabled is False, "as it is now"
        assert overview.by_id["y"].state is AlarmState.INSUFFICIENT
        assert "z" not in overview.by_id


@pytest.mark.slow
async def test_a_new_alarm_that_fires_is_there_at_once_and_one_that_is_ok_within_the_hour(empty_aws):
    add(empty_aws, *names(400))
    async with watched(empty_aws) as console:
        await console.whole()
        add(empty_aws, "新しいアラーム", state=State.ALARM)
        add(empty_aws, "静かなアラーム", "a-quiet")
        overview = await console.minutes(1)
        assert overview.newest_firing is overview.by_id["新しいアラーム"]
        assert "a-quiet" in (await console.minutes(10)).by_id, "its part was read again"
        assert "静かなアラーム" in (await console.minutes(50)).by_id


async def test_a_part_that_fails_is_not_ok_until_it_was_read(empty_aws):
    add(empty_aws, *names(1_600), "own-cpu")
    async with watched(empty_aws, "own-cpu") as console:
        before = await console.whole()
        assert judge(before) is ExitStatus.NORMAL
        console.session.refuses = lambda params: params.get("AlarmNamePrefix", "").startswith("c")
        overview = await console.minutes(10)
        assert {alarm.id[0] for alarm in overview.outdated} == {"c"}
        assert len(overview.outdated) == 200
        assert overview.count(AlarmState.OK) == 1_401
        assert judge(overview) is ExitStatus.UNKNOWN
        console.session.refuses = lambda _params: False
        overview = await console.minutes(1)
        assert overview.is_whole
        assert judge(overview) is ExitStatus.NORMAL


@pytest.mark.parametrize(
    "params", [{"StateValue": "ALARM"}, {"StateValue": "INSUFFICIENT_DATA"}, {"AlarmNames": ["own-cpu"]}]
)
async def test_without_one_of_the_short_lists_nothing_is_told(empty_aws, params):
    add(empty_aws, *names(400), "own-cpu")
    async with watched(empty_aws, "own-cpu") as console:
        await console.whole()
        console.session.refuses = lambda sent: params.items() <= sent.items()
        with pytest.raises(AwsError):
            await console.minutes(1)


async def test_a_list_that_cannot_be_read_makes_the_others_outdated(empty_aws):
    add(empty_aws, *names(1_600), "own-cpu")
    async with watched(empty_aws, "own-cpu") as console:
        console.session.refuses = lambda params: "NextToken" in params
        overview = await console.whole()
        assert "could not be read" in overview.unlisted
        assert judge(overview) is ExitStatus.UNKNOWN
        console.session.refuses = lambda _params: False
        assert (await console.minutes(1)).is_whole
        console.session.refuses = lambda params: "AlarmNamePrefix" in params or "NextToken" in params
        overview = await console.minutes(15)
        assert len(overview.outdated) == 1_600
        assert [alarm.id for alarm in overview.alarms] == ["own-cpu"]


async def test_what_is_read_seldom_is_outdated_when_it_is_overdue(empty_aws):
    add(empty_aws, *names(400), "own-cpu")
    async with watched(empty_aws, "own-cpu") as console:
        await console.whole()
        empty_aws.clock.advance(1_190)
        console.session.refuses = lambda params: "AlarmNamePrefix" in params
        console.watch.refresh()
        console.session.refuses = lambda params: not {"AlarmNames", "StateValue"} & set(params)
        empty_aws.clock.advance(20)
        assert len((await console.once()).outdated) == 400


async def test_composites_are_read_each_minute_where_the_runbooks_alarms_need_them(empty_aws):
    add(empty_aws, *names(400))
    add(empty_aws, "own-cpu", AlarmActions=[])
    at = empty_aws.clock.now()
    parent = empty_aws.world.alarms.put(
        "CompositeAlarm",
        {"AlarmName": "all", "AlarmRule": 'ALARM("own-cpu")', "AlarmActions": ["arn:aws:sns:r:1:ops"]},
        at=at,
    )
    parent.state = State.OK
    async with watched(empty_aws, "own-cpu") as console:
        overview = await console.once()
        assert overview.by_id["own-cpu"].hearing is Hearing.COMPOSITE
        parent.settings["ActionsEnabled"] = False
        overview = await console.minutes(1)
        assert overview.by_id["own-cpu"].hearing is Hearing.NOBODY
        assert judge(overview) is ExitStatus.ATTENTION


async def test_mute_rules_are_read_every_five_minutes_when_an_alarm_turns_and_when_asked(empty_aws):
    for count in (10, 400):
        add(empty_aws, *names(count))
        async with watched(empty_aws) as console:
            await console.whole()
            with requests(empty_aws) as sent:
                await console.minutes(4)
            assert sent["ListAlarmMuteRules"] == 0
            with requests(empty_aws) as sent:
                await console.minutes(1)
            assert sent["ListAlarmMuteRules"] == 1
            for state in (State.ALARM, State.OK):
                turn(empty_aws, names(1)[0], state)
                with requests(empty_aws) as sent:
                    await console.minutes(1)
                assert sent["ListAlarmMuteRules"] == 1, state
            console.watch.refresh()
            with requests(empty_aws) as sent:
                await console.minutes(2)
            assert sent["ListAlarmMuteRules"] == 1


@pytest.mark.slow
async def test_a_list_that_fails_does_not_delay_what_fires(empty_aws):
    # Each request that AWS does not answer takes half a minute with its retries.
    add(empty_aws, *MANY, "own-cpu")
    async with watched(empty_aws, "own-cpu") as console:
        await console.whole()
        console.session.refuses = lambda params: "AlarmNamePrefix" in params
        empty_aws.clock.advance(600)
        assert "own-cpu" in (await console.once()).by_id
        for _minute in range(3):
            refused = console.session.refused
            empty_aws.clock.advance(60)
            overview = await console.whole()
            assert 0 < console.session.refused - refused <= watch.LANES
        assert overview.outdated
        console.session.refuses = lambda params: params.get("AlarmNamePrefix", "").startswith("c")
        overview = await console.minutes(8)
        assert {alarm.id[0] for alarm in overview.outdated} == {"c"}, "the other parts are read nevertheless"


async def test_an_account_that_was_small_for_a_while_is_listed_anew(empty_aws):
    add(empty_aws, *names(400), "own-cpu")
    async with watched(empty_aws, "own-cpu") as console:
        assert (await console.whole()).is_whole
        for name in names(400)[150:]:
            del empty_aws.world.alarms.alarms[REGION, name]
        console.watch.refresh()
        assert len((await console.whole()).alarms) == 151
        assert (await console.minutes(1)).listed_at is None, "it is small now"
        for name in names(400)[140:150]:
            del empty_aws.world.alarms.alarms[REGION, name]
        add(empty_aws, *(f"z-{name}" for name in names(400)))
        empty_aws.clock.advance(60)
        overview = await console.once()
        assert overview.unlisted, "the rest has not been read"
        assert not overview.by_id.keys() & set(names(400)[140:150]), "what was deleted meanwhile"
        assert len((await console.whole()).alarms) == 541


async def test_whether_a_composite_notifies_for_an_alarm_takes_no_request(empty_aws):
    add(empty_aws, *names(400), "own-cpu")
    add(empty_aws, "child", "orphan", AlarmActions=[])
    async with watched(empty_aws, "own-cpu") as console:
        overview = await console.whole()
        assert overview.by_id["orphan"].hearing is Hearing.NOBODY, "there is no composite alarm"
        at = empty_aws.clock.now()
        parent = {"AlarmName": "all", "AlarmRule": 'ALARM("child")', "AlarmActions": ["arn:aws:sns:r:1:ops"]}
        empty_aws.world.alarms.put("CompositeAlarm", parent, at=at).state = State.OK
        console.watch.refresh()
        overview = await console.whole()
        before = overview.by_id["child"]
        assert before.hearing is Hearing.COMPOSITE
        assert overview.by_id["orphan"].hearing is Hearing.NOBODY
        with requests(empty_aws) as sent:
            overview = await console.minutes(1)
        assert sent["DescribeAlarms"] == 3
        assert overview.by_id["child"] is before, "what is shown is compared by identity"
        for state in (State.ALARM, State.OK):
            turn(empty_aws, "child", state)
            assert (await console.minutes(2)).by_id["child"].hearing is Hearing.COMPOSITE
