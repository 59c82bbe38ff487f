from services.models.base import Clean, Model, RawId


class Variable(str):
    """A shell variable in place of a value: an earlier command stores it, or the command is repeated for its
    values. Between NUL characters, which no argument can contain."""

    __slots__ = ()

    def __new__(cls, name: str) -> "Variable":
        return super().__new__(cls, f"\0{name}\0")


class CliCommand(Model):
    """One `aws` command, independent of profile and endpoint."""

    service: str
    """As the AWS CLI names it: `logs`, `s3`."""
    verb: str
    """The operation: `describe-alarms`, `tail`."""
    arguments: tuple[RawId, ...] = ()
    """Flags and values as the program receives them, unquoted; some may be or contain a Variable."""
    region: str = ""
    """Region to send it to; "" for the system's own."""
    query: str = ""
    """What to print of the response (`--query`); "" for all of it."""
    output: str = ""
    """`table` or `text`; "" for the CLI's default."""
    stores: str = ""
    """Shell variable that takes the output; "" prints it."""
    repeats: tuple[str, tuple[RawId, ...]] = ("", ())
    """A shell variable and its values: the command is sent for each of them; "" for once."""
    purpose: Clean
    """What it reads or does, and what a normal response looks like."""
    traps: tuple[Clean, ...] = ()
    """How the same is easily written wrong, and what happens then."""
    writes: bool = False
    """Whether it changes AWS."""


class CommandSheet(Model):
    title: Clean
    """What they are about."""
    commands: tuple[CliCommand, ...]


class ShellLine(Model):
    words: tuple[str, ...]
    """Its quoted words, without control or invisible characters."""
    purpose: Clean
    traps: tuple[Clean, ...] = ()
    writes: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.words)
