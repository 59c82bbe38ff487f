from services.dashboards.evaluation import refreshed
from services.models.alarms import AlarmOverview, AlarmState
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tests.services.aws.canned import failure
from tests.services.dashboards.dashboard_world import ARN, alarm, data, reader


async def test_alarm_widgets_show_their_alarms_and_those_that_are_missing():
    gone = ARN.replace(":cpu", ":gone")
    every = {"type": "alarm", "properties": {"alarms": [ARN, gone]}}
    chosen = {"type": "alarm", "properties": {"alarms": [ARN, gone], "states": ["OK"]}}
    world, dashboard = reader(every, chosen, alarms={ARN: alarm()})
    first, second = await data(dashboard)
    assert [(each.id, each.state) for each in first.alarms] == [
        ("cpu", AlarmState.ALARM),
        ("gone", AlarmState.MISSING),
    ]
    assert [each.id for each in second.alarms] == ["gone"], "a missing alarm passes every choice"
    assert world.arns == [[ARN, gone]]


async def test_given_alarms_save_the_request():
    world, dashboard = reader({"type": "alarm", "properties": {"alarms": [ARN]}})
    (widget_data,) = await data(dashboard, board=AlarmOverview(alarms=(alarm(),)))
    assert [each.id for each in widget_data.alarms] == ["cpu"]
    assert world.arns == []


async def test_alarms_that_cannot_be_read_are_not_missing():
    world, dashboard = reader({"type": "alarm", "properties": {"alarms": [ARN]}}, alarms={ARN: alarm()})
    world.alarm_error = failure(ProblemKind.ACCESS_DENIED, "no permission")
    (widget_data,) = await data(dashboard)
    assert (widget_data.alarms, widget_data.problem) == ((), "no permission")
    world.alarm_error = None
    await dashboard.read()
    world.alarm_error = failure(ProblemKind.THROTTLED, "slow down")
    (widget_data,) = await data(dashboard)
    assert ([each.id for each in widget_data.alarms], widget_data.problem) == (["cpu"], "slow down")


async def test_an_alarm_in_the_place_of_metrics_draws_its_metric_and_threshold():
    world, dashboard = reader(
        {"type": "metric", "properties": {"annotations": {"alarms": [ARN]}}}, alarms={ARN: alarm()}
    )
    view = await dashboard.read()
    (widget_data,) = view.data
    assert widget_data.series[0].label == "CPU"
    assert widget_data.readings[0].verdict is Verdict.NORMAL
    assert [each.id for each in widget_data.alarms] == ["cpu"]
    ((_queries, _span, region),) = world.calls
    assert region == "us-east-1", "the alarm's own region"
    (drawn,) = view.dashboard.widgets
    assert [line.value for line in drawn.lines] == [70.0]


async def test_a_view_takes_its_alarm_states_from_newer_alarms():
    _world, reader_ = reader({"type": "alarm", "properties": {"alarms": [ARN]}}, alarms={ARN: alarm()})
    view = await reader_.read()
    now_ok = alarm().model_copy(update={"state": AlarmState.OK})
    assert refreshed(view, AlarmOverview(alarms=(now_ok,))).data[0].alarms[0].state is AlarmState.OK
    assert refreshed(view, AlarmOverview(alarms=(alarm(),))) is view, "nothing new, nothing drawn"
    assert refreshed(view, AlarmOverview()) is view
