"""moto has no GetCalendarState. Source: GetCalendarState (Systems Manager API reference)."""

from typing import Any, Literal

from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op


class ChangeCalendarStore:
    """The state of each calendar by name; a world begins without any."""

    def __init__(self) -> None:
        self.states: dict[str, Literal["OPEN", "CLOSED"]] = {}


@op("ssm", "GetCalendarState")
def get_calendar_state(call: Call) -> dict[str, Any]:
    states = call.component(ChangeCalendarStore).states
    names = [name.rpartition("/")[2] for name in call.params["CalendarNames"]]
    if any(name not in states for name in names):
        raise AwsErrorResponse("InvalidDocument", "Document with name does not exist.")
    is_open = all(states[name] == "OPEN" for name in names)
    at = call.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"State": "OPEN" if is_open else "CLOSED", "AtTime": at}
