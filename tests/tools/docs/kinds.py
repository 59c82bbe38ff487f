"""A part for each inspection and each change, with its IAM actions; the actions of the console's other parts."""

import shlex
from collections.abc import Callable, Iterable, Iterator

from services.aws.belongings import LOOKS
from services.aws.client.allowed_operations import READS
from services.changes.registry import CHANGES, change_class
from services.i18n import _
from services.incidents.first_wave.sources import SOURCES
from services.inspections.registry import INSPECTIONS, KIND_CALLS, Requirement
from services.models.runbook import Runbook
from services.policy.arns import Arns
from services.policy.declared import CONSOLE, Operation, operations
from services.policy.permissions import permissions_of
from services.runbook.loader import load_builtin
from tests.tools import readme
from tests.tools.docs.markdown import code, codes, fence, heading, table
from tests.tools.docs.words import NEEDS_AWS, Texts
from tui.panel_registry import PANELS

EXAMPLE = "facility-prod"
_GITHUB = "github"
_WITHOUT_TARGET = frozenset({"drill-delete"})
"""Changes of something that an earlier change makes."""
_EXAMPLES = {
    "alarm-mute": "toban change alarm-mute --target rds-cpu-high --action mute --reason maintenance --plan"
}
"""Commands of changes that no step of the runbook has and that need more than their name."""


def inspection_parts(texts: Texts) -> Iterator[str]:
    """Each inspection: what it checks, what it needs, what it may call, and how to run it."""
    checks = _cells("inspections", texts.language)
    for entry in INSPECTIONS:
        yield ""
        yield heading(2, f"{_(entry.title)} (`{entry.id}`)", entry.id)
        yield ""
        yield _sentence(checks[code(entry.id)][-1])
        yield ""
        yield f"- {_needs(texts, entry.needs)}"
        yield f"- {texts.word('actions', actions=codes(_actions(entry.calls)))}"
        yield f"- {texts.word('run')}"
        yield ""
        yield from _indented(fence([f"toban inspect {entry.id}"], _shell(texts)))
    for kind, calls in sorted(KIND_CALLS.items()):
        yield ""
        yield heading(2, texts.word("own", kind=kind), f"own-{kind}")
        yield ""
        yield f"- {texts.word('actions', actions=codes(_actions(calls)))}"


def change_parts(texts: Texts) -> Iterator[str]:
    """Each change: what it does, its parameters, what it may call, and how to print its plan."""
    readme_rows, commands = _cells("watched", texts.language), _commands()
    for kind in CHANGES:
        row = readme_rows.get(code(kind.id), ("", "", ""))
        calls = operations(change_class(kind).calls)
        yield ""
        yield heading(2, f"{_(kind.title)} (`{kind.id}`)", kind.id)
        yield ""
        yield _sentence(_(kind.help))
        if row[1]:
            yield ""
            yield _sentence(row[1])
        yield ""
        if kind.options:
            yield f"- {texts.word('example', options=code(kind.options))}"
        if row[2] not in ("", "–"):
            yield f"- {texts.word('until', until=row[2])}"
        if kind.scopes:
            scopes = [f"{_(scope.title)} {code(kind.scope(scope.id))}" for scope in kind.scopes]
            yield f"- {texts.word('approvals', scopes=texts.joined(scopes))}"
        yield from _change_actions(texts, calls)
        if kind.id in _WITHOUT_TARGET:
            yield f"- {texts.word('no target')}"
            continue
        yield f"- {texts.word('plan')}"
        yield ""
        lines = commands.get(kind.id) or [_EXAMPLES.get(kind.id, f"toban change {kind.id} --plan")]
        yield from _indented(fence(lines, _shell(texts)))


def step_parts(texts: Texts) -> Iterator[str]:
    """Every row of the shipped runbook that asks for a change, with its keys and its command."""
    head = [texts.word(name) for name in ("runbook", "step", "where", "command")]
    yield from table(head, list(readme.change_rows({})))


def console_parts(texts: Texts) -> Iterator[str]:
    """The IAM actions of everything that reads beside inspections and changes."""
    head = [texts.word("part"), texts.word("iam")]
    first_wave = {call for source in SOURCES.values() for call in source.calls}
    panels = {call for panel in PANELS for call in panel.calls}
    parts: dict[str, Iterable[str]] = {
        "panels of the watch mode": panels,
        "first wave of incidents": first_wave,
        "what belongs to the system, hourly": [look.call for look in LOOKS],
        **CONSOLE,
    }
    yield from table(
        head, [(texts.text(name), codes(_actions(calls)) or "–") for name, calls in parts.items()]
    )


def _change_actions(texts: Texts, calls: frozenset[Operation]) -> Iterator[str]:
    reads = {call for call in calls if call in READS}
    github = {call for call in calls - reads if call[0] == _GITHUB}
    yield f"- {texts.word('reads', actions=codes(_of_operations(reads)))}"
    yield f"- {texts.word('writes', actions=codes(_of_operations(calls - reads - github)))}"
    if github:
        yield f"- {texts.word('other writes', actions=codes(sorted(operation for _service, operation in github)))}"


def _needs(texts: Texts, needs: tuple[Requirement, ...]) -> str:
    if not needs:
        return texts.word("needs nothing")
    return texts.word("needs", keys=texts.joined([_need(texts, need) for need in needs]))


def _need(texts: Texts, need: Requirement) -> str:
    if isinstance(need, str):
        return code(need)
    text = texts.text((_doc(need)).removeprefix("Requires "))
    return text.removesuffix(".")


def _doc(function: Callable[[Runbook], str]) -> str:
    return function.__doc__ or ""


def _actions(calls: Iterable[str]) -> list[str]:
    return _of_operations(operations(calls))


def _of_operations(calls: Iterable[Operation]) -> list[str]:
    arns = Arns(load_builtin(EXAMPLE))
    return sorted(
        {each.action for service, operation in calls for each in permissions_of(service, operation, arns)}
    )


def _commands() -> dict[str, list[str]]:
    """The commands that the shipped runbook's steps stand for, by the kind of change."""
    commands: dict[str, list[str]] = {}
    for _where, _step, _keys, command in readme.change_rows({}):
        words = shlex.split(command.strip("`"))
        if words[:2] == ["toban", "change"]:
            line, lines = command.strip("`"), commands.setdefault(words[2], [])
            if line not in lines:
                lines.append(line)
    return commands


_WATCHED = {"en": "| change | what it does | watched until |", "ja": "| 操作 | 内容 | 完了の条件 |"}
"""The head of the README's table that a person keeps: what each change does and when it has ended."""


def _cells(name: str, language: str) -> dict[str, list[str]]:
    """Rows of a table of the README in that language, by their first cell; the README is where people write them."""
    text = readme.READMES[language].read_text("utf-8")
    begin = _WATCHED[language] if name == "watched" else f"<!-- table: {name} -->\n"
    body = text.partition(begin)[2].partition("\n\n" if name == "watched" else "<!-- end -->")[0]
    rows = [readme.cells_of(line) for line in body.splitlines() if line.startswith("| `")]
    return {row[0]: row for row in rows}


def _sentence(text: str) -> str:
    """With a capital and a full stop, where the language has them."""
    text = text[:1].upper() + text[1:]
    if text.endswith((".", "。", "）", ")")):
        return text
    return text + ("." if text.isascii() or text[-1].isascii() else "。")


def _shell(texts: Texts) -> str:
    return f'sh title="{NEEDS_AWS[texts.language]}"'


def _indented(lines: Iterable[str]) -> Iterator[str]:
    yield from (f"    {line}" for line in lines)
