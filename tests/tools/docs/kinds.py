"""A part for each inspection and each change, with its IAM actions; the actions of the console's other parts."""

import shlex
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from services.aws.belongings import LOOKS
from services.aws.client.allowed_operations import READS
from services.changes.registry import CHANGES, change_class
from services.i18n import _
from services.incidents.first_wave.sources import SOURCES
from services.inspections.registry import INSPECTIONS, KIND_CALLS, Requirement
from services.models.runbook import Runbook
from services.policy.arns import Arns
from services.policy.declared import CONSOLE, Operation, operations
from services.policy.documents import document
from services.policy.permissions import permissions_of
from services.runbook.loader import load_builtin
from tests.tools.docs.markdown import code, codes, fence, heading, table
from tests.tools.docs.tables import EXAMPLE, step_rows
from tests.tools.docs.words import NEEDS_AWS, Texts
from tui.panel_registry import PANELS

WRITTEN: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text("utf-8"))
"""What people write of each inspection and change."""
_GITHUB = "github"
_WITHOUT_TARGET = frozenset({"drill-delete"})  # Changes of something that an earlier change makes
_EXAMPLES = {
    "alarm-mute": "toban change alarm-mute --target rds-cpu-high --action mute --reason maintenance --plan"
}
"""Commands of changes that no step of the runbook has and that need more than their name."""


def inspection_parts(texts: Texts) -> Iterator[str]:
    """Each inspection: what it checks, what it needs, what it may call, and how to run it."""
    for entry in INSPECTIONS:
        yield ""
        yield heading(2, f"{_(entry.title)} (`{entry.id}`)", entry.id)
        yield ""
        yield _sentence(WRITTEN["inspections"][entry.id][texts.language])
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
    commands = _commands()
    for kind in CHANGES:
        about = WRITTEN["changes"].get(kind.id, {})
        calls = operations(change_class(kind).calls)
        yield ""
        yield heading(2, f"{_(kind.title)} (`{kind.id}`)", kind.id)
        yield ""
        yield _sentence(_(kind.help))
        if about:
            yield ""
            yield _sentence(about[texts.language])
        yield ""
        if kind.options:
            yield f"- {texts.word('example', options=code(kind.options))}"
        if "until" in about:
            yield f"- {texts.word('until', until=about['until'][texts.language])}"
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


def read_actions(texts: Texts) -> Iterator[str]:
    """What the policy for reading allows, by service."""
    panels = tuple(call for panel in PANELS for call in panel.calls)
    policy = document("read", load_builtin(EXAMPLE), panels=panels)
    names: dict[str, list[str]] = {}
    for action in sorted(
        {each for row in policy["Statement"] if row["Effect"] == "Allow" for each in row["Action"]}
    ):
        service, _colon, name = action.partition(":")
        names.setdefault(service, []).append(name)
    head = [texts.word("service"), texts.word("iam")]
    yield from table(head, [(code(service), codes(each)) for service, each in names.items()])


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
    for _where, _step, _keys, command in step_rows():
        words = shlex.split(command.strip("`"))
        if words[:2] == ["toban", "change"]:
            line, lines = command.strip("`"), commands.setdefault(words[2], [])
            if line not in lines:
                lines.append(line)
    return commands


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
