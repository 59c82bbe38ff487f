from collections.abc import Iterable
from typing import Any

from services.models.runbook import Runbook
from services.toml.grammar import schema
from tui.cli.mcp.tool import Json, Tool


def one_of(title: str, *models: Any) -> Json:
    definitions: Json = {}
    names = []
    for model in models:
        document = schema(model)
        document.pop("$schema")
        definitions |= document.pop("$defs", {})
        definitions[model.__name__] = document
        names.append(model.__name__)
    return {
        "type": "object",
        "title": title,
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in names],
        "$defs": definitions,
    }


def branch(document: Json, name: str) -> Json:
    definitions = dict(document["$defs"])
    return {**definitions.pop(name), "$defs": definitions}


def input_schema(tool: Tool, runbook: Runbook | None) -> Json:
    document = schema(tool.arguments)
    document.pop("$schema")
    if runbook is not None:
        for key, choices in tool.choices.items():
            _named(document, key)["enum"] = _unique(choices(runbook))
        for key, choices in tool.examples.items():
            _named(document, key)["examples"] = _unique(choices(runbook))
    return document


def output_schema(tool: Tool) -> Json:
    document = tool.output()
    document.pop("$schema", None)
    return document


def _named(document: Json, key: str) -> Json:
    entry: Json = document["properties"][key]
    items: Json = entry.get("items", entry)
    return items


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
