"""The tool for the alarms' states: what `toban alarms --json` prints."""

from services.i18n import N_
from services.models.alarms_answer import AlarmsAnswer
from services.toml.grammar import schema
from tui.cli.mcp.connection import metered
from tui.cli.mcp.tool import Arguments, Caller, Json, Tool
from tui.cli.reads import alarms
from tui.startup.reading import connected


class AlarmsArguments(Arguments):
    """No arguments."""


async def _states(caller: Caller, _arguments: AlarmsArguments) -> Json:
    async with metered(caller, connected) as services:
        data = (await alarms(services)).data
    assert isinstance(data, dict)
    return data


ALARMS = Tool(
    name="list_alarms",
    title=N_("State of every alarm"),
    text=N_(
        "The state of every alarm now, since when, AWS's reason, and whether anybody is notified. AWS is read once."
    ),
    arguments=AlarmsArguments,
    output=lambda: schema(AlarmsAnswer),
    call=_states,
)
