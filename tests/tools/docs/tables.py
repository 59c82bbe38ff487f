"""Tables that the registries fill: scenarios, keys, steps of the runbook, exit statuses, tools of `toban mcp`."""

import shlex
from collections.abc import Iterator, Mapping

from services import i18n
from services.changes.registry import CHANGES
from services.demo.launch import scenarios
from services.i18n import _
from services.models.runbook_playbooks import Step
from services.runbook.loader import load_builtin
from tests.tools.docs.markdown import code, codes, table
from tests.tools.docs.words import Texts
from tui.cli.mcp.registry import TOOLS
from tui.commands import COMMANDS
from tui.exit_status import MEANINGS
from tui.modes import ALL_MODES
from widgets.frame.key_names import key_names

EXAMPLE = "facility-prod"


def scenario_table(texts: Texts) -> Iterator[str]:
    """Name and title of each scenario of the demo, the ordinary day first."""
    head = [texts.word("scenario"), texts.word("what happens")]
    yield from table(head, [(code(info.name), info.title(i18n.language())) for info in scenarios()])


def key_table(texts: Texts) -> Iterator[str]:
    """Each key with its help, in the modes where it has another one; keys of one help stand in one row."""
    modes = {mode.id: _(mode.title) for mode in ALL_MODES}
    helps = {code(mode.key): [f"{_(mode.title)}: {_(mode.help)}"] for mode in ALL_MODES}
    keys_by_help: dict[tuple[str, str], list[str]] = {}
    for command in sorted(COMMANDS, key=lambda command: ["app", *modes].index(command.scope)):
        if command.key:
            keys_by_help.setdefault((command.scope, _(command.help)), []).extend(key_names(command.key))
    for (scope, about), keys in keys_by_help.items():
        where = f"{modes[scope]}: " if scope in modes else ""
        helps.setdefault(codes(keys, " "), []).append(where + about)
    head = [texts.word("key"), texts.word("what it does")]
    yield from table(head, [(keys, "<br>".join(abouts)) for keys, abouts in helps.items()])


def step_table(texts: Texts) -> Iterator[str]:
    """Every row of the shipped runbook that asks for a change, with its keys and its command."""
    yield from table([texts.word(name) for name in ("runbook", "step", "where", "command")], step_rows())


def step_rows() -> Iterator[tuple[str, str, str, str]]:
    """Where the row stands, its text, its keys, and its command."""
    book, kinds = load_builtin(EXAMPLE), {kind.id for kind in CHANGES}
    for procedure in book.procedures:
        where, look = f"{procedure.section} {procedure.title}".strip(), ""
        for step in procedure.steps:
            if step.look in kinds:
                look = step.look
                yield where, str(step.text), "`4` `.`", _command(look, step.values)
        if look and procedure.revert:
            yield where, str(procedure.revert), "`4` `u`", code(look)
    for playbook in book.playbooks:
        for number, step in enumerate(playbook.leads, 1):
            if step.look in kinds:
                text = step.text if isinstance(step, Step) else f"{step.cause} → {step.action}"
                yield str(playbook.title), text, f"`!` `.` `{number}`", _command(step.look, step.values)


def _command(change: str, values: Mapping[str, str]) -> str:
    options = "".join(f" --{name} {shlex.quote(value)}" for name, value in values.items())
    return code(f"toban change {change}{options} --plan")


def status_table(texts: Texts) -> Iterator[str]:
    """Number and meaning of each exit status."""
    rows = [(str(int(status)), _(meaning)) for status, meaning in MEANINGS.items()]
    yield from table([texts.word("status"), texts.word("meaning")], rows)


def tool_table(texts: Texts) -> Iterator[str]:
    """Name, arguments and text of each tool of `toban mcp`; an argument that may be left out ends with `?`."""
    rows = []
    for tool in TOOLS:
        fields = tool.arguments.model_fields.items()
        names = [name if field.is_required() else f"{name}?" for name, field in fields]
        rows.append((code(tool.name), codes(names, " "), _(tool.text)))
    yield from table([texts.word(name) for name in ("tool", "arguments", "what it answers")], rows)
