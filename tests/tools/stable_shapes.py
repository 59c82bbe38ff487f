"""The names and JSON schemas that users and other programs rely on, collected from the code of today. A shape
maps each path of a JSON value to its types: `findings[].measures[].at` to `null | string`. Where a value is
one of a fixed set of words, the words stand in place of the type: `"abnormal" | "normal"`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import click

from services.changes.registry import CHANGES
from services.inspections.registry import INSPECTIONS, KINDS
from services.models.alarms import AlarmKind, AlarmState, Hearing
from services.models.change_runs import StepState
from services.models.changes import Danger, Plan
from services.models.duties import OccurrenceState
from services.models.findings import Finding
from services.models.gone import GONE, GoneKind
from services.models.journal import EntryKind
from services.models.posts import PostState
from services.models.problem import Problem, ProblemKind
from services.models.report import DayReport, PeriodReport, UnreadReport
from services.models.verdict import Verdict
from services.models.verification import ChainFaultKind, Verification
from services.report.agenda import Agenda
from services.runbook.loader import builtin_names, load
from tests.conftest import Embedded
from tests.tools.stable_journal import RUNBOOK
from tests.tools.stable_reading import ANCHORS, NOW, toban
from tui.cli.completion import VARIABLE as COMPLETION
from tui.cli.main import build, scenarios
from tui.cli.printing import PrintedOutput
from tui.command import Command
from tui.commands import COMMANDS
from tui.exit_status import MEANINGS, OF_VERDICT
from tui.modes import ALL_MODES
from tui.moved_keys import FORMER, TO_THE_PALETTE
from tui.startup.config_reader import OTHER_VARIABLES, settings

Shape = dict[str, str]
SCENE = ("monday-faults", "2026-01-19 09:00", 3.0)
"""The embedded AWS for commands that read AWS: scenario, time in Japan, hours of history."""
ENUMERATED = frozenset(
    ["kind", "state", "verdict", "hearing", "inspection", "decision", "was", "way", "how", "danger", "step"]
)
"""Keys whose values are one of a fixed set of words."""


# ---- shapes


def shape_of(*values: Any) -> Shape:
    """The shape of some JSON values together."""
    return _merged(pair for value in values for pair in _types(value, ""))


def _merged(pairs: Iterable[tuple[str, str]]) -> Shape:
    types: dict[str, set[str]] = {}
    for path, name in pairs:
        types.setdefault(path, set()).add(name)
    return {path: " | ".join(sorted(names)) for path, names in sorted(types.items())}


def _types(value: Any, path: str) -> Iterator[tuple[str, str]]:
    key = path.rpartition(".")[2]
    if isinstance(value, dict):
        yield path, "object"
        for name, inner in value.items():
            yield from _types(inner, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list):
        yield path, "array"
        for inner in value:
            yield from _types(inner, f"{path}[]")
    elif isinstance(value, str):
        yield path, json.dumps(value) if key in ENUMERATED else "string"
    else:
        yield path, _type_of(value)


def _type_of(value: object) -> str:
    if value is None:
        return "null"
    return "boolean" if isinstance(value, bool) else "number"


def shape_of_schema(schema: Mapping[str, Any]) -> Shape:
    """The shape that a JSON Schema describes, with bounds and defaults, without the names of classes."""
    return _merged(_described(schema, schema.get("$defs", {}), ""))


_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "pattern",
    "format",
)


def _described(schema: Mapping[str, Any], models: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    while "$ref" in schema:
        schema = models[schema["$ref"].rpartition("/")[2]]
    for name in _types_in(schema):
        yield path, name
    for inner_path, inner in _unnamed_parts(schema, path):
        yield from _described(inner, models, inner_path)
    for key, inner in schema.get("properties", {}).items():
        inner_path = f"{path}.{key}".removeprefix(".")
        if key in schema.get("required", ()):
            yield inner_path, "required"
        if "default" in inner:
            default = json.dumps(inner["default"], ensure_ascii=False, sort_keys=True)
            yield inner_path, f"default {default}"
        yield from _described(inner, models, inner_path)


def _types_in(schema: Mapping[str, Any]) -> Iterator[str]:
    if "const" in schema:
        yield json.dumps(schema["const"])
    elif "enum" in schema:
        yield from map(json.dumps, schema["enum"])
    elif "type" in schema:
        bounds = [f"{name} {schema[name]}" for name in _BOUNDS if name in schema]
        yield " ".join([schema["type"], *bounds])


def _unnamed_parts(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The alternatives and elements of a schema, with their paths."""
    for alternative in schema.get("anyOf", ()):
        yield path, alternative
    if isinstance(schema.get("additionalProperties"), dict):
        yield f"{path}.*", schema["additionalProperties"]
    if "items" in schema:
        yield f"{path}[]", schema["items"]
    for place, element in enumerate(schema.get("prefixItems", ())):
        yield f"{path}[{place}]", element


