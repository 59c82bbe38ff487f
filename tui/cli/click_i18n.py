"""Click in the console's own language: its headings, its errors, and choices that suggest the one meant.

Click translates through the process-wide gettext domain, which belongs to nobody in particular; this says
the few sentences it has itself.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import click

from services.i18n import _
from services.models.text import clean
from services.toml import mistakes as words
from tui.cli.printing import show
from tui.options import StartError


class Prints(Protocol):
    """Where the lines go."""

    def say(self, lines: Iterable[str], *, error: bool = False) -> None:
        """Print them."""
        ...

    def hand_over(self, lines: Iterable[str]) -> None:
        """Print what a file or a program takes, as UTF-8."""
        ...


def answered(output: Prints, ask: Callable[[], tuple[Iterable[str], int]], *, data: bool = False) -> int:
    """Print what `ask` answers and give its status; where the console cannot start, why, and that status.

    `data`: a program reads it.
    """
    try:
        lines, status = ask()
    except StartError as error:
        output.say([str(error)], error=True)
        return error.status
    (output.hand_over if data else output.say)(lines)
    return status


class Formatter(click.HelpFormatter):
    """Help with translated headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The first line."""
        super().write_usage(prog, args, prefix or _("Usage:") + " ")

    def write_heading(self, heading: str) -> None:
        """`Options`, `Commands`, `Positional arguments`."""
        known = {"Options": _("Options"), "Commands": _("Commands"), "Positional arguments": _("Arguments")}
        super().write_heading(known.get(heading, heading))


class Context(click.Context):
    """Uses our formatter."""

    formatter_class = Formatter


def _show_help(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        show(context.get_help())
        context.exit()


class Command(click.Command):
    """A command in our language."""

    context_class = Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, translated."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _("Show this help.")
            option.callback = _show_help
        return option


class Group(Command, click.Group):
    """A group of commands in our language."""

    command_class = Command
    group_class = type


class Choice(click.Choice[str]):
    """One of several names; a wrong one is answered with the one meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Names what exists."""
        return words.unknown(clean(value), [str(each) for each in self.choices])


class Named(click.ParamType[str]):
    """One of several names that are looked up only when one is given."""

    name = "name"

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self.names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """A name that exists; fails with the one meant."""
        known = list(self.names())
        if value not in known:
            self.fail(words.unknown(clean(value), known), param, ctx)
        return str(value)


class Speed(click.ParamType[float]):
    """How fast the demo's clock runs."""

    name = "number"
    lowest, highest = 0.1, 600.0

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """A number within the bounds; fails with both of them."""
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not self.lowest <= speed <= self.highest:
            bounds = _("must be a number from {low} to {high}").format(
                low=f"{self.lowest:g}", high=f"{self.highest:g}"
            )
            self.fail(bounds, param, ctx)
        return speed


class Moment(click.ParamType[datetime]):
    """The demo's first moment, in Japan's time."""

    name = "moment"
    years = range(2000, 2051)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Aware; fails with an example."""
        example = _('must be a date and time in Japan from 2000 to 2050, such as "2026-04-01 08:55"')
        try:
            moment = datetime.strptime(str(value).strip().replace("T", " "), "%Y-%m-%d %H:%M")  # noqa: DTZ007
        except ValueError:
            self.fail(example, param, ctx)
        if moment.year not in self.years:
            self.fail(example, param, ctx)
        return moment.replace(tzinfo=ZoneInfo("Asia/Tokyo"))


def usage_error(error: click.UsageError) -> str:
    """What was wrong with the command line, and where help is; several lines."""
    command = error.ctx.command_path if error.ctx else "toban"
    said = _("Error: {message}").format(message=clean(_reason(error)))
    hint = _('Try "{command} --help".').format(command=command)
    return f"{said}\n{hint}"


def _reason(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            said, near = _("there is no option {name}").format(name=error.option_name), error.possibilities
        case click.NoSuchCommand():
            said, near = _("there is no command {name}").format(name=error.command_name), error.possibilities
        case click.MissingParameter():
            return _("{name} is missing").format(name=_hint(error))
        case click.BadParameter():
            return f"{_hint(error)}: {error.message}"
        case _:
            return error.format_message()
    return f"{said}; {words.did_you_mean(near[0])}" if near else said


def _hint(error: click.BadParameter) -> str:
    return error.param.get_error_hint(error.ctx).strip("'") if error.param is not None else ""
