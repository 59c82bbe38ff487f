"""`toban doctor`: checks this machine, the settings, AWS and the journal, each with a remedy; nothing is
written. Exit status: 0 all is well, 1 attention, 2 abnormal, 3 something could not be checked, 64 usage
error. Errors in the configuration and the runbook are results here: status 2. `--json` prints
`services.models.doctor_answer`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from services.i18n import _
from tui.cli.click_i18n import Prints, TranslatedCommand, answered
from tui.cli.printing import json_lines
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions


def doctor_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    def callback(*, as_json: bool, schema: bool, no_aws: bool, **flags: Any) -> int:
        if schema:
            output.hand_over(_schema())
            return ExitStatus.NORMAL
        options = replace(before(), **{key: value for key, value in flags.items() if value is not None})
        return answered(output, lambda: _answer(options, as_json, no_aws), data=as_json)

    return TranslatedCommand(
        "doctor",
        callback=callback,
        help=_(
            "Check this machine, the settings, AWS and the journal.\n\nNothing is written. Each check that fails says what "
            "to do. Exit status: 0 all is well, 1 attention, 2 abnormal, 3 something could not be checked."
        ),
        params=[
            click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON.")),
            click.Option(["--schema"], is_flag=True, help=_("Print what the fields of the JSON mean.")),
            click.Option(["--no-aws"], is_flag=True, help=_("Send nothing to AWS.")),
            *shared,
        ],
    )


def _answer(options: StartOptions, as_json: bool, no_aws: bool) -> tuple[list[str], int]:
    from tui.cli.doctor.running import run
    from tui.cli.doctor.text import lines

    answer = run(options, no_aws=no_aws)
    printed = [answer.model_dump_json(indent=2)] if as_json else list(lines(answer))
    return printed, answer.status


def _schema() -> list[str]:
    from services.models.doctor_answer import DoctorAnswer
    from services.toml.grammar import schema

    return json_lines(schema(DoctorAnswer))