def printed_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schemas that the command line prints."""
    return {
        "runbook": json.loads(toban("runbook", "schema")[1]),
        "inspect": json.loads(toban("inspect", "--schema")[1]),
        "assess": json.loads(toban("assess", "--schema")[1]),
        "incident report": json.loads(toban("incident", "report", "--schema")[1]),
        "drill score": json.loads(toban("drill", "score", "--schema")[1]),
        "doctor": json.loads(toban("doctor", "--schema")[1]),
        "logs tail": json.loads(toban("logs", "tail", "--schema")[1]),
        "logs query": json.loads(toban("logs", "query", "--schema")[1]),
    }


def schemas() -> dict[str, Shape]:
    """The declared shapes of the runbook, of JSON output, and of the models that journal entries contain."""
    documents = printed_schemas()
    models = {
        "report of a day": DayReport,
        "report of a month or a fiscal year": PeriodReport,
        "report of a system that cannot be read": UnreadReport,
        "duties": Agenda,
        "journal verify": Verification,
        "plan": Plan,
        "finding": Finding,
        "problem": Problem,
    }
    return {
        **{name: shape_of_schema(document) for name, document in documents.items()},
        **{name: shape_of_schema(model.model_json_schema()) for name, model in models.items()},
    }


# ---- the output of commands


def outputs(embedded: Embedded, journal: Path) -> dict[str, Any]:
    """The exit status and the shape of the output of every command that prints JSON, also where it fails."""
    runbook = ("--runbook", str(RUNBOOK))
    aws = ("--endpoint-url", embedded.url, *runbook)
    present, absent = (("--file", str(path), *runbook) for path in (journal, journal.with_name("none.db")))
    change = ("change", "task-limit", "--plan", "--json", "--revert-at", "2026-02-02 17:00", *aws)
    report = ("report", "--format", "json", *present)
    verify = ("journal", "verify", "--json", "--anchors", str(ANCHORS))
    commands = {
        "alarms": ("alarms", "--json", *aws),
        "inspect": ("inspect", *QUICK_INSPECTIONS, "--json", "--private", *aws),
        "change, with AWS's way back": (*change, "--max", "10", "--revert", "aws"),
        "change, with a duty": (*change, "--max", "8", "--revert", "duty"),
        "change, refused": (*change, "--max", "1", "--revert", "none"),
        "report of a day": (*report, "2026-01-19"),
        "report of a month": (*report, "2026-01"),
        "report of a fiscal year": (*report, "FY2025"),
        "duties": ("duties", "--month", "2026-01", "--json", *present),
        "duties, without a journal": ("duties", "--month", "2026-01", "--json", *absent),
        "journal verify": (*verify, *present),
        "journal verify, without a journal": (*verify, *absent),
    }
    answers = {name: _answer(embedded, argv) for name, argv in commands.items()}
    embedded.fault("cloudwatch", "DescribeAlarms", preset="denied")
    embedded.fault("application-autoscaling", "DescribeScalableTargets", preset="denied")
    for name in ("alarms", "change, with a duty"):
        answers[f"{name}, refused by AWS"] = _answer(embedded, commands[name])
    return answers


QUICK_INSPECTIONS = (
    "alarms",
    "dashboard",
    "costs",
    "backups",
    "sign-ins",
    "access-keys",
    "maintenance",
    "requests",
    "dr-region",
)
"""Those that wait for no query. The old journal has findings of every inspection."""


def _answer(embedded: Embedded, argv: tuple[str, ...]) -> dict[str, Any]:
    status, text = toban(*argv, now=embedded.clock.now() if "--endpoint-url" in argv else NOW)
    return {"status": status, "shape": shape_of(json.loads(text))}


# ---- journal entries


def entries(lines: Iterable[str]) -> dict[str, Any]:
    """For each kind the shape of its exported lines, and the patterns of its subjects, targets, claims and holds."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        entry = json.loads(line)
        by_kind.setdefault(entry["kind"], []).append(entry)
    return {
        kind: {
            "shape": shape_of(*of_kind),
            **{key: sorted({pattern_of(entry[key]) for entry in of_kind}) for key in _PATTERNED},
        }
        for kind, of_kind in sorted(by_kind.items())
    }


