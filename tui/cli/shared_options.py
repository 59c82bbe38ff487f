import click

from services.host.regular_files import named
from services.i18n import _
from services.models.text import clean
from tui.cli.click_i18n import FileOption, TranslatedChoice
from tui.cli.printing import show as show_text
from tui.cli.version import version_text
from tui.modes import MODES
from tui.runtime import debug_log
from tui.start_options import LANGUAGES, THEMES
from tui.terminal.cells.line_speed import LINKS


def _use_debug_log(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if name is not None:
        try:
            debug_log.begin(named(name))
        except OSError as error:
            raise click.BadParameter(f"{clean(name)}: {error.strerror}") from error
    return name


def read_options() -> list[click.Parameter]:
    return [
        FileOption("--runbook", metavar="FILE|NAME", help=_("Runbook of the system")),
        click.Option(["--lang"], type=TranslatedChoice(LANGUAGES), help=_("Language of the screen")),
        FileOption("--config", help=_("Configuration file instead of the default one")),
        FileOption(
            "--debug",
            callback=_use_debug_log,
            help=_("File for tracebacks of internal errors instead of the default one"),
        ),
    ]


def system_option() -> click.Option:
    return click.Option(
        ["--system"], metavar="ID", help=_("One of the configured systems; default: the first")
    )


def all_option() -> click.Option:
    return click.Option(
        ["--all", "every"], is_flag=True, help=_("Every configured system, one after another.")
    )


def start_options() -> list[click.Parameter]:
    return [
        *read_options(),
        click.Option(
            ["--theme"], type=TranslatedChoice(THEMES), help=_("Colour theme; 16: the terminal's own colours")
        ),
        click.Option(
            ["--link"],
            type=TranslatedChoice(LINKS),
            help=_("Connection speed; slow: fewer frames, auto: measured"),
        ),
        click.Option(["--read-only"], is_flag=True, default=None, help=_("Disable all changes.")),
        FileOption("--journal", help=_("Journal file; a demo creates its own")),
        click.Option(["--mode"], type=TranslatedChoice([mode.id for mode in MODES]), help=_("First screen")),
    ]


def aws_options() -> list[click.Parameter]:
    return [
        click.Option(["--profile"], metavar="NAME", help=_("AWS profile")),
        click.Option(
            ["--region"], metavar="REGION", help=_("AWS region; one that is not the runbook's is refused")
        ),
        click.Option(["--endpoint-url"], metavar="URL", help=_("AWS endpoint to use instead of the default")),
        click.Option(["--role-arn"], metavar="ARN", help=_("Role to assume for reading")),
    ]


def without_aws() -> str:
    """For the help of a command that has `aws_options` only because the others do."""
    return "\n\n" + _(
        "Reads nothing from AWS but a shared journal, as its address says; the AWS options are accepted as by other commands."
    )


def version_option() -> click.Parameter:
    def show(context: click.Context, _option: click.Parameter, is_set: bool) -> None:
        if is_set:
            show_text(version_text())
            context.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help=_("Show the version."),
    )
