"""A later reading keeps what an earlier one had of what AWS forgets or pages away."""

from services.incidents.live import with_captured
from services.models.first_wave import LogEntry, LogSample, StoppedTask
from tests.widgets import incident_data as data


def sample(*minutes: int, is_whole: bool = True) -> LogSample:
    whole = data.evidence().database_lines
    assert whole is not None
    lines = tuple(LogEntry(at=data.minutes(at), stream="s", text=f"line {at}") for at in minutes)
    return whole.model_copy(update={"lines": lines, "is_whole": is_whole})


def test_lines_and_stopped_tasks_never_disappear() -> None:
    task = StoppedTask(id="t1", definition="api:1")
    captured = data.evidence().model_copy(
        update={"database_lines": sample(1, 2), "stopped_tasks": (task,), "application_errors": sample(5)}
    )
    live = data.evidence().model_copy(
        update={
            "database_lines": sample(2, 3, is_whole=False),
            "stopped_tasks": (),
            "application_errors": None,
        }
    )
    both = with_captured(live, captured)
    assert both.database_lines is not None
    assert [line.text for line in both.database_lines.lines] == ["line 1", "line 2", "line 3"]
    assert not both.database_lines.is_whole
    assert both.stopped_tasks == (task,)
    assert both.application_errors == captured.application_errors
    assert both.ended == live.ended
