from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.changes.deploy_rollback.deploy_rollback_change import title
from services.changes.deploy_rollback.state import RollbackState, Way
from services.changes.deploy_rollback.warnings import warnings
from services.models.base import RawId
from services.models.ecs import ContainerService
from services.models.ecs_deployments import LifecycleHook, ServiceDeployment, ServiceRevision

NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)


class Story:
    def __init__(self):
        self.deployments: list[ServiceDeployment] = []
        self.revisions: dict[RawId, ServiceRevision] = {}
        self.running = self._revision(41)

    def _revision(self, number):
        revision = ServiceRevision(
            id=RawId(f"arn:rev/{len(self.revisions)}"), task_definition=RawId(f"api:{number}")
        )
        self.revisions[revision.id] = revision
        return revision

    def deploy(self, number, status="SUCCESSFUL", **more):
        target = self._revision(number)
        deployment = ServiceDeployment(
            id=RawId(f"arn:dep/{len(self.deployments)}"),
            status=status,
            sources=(self.running.id,),
            target=target.id,
            created=NOW + timedelta(minutes=len(self.deployments)),
            **more,
        )
        self.deployments.insert(0, deployment)
        if status == "SUCCESSFUL":
            self.running = target
        return self

    @property
    def state(self):
        service = ContainerService(
            id=RawId("s"),
            name="s",
            cluster="c",
            status="ACTIVE",
            task_definition=self.running.task_definition,
        )
        return RollbackState(NOW, service, tuple(self.deployments), self.revisions)


@pytest.mark.parametrize(
    ("story", "previous", "second"),
    [
        (Story(), "", False),
        (Story().deploy(42), "api:41", False),
        (Story().deploy(42).deploy(42), "api:41", False),
        (Story().deploy(42).deploy(43).deploy(42), "", True),
        (Story().deploy(42).deploy(43, "ROLLBACK_SUCCESSFUL"), "api:41", True),
        (Story().deploy(42).deploy(43, "ROLLBACK_FAILED"), "api:41", True),
        (Story().deploy(42).deploy(43).deploy(42).deploy(44), "api:42", False),
        (Story().deploy(42).deploy(43).deploy(42).deploy(43), "api:42", False),
        (Story().deploy(42).deploy(43, "STOPPED"), "api:41", False),
    ],
)
def test_the_previous_revision_is_what_the_newest_release_replaced(story, previous, second):
    assert (story.state.previous, story.state.is_second) == (previous, second)
    assert story.state.way is Way.DEPLOY


@pytest.mark.parametrize(
    ("story", "bad"),
    [
        (Story().deploy(42).deploy(43), ()),
        (Story().deploy(42).deploy(43).deploy(42), (43,)),
        (Story().deploy(42).deploy(43, "ROLLBACK_SUCCESSFUL"), (43,)),
        (Story().deploy(42).deploy(43).deploy(42).deploy(44), (43,)),
        (Story().deploy(42).deploy(43).deploy(42).deploy(43), (43,)),
        (Story().deploy(42).deploy(43).deploy(42).deploy(41), (42,)),
    ],
)
def test_what_the_newest_rollback_replaced_is_the_release_that_was_rolled_back(story, bad):
    names = [RawId(f"api:{number}") for number in range(41, 45)]
    rolled_back = [name for name in names if story.state.rollback_of(name) is not None]
    assert rolled_back == [f"api:{number}" for number in bad]


@given(st.integers(42, 46), st.integers(41, 47))
def test_only_an_older_revision_is_rolled_back_to(current, after):
    state, name = Story().deploy(current).state, RawId(f"api:{after}")
    assert state.goes_forward(name) is (after > current)
    assert title(state, name).startswith("Go forward" if after > current else "Roll back")
    text = " ".join(each.text for each in warnings(state, name, UTC))
    assert ("newer revision again" in text) is (after <= current)
    assert "further" not in text


@given(st.lists(st.tuples(st.integers(42, 46), st.booleans()), max_size=8))
def test_pressed_twice_it_never_brings_the_bad_one_back(releases):
    story = Story()
    for number, worked in sorted(releases):
        story.deploy(number, "SUCCESSFUL" if worked else "ROLLBACK_SUCCESSFUL")
    bad = story.running.task_definition
    for _press in range(3):
        previous = story.state.previous
        if not previous:
            break
        assert previous not in (bad, story.running.task_definition)
        story.deploy(int(previous.rpartition(":")[2]))


def test_a_deployment_in_progress_returns_to_what_the_last_successful_one_deployed():
    story = Story().deploy(42).deploy(43, "IN_PROGRESS")
    assert (story.state.way, story.state.current, story.state.previous) == (Way.STOP, "api:43", "api:42")
    hook = LifecycleHook(id=RawId("h"), status="AWAITING_ACTION")
    paused = Story().deploy(42).deploy(43, "IN_PROGRESS", hooks=(hook,))
    assert paused.state.way is Way.HOOK
    # A deployment that replaced another one in progress has several sources.
    several = Story().deploy(42).deploy(43, "STOPPED").deploy(44, "IN_PROGRESS")
    sources = (several.deployments[1].target, several.deployments[0].sources[0])
    newest = several.deployments[0].model_copy(update={"sources": sources})
    state = replace(several.state, deployments=(newest, *several.deployments[1:]))
    assert state.previous == "api:42"


def test_revisions_that_ecs_does_not_describe_give_no_previous_one():
    story = Story().deploy(42)
    assert replace(story.state, revisions={}).previous == ""
