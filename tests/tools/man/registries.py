"""The parts of a man page that the registries fill, as lines of roff in the current language."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from services import i18n
from services.i18n import _
from tests.tools.man.roff import bold, entry, escaped, heading, italic, paragraphs
from tui.cli.click_i18n import Formatter, TranslatedGroup
from tui.cli.main import build
from tui.cli.printing import PrintedOutput
from tui.cli.shared_options import all_option, system_option
from tui.commands import COMMANDS
from tui.exit_status import MEANINGS
from tui.modes import ALL_MODES
from tui.startup.config_reader import settings
from widgets.frame.key_names import key_names

TEXTS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


def text(table: Mapping[str, str]) -> str:
    """A text of `TEXTS` in the current language."""
    return table[i18n.language()]


def word(name: str) -> str:
    """A word of `TEXTS` in the current language."""
    return text(TEXTS["words"][name])


def root() -> tuple[click.Group, click.Context]:
    """The command `toban` with its help in the current language."""
    group = build(PrintedOutput(outline_drawn=False))
    return group, click.Context(group, info_name="toban")


def root_options() -> Iterator[str]:
    """The options of `toban` itself, and those that most commands share."""
    group, context = root()
    for option in [*_options(group), system_option(), all_option(), group.get_help_option(context)]:
        if option is not None:
            yield from _option(option, context)


def commands() -> Iterator[str]:
    """Every command with its help and its own options; what many share is only named."""
    group, context = root()
    shared = {_identity(option) for option in [*_options(group), system_option(), all_option()]}
    for command, inner in _below(group, context):
        pieces = [] if isinstance(command, TranslatedGroup) else command.collect_usage_pieces(inner)
        yield heading(
            "SS",
            " ".join([inner.command_path, *(each for each in pieces if each != command.options_metavar)]),
        )
        yield from paragraphs(command.help or "")
        for title, rows in _further_sections(command, inner):
            yield ".PP"
            yield f"{escaped(title)}:"
            for name, about in rows:
                yield from entry(bold(name), about)
        options = list(_options(command))
        for option in options:
            if _identity(option) not in shared:
                yield from _option(option, inner)
        names = [option.opts[0] for option in options if _identity(option) in shared]
        if names:
            yield ".PP"
            yield f"{escaped(word('also'))} {', '.join(map(bold, names))}"


def _below(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Each command of a group that is run, and those of the groups in it."""
    for name, command in sorted(group.commands.items()):
        inner = click.Context(command, info_name=name, parent=context)
        yield command, inner
        if isinstance(command, TranslatedGroup):
            yield from _below(command, inner)


class _Sections(Formatter):
    """Takes down the sections of a command's help instead of laying them out."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, list[tuple[str, str]]] = {}

    def write_heading(self, heading: str) -> None:
        self._title = heading
        self.rows[heading] = []

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        self.rows[self._title] += rows


def _further_sections(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What the help lists beside options and commands, such as the policies."""
    sections = _Sections()
    command.format_options(context, sections)
    usual = {"Options", "Commands", "Positional arguments"}
    yield from ((title, rows) for title, rows in sections.rows.items() if title not in usual)


def _options(command: click.Command) -> Iterator[click.Option]:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield parameter


def _identity(option: click.Option) -> tuple[str, str | None]:
    return option.opts[0], option.help


def _option(option: click.Option, context: click.Context) -> Iterator[str]:
    names = ", ".join(bold(name) for name in sorted(option.opts, key=len))
    value = "" if option.is_flag else f" {italic(option.make_metavar(context).strip('[]'))}"
    more = " …" if option.multiple else ""
    yield from entry(
        names + value + more, f"{option.help or ''} {_('[required]') if option.required else ''}"
    )


def keys() -> Iterator[str]:
    """The keys of the screens by mode; the console's own first."""
    yield from paragraphs(text(TEXTS["keys"]))
    yield heading("SS", word("everywhere"))
    for mode in ALL_MODES:
        yield from entry(bold(mode.key), f"{_(mode.title)}: {_(mode.help)}")
    scopes = ["app", *(mode.id for mode in ALL_MODES)]
    titles = {mode.id: _(mode.title) for mode in ALL_MODES}
    for scope in scopes:
        bound = [command for command in COMMANDS if command.scope == scope and command.key]
        if bound and scope in titles:
            yield heading("SS", titles[scope])
        keys_by_help: dict[str, list[str]] = {}
        for command in bound:
            keys_by_help.setdefault(_(command.help), []).extend(key_names(command.key))
        for about, names in keys_by_help.items():
            yield from entry(", ".join(map(bold, names)), about)


def statuses() -> Iterator[str]:
    """The exit statuses."""
    yield from paragraphs(text(TEXTS["statuses"]))
    for status, meaning in MEANINGS.items():
        yield from entry(bold(str(int(status))), _(meaning))


def environment() -> Iterator[str]:
    """The environment variables: settings first, then credentials, AWS's and the system's."""
    for group, entries in TEXTS["environment"].items():
        yield heading("SS", word(group))
        if group == "settings":
            yield from _settings()
        for variable in entries:
            yield from entry(", ".join(map(bold, variable["names"])), text(variable))


def _settings() -> Iterator[str]:
    for setting in settings():
        if not setting.variable:
            continue
        about = TEXTS["settings"][setting.key] if i18n.language() == "ja" else setting.text
        value = str(setting.default).lower() if isinstance(setting.default, bool) else setting.default
        default = "" if value in (None, "", ()) else word("default").format(value=f"`{value}`")
        gap = "" if i18n.language() == "ja" else " "
        yield from entry(bold(setting.variable), about + gap + default)
