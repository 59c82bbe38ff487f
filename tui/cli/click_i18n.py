"""Click in the console's own language: headings, error messages, and choices that suggest the nearest name.
Click translates through the process-wide gettext domain, which a library must not claim; the few sentences
that Click shows are translated here instead."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import click
from click.shell_completion import CompletionItem

from services.i18n import _
from services.models.gone import GoneKind, gone_texts
from services.models.text import clean
from services.toml import mistakes
from tui.cli.printing import show
from tui.start_options import StartError


class Prints(Protocol):
    def print_lines(self, lines: Iterable[str], *, error: bool = False) -> None: ...

    def hand_over(self, lines: Iterable[str]) -> None: ...


def answered(output: Prints, ask: Callable[[], tuple[Iterable[str], int]], *, data: bool = False) -> int:
    """Print the lines that `ask` returns and return its status; on StartError, print the reason and return
    its status. `data` says that the lines are meant for a program, not for a person."""
    try:
        lines, status = ask()
    except StartError as error:
        output.print_lines([str(error)], error=True)
        return error.status
    (output.hand_over if data else output.print_lines)(lines)
    return status


class Formatter(click.HelpFormatter):
    """Help with translated headings, measured in cells: Click counts characters, and Japanese takes two cells each."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or _("Usage:") + " ")

    def write_heading(self, heading: str) -> None:
        translations = {
            "Options": _("Options"),
            "Commands": _("Commands"),
            "Positional arguments": _("Arguments"),
        }
        super().write_heading(translations.get(heading, heading))

    def write_text(self, text: str) -> None:
        paragraphs = []
        for paragraph in text.split("\n\n"):
            lines = paragraph.strip("\n").split("\n")
            is_laid_out = lines[0].strip() == "\b"
            paragraphs.append(
                lines[1:] if is_laid_out else _wrapped(" ".join(lines), self.width - self.current_indent)
            )
        for number, lines in enumerate(paragraphs):
            self.write("\n" if number else "")
            for line in lines:
                self.write(f"{'':>{self.current_indent}}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        entries = list(rows)
        column = min(max(len(term) for term, _text in entries), col_max) + col_spacing
        indent = self.current_indent + column
        for term, text in entries:
            lines = _wrapped(of_required(text), max(self.width - indent, 10))
            self.write(f"{'':>{self.current_indent}}{term}")
            if len(term) > column - col_spacing:
                self.write(f"\n{'':>{indent}}{lines[0]}\n")
            else:
                self.write(f"{'':>{column - len(term)}}{lines[0]}\n")
            for line in lines[1:]:
                self.write(f"{'':>{indent}}{line}\n")


def of_required(text: str) -> str:
    """Click's mark of an option that must be given, in translation."""
    return text.removesuffix("[required]") + _("[required]") if text.endswith("[required]") else text


def _wrapped(text: str, width: int) -> list[str]:
    from widgets.drawing.format import wrap

    return wrap(text, width)


class Context(click.Context):
    formatter_class = Formatter


def _show_help(context: click.Context, _option: click.Parameter, is_set: bool) -> None:
    if is_set and not context.resilient_parsing:
        show(context.get_help())
        context.exit()


class TranslatedCommand(click.Command):
    context_class = Context

    def get_short_help_str(self, limit: int = 0) -> str:
        return " ".join((self.short_help or self.help or "").split("\n\n")[0].split())

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _("Show this help.")
            option.callback = _show_help
        return option


class TranslatedGroup(TranslatedCommand, click.Group):
    command_class = TranslatedCommand
    group_class = type

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Click writes three dots, which look like text that was cut.
        self.subcommand_metavar = self.subcommand_metavar.replace("...", "…")


class TranslatedChoice(click.Choice[str]):
    """One of several names; the error for a wrong one suggests the nearest."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        return mistakes.unknown_name(clean(value), [str(each) for each in self.choices])


class Named(click.ParamType[str]):
    """One of several names; the list is made only when the option is used, as making it may be slow."""

    name = "name"

    def __init__(self, names: Callable[[], Iterable[str]], listed_by: str = "") -> None:
        """`listed_by` is the command that explains every name; "": an error lists them itself."""
        self.names = names
        self.listed_by = listed_by

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        names = list(self.names())
        if value not in names:
            self.fail(self._unknown(clean(value), names), param, ctx)
        return str(value)

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]

    def _unknown(self, name: str, names: list[str]) -> str:
        if not self.listed_by or mistakes.near(name, names):
            return mistakes.unknown_name(name, names)
        listing = _("{command} lists them", command=self.listed_by)
        message = _('"{name}" does not exist', name=name)
        return f"{message}: {listing}"


class FileName(click.ParamType[str]):
    name = "text"

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        return str(value)

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


class FileOption(click.Option):
    def __init__(self, *names: str, metavar: str = "FILE", **settings: Any) -> None:
        super().__init__([*names], metavar=metavar, type=FileName(), **settings)


class Speed(click.ParamType[float]):
    name = "number"
    lowest, highest = 0.1, 600.0

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not self.lowest <= speed <= self.highest:
            bounds = _(
                "must be a number from {low} to {high}", low=f"{self.lowest:g}", high=f"{self.highest:g}"
            )
            self.fail(bounds, param, ctx)
        return speed


class MomentType(click.ParamType[datetime]):
    name = "moment"
    years = range(2000, 2051)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        example = _('must be a date and time in Japan from 2000 to 2050, such as "2026-04-01 08:55"')
        try:
            moment = datetime.strptime(str(value).strip().replace("T", " "), "%Y-%m-%d %H:%M")  # noqa: DTZ007
        except ValueError:
            self.fail(example, param, ctx)
        if moment.year not in self.years:
            self.fail(example, param, ctx)
        return moment.replace(tzinfo=ZoneInfo("Asia/Tokyo"))


def usage_error(error: click.UsageError) -> str:
    """Return what is wrong with the command line and how to get help, as two lines; of a command that is gone, one sentence."""
    command = error.ctx.command_path if error.ctx else "toban"
    if isinstance(error, click.NoSuchCommand):
        name = f"{command} {error.command_name}"
        if text := gone_texts(GoneKind.COMMAND).get(name.removeprefix("toban ")):
            return f"{name}: {text}"
    message = _("Error: {message}", message=clean(_reason(error)))
    hint = _('Try "{command} --help".', command=command)
    return f"{message}\n{hint}"


def _reason(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            message, near = _("there is no option {name}", name=error.option_name), error.possibilities
        case click.NoSuchCommand():
            message, near = (_("there is no command {name}", name=error.command_name), error.possibilities)
        case click.MissingParameter():
            return _("{name} is missing", name=_hint(error))
        case click.BadParameter():
            return f"{_hint(error)}: {error.message}"
        case _:
            return error.format_message()
    return f"{message}; {mistakes.did_you_mean(near[0])}" if near else message


def _hint(error: click.BadParameter) -> str:
    return error.param.get_error_hint(error.ctx).strip("'") if error.param is not None else ""