_PATTERNED = ("subject", "target", "claim", "holds", "releases")
_VARIABLE_PARTS = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", "<moment>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d", "<date and time>"),
    (r"\d{4}-\d\d-\d\d", "<date>"),
    (r"\b[0-9a-z]{18}\b", "<plan>"),
    (r"(?<=[:#])\d+\b", "<number>"),
)


def pattern_of(text: str) -> str:
    """A text without its times, numbers and plan ids: `daily-morning@<date and time>`, `overrule:<number>`."""
    for expression, placeholder in _VARIABLE_PARTS:
        text = re.sub(expression, placeholder, text)
    return text


# ---- names


def _keys_of(command: Command) -> dict[str, str]:
    """Keys and scope; of a key that moved the old one, which works for one version more, and where it went."""
    removed = {moved.id: moved.old for moved in TO_THE_PALETTE}
    last = command.key or removed.get(command.id, "")
    keys = {"keys": FORMER.get(command.id, last), "works in": command.scope}
    if keys["keys"] != last:
        keys["moved to"] = last
    if command.id in removed:
        keys["gone in 0.3.0"] = "in the palette"
    return keys


def names() -> dict[str, Any]:
    """Ids, keys, options, environment variables, exit statuses and the words of enumerations."""
    variables = [setting.variable for setting in settings() if setting.variable]
    return {
        "journal kinds": sorted(kind.value for kind in EntryKind),
        "inspections": [str(inspection.id) for inspection in INSPECTIONS],
        "kinds of a runbook's own inspections": sorted(KINDS),
        "changes": [change.id for change in CHANGES],
        "commands": {command.id: _keys_of(command) for command in COMMANDS},
        "modes": {mode.id: mode.key for mode in ALL_MODES},
        "exit statuses": sorted(int(status) for status in MEANINGS),
        "exit statuses of verdicts": {verdict: int(status) for verdict, status in OF_VERDICT.items()},
        "environment": sorted([*OTHER_VARIABLES, COMPLETION, *variables]),
        "configuration": sorted(setting.key for setting in settings()),
        "command line": dict(_options(build(PrintedOutput(outline_drawn=False)), "toban")),
        "scenarios": sorted(scenarios()),
        "runbooks": sorted(builtin_names()),
        "definitions in schemas": {
            name: sorted(text.get("$defs", ())) for name, text in printed_schemas().items()
        },
        **_gone(),
        "words": {name: sorted(word.value for word in words) for name, words in _WORDS.items()},
    }


_WORDS: dict[str, type[Enum]] = {
    "an alarm's state": AlarmState,
    "an alarm's kind": AlarmKind,
    "who hears an alarm": Hearing,
    "a verdict": Verdict,
    "a duty's state": OccurrenceState,
    "a step's state": StepState,
    "a change's danger": Danger,
    "a post's state": PostState,
    "a problem's kind": ProblemKind,
    "a fault of a journal": ChainFaultKind,
}


def _gone() -> dict[str, dict[str, list[str]]]:
    """By version and kind the names that are read and said, and do nothing."""
    return {
        f"gone in {since}": {
            kind.value: sorted(each.name for each in GONE if (each.since, each.kind) == (since, kind))
            for kind in GoneKind
        }
        for since in {each.since for each in GONE}
    }


def _options(command: click.Command, name: str) -> Iterator[tuple[str, list[str]]]:
    """Every command with its options."""
    yield name, sorted(_spelling(option) for option in command.params if isinstance(option, click.Option))
    for inner in getattr(command, "commands", {}).values():
        yield from _options(inner, f"{name} {inner.name}")


def _spelling(option: click.Option) -> str:
    """`--output, -o`, and for a choice `--format {md, html, json}`."""
    spelling = ", ".join((*option.opts, *option.secondary_opts))
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    return f"{spelling} {{{', '.join(map(str, choices))}}}" if choices else spelling


def runbook() -> Any:
    """The old runbook as the code of today reads it, with defaults."""
    return load(RUNBOOK).model_dump(mode="json")
