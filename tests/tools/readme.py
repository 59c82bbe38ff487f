"""The tables of both READMEs that the registries fill: `update` writes them, `check` fails where they differ.

    python -m tests.tools.readme update
    python -m tests.tools.readme check

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. What an inspection reads is written by a person, in
the last column of its row, and is kept; a row without it is an error.
"""

import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from services import i18n
from services.changes.registry import CHANGES
from services.demo.launch import scenarios
from services.i18n import _
from services.inspections.registry import INSPECTIONS
from services.models.runbook_playbooks import Step
from services.runbook.loader import load_builtin
from tui.cli.main import build
from tui.cli.mcp.registry import TOOLS
from tui.cli.printing import Output
from tui.commands import COMMANDS
from tui.exit_status import MEANINGS
from tui.modes import ALL_MODES
from widgets.frame.key_names import key_names

ROOT = Path(__file__).parents[2]
READMES = {"en": ROOT / "README.md", "ja": ROOT / "README.ja.md"}
MISSING = "**?**"
"""Where a description has still to be written."""
Rows = Iterator[tuple[str, ...]]
Descriptions = Mapping[str, str]
_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def inspection_rows(descriptions: Descriptions) -> Rows:
    """Id, title, and what each inspection reads."""
    for entry in INSPECTIONS:
        identifier = f"`{entry.id}`"
        yield identifier, _(entry.title), descriptions.get(identifier, MISSING)


def scenario_rows(_descriptions: Descriptions) -> Rows:
    """Name and title of each scenario of the demo, the ordinary day first."""
    for info in scenarios():
        yield f"`{info.name}`", info.title(i18n.language())


def key_rows(_descriptions: Descriptions) -> Rows:
    """Mode, keys and help of each command that has a key; the console's own first."""
    modes = {mode.id: _(mode.title) for mode in ALL_MODES}
    for mode in ALL_MODES:
        yield "", f"`{mode.key}`", f"{_(mode.title)}: {_(mode.help)}"
    for command in sorted(COMMANDS, key=lambda command: ["app", *modes].index(command.scope)):
        if command.key:
            yield modes.get(command.scope, ""), keys_text(command.key), _(command.help)


def command_rows(_descriptions: Descriptions) -> Rows:
    """Name and first sentence of each subcommand of `toban`."""
    for name, command in sorted(build(Output(outline_drawn=False)).commands.items()):
        yield f"`toban {name}`", _(command.get_short_help_str(200))


def change_rows(_descriptions: Descriptions) -> Rows:
    """Every row of the shipped runbook that asks for a change: where it stands, its key, and its command."""
    book, kinds = load_builtin("facility-prod"), {kind.id for kind in CHANGES}
    for procedure in book.procedures:
        where, look = f"{procedure.section} {procedure.title}".strip(), ""
        for step in procedure.steps:
            if step.look in kinds:
                look = step.look
                yield where, str(step.text), "`4` `.`", _command(look, step.values)
        if look and procedure.revert:
            yield where, str(procedure.revert), "`4` `u`", f"`{look}`"
    for playbook in book.playbooks:
        for number, step in enumerate(playbook.leads, 1):
            if step.look in kinds:
                text = step.text if isinstance(step, Step) else f"{step.cause} → {step.action}"
                yield str(playbook.title), text, f"`!` `.` `{number}`", _command(step.look, step.values)


def _command(change: str, values: Mapping[str, str]) -> str:
    options = "".join(f" --{name} {shlex.quote(value)}" for name, value in values.items())
    return f"`toban change {change}{options} --plan`"


def status_rows(_descriptions: Descriptions) -> Rows:
    """Number and meaning of each exit status."""
    for status, meaning in MEANINGS.items():
        yield str(int(status)), _(meaning)


def mcp_rows(_descriptions: Descriptions) -> Rows:
    """Name, arguments and text of each tool of `toban mcp`; an argument that may be left out ends with `?`."""
    for tool in TOOLS:
        fields = tool.model_fields.items()
        arguments = (f"`{name}`" if field.is_required() else f"`{name}?`" for name, field in fields)
        yield f"`{tool.name}`", " ".join(arguments), _(tool.text)


def keys_text(keys: str) -> str:
    """Keys of a binding as people read them: `?` `F1`."""
    return " ".join(f"`{key}`" for key in key_names(keys))


TABLES: dict[str, tuple[Callable[[Descriptions], Rows], dict[str, tuple[str, ...]]]] = {
    "inspections": (
        inspection_rows,
        {"en": ("inspection", "title", "what it checks"), "ja": ("点検", "名称", "確認すること")},
    ),
    "scenarios": (scenario_rows, {"en": ("scenario", "what happens"), "ja": ("シナリオ", "内容")}),
    "keys": (key_rows, {"en": ("mode", "key", "what it does"), "ja": ("モード", "キー", "動作")}),
    "changes": (
        change_rows,
        {
            "en": ("runbook", "step", "key", "command"),
            "ja": ("手順書", "手順", "キー", "コマンド"),
        },
    ),
    "commands": (command_rows, {"en": ("command", "what it does"), "ja": ("コマンド", "動作")}),
    "statuses": (status_rows, {"en": ("status", "meaning"), "ja": ("コード", "意味")}),
    "mcp-tools": (
        mcp_rows,
        {"en": ("tool", "arguments", "what it answers"), "ja": ("ツール", "引数", "返すもの")},
    ),
}


ELSEWHERE = {"mcp-tools"}
"""Tables that a README need not have."""


def written(text: str, language: str) -> str:
    """A README with its tables as the registries have them now."""

    def table(match: "re.Match[str]") -> str:
        begin, name, body, end = match.groups()
        rows, heads = TABLES[name]
        descriptions = {cells[0]: cells[-1] for cells in map(cells_of, body.splitlines()) if len(cells) > 1}
        head = heads[language]
        lines = [head, ("---",) * len(head), *rows(descriptions)]
        return begin + "".join(f"| {' | '.join(cells)} |\n" for cells in lines) + end

    before = i18n.language()
    i18n.use(language)
    try:
        return _TABLE.sub(table, text)
    finally:
        i18n.use(before)


def cells_of(line: str) -> list[str]:
    """The cells of one line of a table."""
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def mistakes() -> Iterator[str]:
    """What is wrong with the READMEs, one line each."""
    for language, path in READMES.items():
        text = path.read_text("utf-8")
        tables = [match[2] for match in _TABLE.finditer(text)]
        if tables != list(dict.fromkeys(tables)) or set(tables) | ELSEWHERE != set(TABLES):
            yield f"{path.name}: has the tables {tables}, and should have each of {sorted(TABLES)} once"
        elif MISSING in text:
            yield f"{path.name}: a description is missing ({MISSING})"
        elif written(text, language) != text:
            yield f"{path.name}: its tables are not those of the registries: run `make readme`"


def main() -> int:
    """The command."""
    if sys.argv[1:] == ["update"]:
        for language, path in READMES.items():
            path.write_text(written(path.read_text("utf-8"), language), "utf-8")
    errors = list(mistakes())
    print("\n".join(errors) or "the tables are those of the registries")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
