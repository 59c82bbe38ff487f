from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from services.aws.ecs.parsing import container_service
from services.changes.ecs_scaling.rollout import bounds, is_stuck
from services.demo.ecs.handlers import describe
from services.demo.ecs.model import Service
from services.demo.ecs.records import DRAIN, HEALTHY, START

STEPS = st.lists(
    st.tuples(st.sampled_from(["want", "deploy", "wait"]), st.integers(0, 8), st.floats(0, 200)), max_size=12
)


@given(STEPS)
def test_a_service_always_settles_at_what_is_wanted(steps):
    service = Service("s", "c", "d:1", 2, 0.0, Random(1), target_group="arn:tg")
    now = 0.0
    for number, (what, count, wait) in enumerate(steps):
        if what == "want":
            service.set_desired(count, now)
        elif what == "deploy":
            service.deploy(f"d:{number + 2}", now)
        now += wait
        service.advance(now)
        assert service.running(now) >= 0
        assert len(service.alive(now)) >= service.desired
    for _ in range(4):
        now += START + HEALTHY + DRAIN
        service.advance(now)
    assert service.running(now) == service.desired
    assert service.pending(now) == 0
    assert [each.completed for each in service.deployments] == [True]
    times = [at for at, _, _ in service.events]
    assert times == sorted(times, reverse=True)
    assert "steady state" in service.events[0][2]


@given(st.integers(1, 8), st.integers(0, 100), st.integers(100, 250), st.sampled_from(["ROLLING", "CANARY"]))
@example(1, 100, 150, "ROLLING")
@example(3, 0, 100, "ROLLING")
def test_a_deployment_obeys_its_configuration_as_the_console_reads_it(desired, minimum, maximum, strategy):
    service = Service("s", "c", "d:1", desired, 0.0, Random(1))
    service.configuration = {
        "minimumHealthyPercent": minimum, "maximumPercent": maximum, "strategy": strategy,
    }  # fmt: skip
    for now in range(0, 300, 5):
        service.advance(float(now))
    service.deploy("d:2", 300.0)
    row = describe(service, 300.0)
    read = container_service(row, "c")
    least, most = bounds(read) or (0, 0)
    for now in range(300, 300 + desired * 150, 5):
        service.advance(float(now))
        alive = service.alive(float(now))
        assert sum(task.healthy_at <= now for task in alive) >= least
        assert len(alive) <= max(most, desired)
    ended = all(task.definition == "d:2" for task in service.alive(1e6))
    assert ended is not is_stuck(read)
    stuck = [text for _at, _id, text in service.events if "unable to stop or start tasks" in text]
    assert bool(stuck) is is_stuck(read)


def test_a_full_list_of_events_loses_its_oldest():
    service = Service("s", "c", "d:1", 1, 0.0, Random(1))
    for at in range(200):
        service.add_event(float(at), "news")
        service.add_event(float(at) - 0.5, "late news")
    times = [at for at, _, _ in service.events]
    assert len(times) == 100
    assert times == sorted(times, reverse=True)
    assert times[0] == 199.0


@given(st.integers(1, 8))
def test_a_deployment_never_takes_capacity_away(count):
    service = Service("s", "c", "d:1", count, 0.0, Random(1))
    service.advance(200.0)
    service.advance(200.0)
    service.deploy("d:2", 300.0)
    for second in range(300, 600, 5):
        service.advance(float(second))
        assert len(service.serving(float(second))) >= count
    assert {task.definition for task in service.alive(600.0)} == {"d:2"}
