from collections.abc import Iterator

import click

from tui.cli.main import build
from tui.cli.printing import PrintedOutput

OPTIONS = {"--profile", "--region", "--endpoint-url", "--role-arn"}
WITHOUT = {
    "completion": "prints a script",
    "demo": "has an AWS of its own",
    "drill score": "reads the files of a demo",
    "incident": "reads the journal's file",
    "journal": "reads ledgers, whose addresses say where they are",
    "policy": "prints what the runbook needs",
    "runbook": "reads a file",
}
"""Commands by the beginning of their names, and why they need none of these."""


def leaves(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from leaves(inner, *path, name)


def test_every_command_that_reads_aws_can_be_told_where():
    commands = dict(leaves(build(PrintedOutput(outline_drawn=False))))
    assert "duties" in commands
    for name, command in commands.items():
        own = {option for parameter in command.params for option in parameter.opts} & OPTIONS
        exempt = any(name.startswith(beginning) for beginning in WITHOUT)
        assert own == (set() if exempt else OPTIONS), name
    for beginning in WITHOUT:
        assert any(name.startswith(beginning) for name in commands), f"{beginning} is gone"
