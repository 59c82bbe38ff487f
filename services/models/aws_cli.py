"""Commands of the AWS CLI that do by hand what the console does.

Source: AWS CLI user guide; `services.aws_cli` makes them.
"""

from services.models.base import Clean, Model, RawId


class CliCommand(Model):
    """One `aws` command, independent of profile and endpoint."""

    service: str
    """As the AWS CLI names it: `logs`, `s3`."""
    verb: str
    """The operation: `describe-alarms`, `tail`."""
    arguments: tuple[RawId, ...] = ()
    """Flags and values as the program receives them, unquoted."""
    region: str = ""
    """Region to send it to; "" for the system's own."""
    query: str = ""
    """What to print of the response (`--query`); "" for all of it."""
    output: str = ""
    """`table` or `text`; "" for the CLI's default."""
    stores: str = ""
    """Shell variable that takes the output; "" prints it."""
    uses: str = ""
    """Shell variable whose value is the last argument; "" for none. An earlier command stores it."""
    purpose: Clean
    """What it reads or does, and what a normal response looks like."""
    traps: tuple[Clean, ...] = ()
    """How the same is easily written wrong, and what happens then."""
    writes: bool = False
    """Whether it changes AWS."""


class CommandSheet(Model):
    """The commands that do what one screen shows."""

    title: Clean
    """What they are about."""
    commands: tuple[CliCommand, ...]


class ShellLine(Model):
    """A command as one line for a shell, safe to paste."""

    words: tuple[str, ...]
    """Its quoted words, without control or invisible characters."""
    purpose: Clean
    traps: tuple[Clean, ...] = ()
    writes: bool = False

    @property
    def text(self) -> str:
        """The line to paste."""
        return " ".join(self.words)
