"""The tool for the causes of an alarm: what `toban assess --json` prints."""

from pydantic import Field

from services.i18n import N_
from services.models.assess_answer import AssessAnswer
from services.toml.grammar import schema
from tui.cli.assess import answer_about
from tui.cli.mcp.connection import metered, reads_only
from tui.cli.mcp.tool import Arguments, Caller, Json, Tool


class AssessArguments(Arguments):
    """Which alarm."""

    alarm: str = Field(min_length=1, max_length=255)
    """The exact name of an alarm."""


async def _assess(caller: Caller, arguments: AssessArguments) -> Json:
    async with metered(caller, reads_only) as services:
        answer = await answer_about(services, arguments.alarm, private=False)
    return answer.model_dump(mode="json", by_alias=True)


ASSESS = Tool(
    name="assess_alarm",
    title=N_("Causes of an alarm"),
    text=N_(
        "Reads what AWS knows about an alarm now and weighs the causes by fixed rules: score, what speaks for and against "
        "each, what could not be seen, what to do first. Nothing is recorded."
    ),
    arguments=AssessArguments,
    output=lambda: schema(AssessAnswer),
    call=_assess,
    examples={"alarm": lambda runbook: [str(alarm.name) for alarm in runbook.alarms]},
)
