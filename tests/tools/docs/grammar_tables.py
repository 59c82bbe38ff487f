"""Tables of keys from a JSON Schema: the runbook's and the configuration's."""

import json
from collections.abc import Iterator
from typing import Any

from tests.tools.docs.markdown import code, codes, heading, table
from tests.tools.docs.words import Texts

Schema = dict[str, Any]
_TRANSLATED = "en"  # The key for English versions of texts, explained once instead of in every table
_LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minItems": "≥ {} ×",
    "maxItems": "≤ {} ×",
}


class Grammar:
    """One file format, by its schema."""

    def __init__(self, schema: Schema, texts: Texts) -> None:
        self._schema, self._texts = schema, texts
        self._shown: set[str] = set()

    def parts(self, level: int = 2) -> Iterator[str]:
        """The keys at the top, then a part for each table, those within it after it."""
        yield from self._rows(self._schema, "")
        yield from self._inner(self._schema, "", level)

    def _inner(self, model: Schema, path: str, level: int) -> Iterator[str]:
        for name, entry, _required in _properties(model):
            inner, kind = self._model(entry)
            if not inner or inner in self._shown or _is_enum(self._schema["$defs"][inner]):
                continue
            self._shown.add(inner)
            definition = self._schema["$defs"][inner]
            place = f"{path}.{name}" if path else name
            shown = f"[[{place}]]" if kind == "tables" else f"[{place}{'.ID' if kind == 'named' else ''}]"
            yield ""
            yield heading(level, code(shown), place.replace(".", "-").replace("_", "-"))
            yield ""
            yield self._texts.text(definition.get("description", "").split("\n\n")[0])
            yield ""
            yield from self._rows(definition, place)
            yield from self._inner(definition, place, min(level + 1, 4))

    def _rows(self, model: Schema, path: str) -> Iterator[str]:
        head = [self._texts.word(name) for name in ("key", "type", "default", "meaning")]
        rows = [
            (
                code(name),
                self.type(entry, f"{path}.{name}".lstrip(".")),
                self.default(entry, required=required),
                self.meaning(entry),
            )
            for name, entry, required in _properties(model)
        ]
        yield from table(head, rows)

    def meaning(self, entry: Schema) -> str:
        """What the key means; a table without words of its own means what its model says."""
        inner, _kind = self._model(entry)
        definition = self._schema.get("$defs", {}).get(inner, {}) if inner else {}
        return self._texts.text(
            entry.get("description") or definition.get("description", "").split("\n\n")[0]
        )

    def default(self, entry: Schema, *, required: bool) -> str:
        """The default as TOML would have it; a dash for none."""
        value = entry.get("default")
        if required:
            return self._texts.word("required")
        if value in (None, "", [], {}) or isinstance(value, dict):
            return "–"
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return code(json.dumps(value, ensure_ascii=False))

    def type(self, entry: Schema, path: str) -> str:
        """The type in words, with its bounds."""
        inner, kind = self._model(entry)
        if inner and not _is_enum(self._schema["$defs"][inner]):
            return self._texts.word("tables" if kind == "tables" else "table", path=path)
        return self._plain(_chosen(entry))

    def _plain(self, entry: Schema) -> str:
        if "$ref" in entry:
            entry = self._schema["$defs"][_name(entry)]
        if "enum" in entry:
            return self._texts.word("one of", choices=codes(json.dumps(each) for each in entry["enum"]))
        if "const" in entry:
            return code(json.dumps(entry["const"]))
        if entry.get("type") == "array":
            items = self._plain(entry.get("items", {"type": "string"}))
            return self._texts.word("list of", items=items) + _bounds(entry)
        if entry.get("type") == "object":
            return self._texts.word("texts by name")
        named = {"string": "text", "number": "number", "integer": "integer", "boolean": "boolean"}
        kind = entry.get("format") if entry.get("format") in ("date", "date-time") else named[entry["type"]]
        return self._texts.word(str(kind)) + _bounds(entry)

    def _model(self, entry: Schema) -> tuple[str, str]:
        """The model of a table and how often it may stand there: once, several times, or by names of the file's own."""
        entry = _chosen(entry)
        if "$ref" in entry:
            return _name(entry), "table"
        if entry.get("type") == "array" and "$ref" in entry.get("items", {}):
            return _name(entry["items"]), "tables"
        for inner in entry.get("patternProperties", {}).values():
            if "$ref" in inner:
                return _name(inner), "named"
        return "", ""


def _properties(model: Schema) -> Iterator[tuple[str, Schema, bool]]:
    for name, entry in model["properties"].items():
        if name != _TRANSLATED:
            yield name, entry, name in model.get("required", ())


def _chosen(entry: Schema) -> Schema:
    """The alternative of `X | None` that is not null."""
    alternatives = [each for each in entry.get("anyOf", ()) if each.get("type") != "null"]
    return alternatives[0] if alternatives else entry


def _is_enum(definition: Schema) -> bool:
    return "enum" in definition


def _name(entry: Schema) -> str:
    return str(entry["$ref"]).rpartition("/")[2]


def _bounds(entry: Schema) -> str:
    bounds = [text.format(f"{entry[key]:g}") for key, text in _LIMITS.items() if key in entry]
    return f" ({', '.join(bounds)})" if bounds else ""
