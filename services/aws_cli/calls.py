"""Turns a request into an `aws` command: any operation with its parameters. Source: "Specifying parameter
values" (AWS CLI user guide). The CLI reads a file where a value begins with `file://`, and an option where
one begins with `-`; AWS's own names may do both, so such values are passed inside JSON or after `=`."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from services.models.aws_cli import CliCommand, Variable
from services.models.base import RawId
from services.models.text import UNSAFE

# The AWS CLI's spelling of the API's names: `DescribeDBInstances` is `describe-db-instances`.
#
# A test compares it with the SDK's own for every operation and parameter that the console uses.


_PLURAL = re.compile(r"[A-Z]{2,}s$")
_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_END = re.compile(r"([a-z0-9])([A-Z])")
_ONE_WORD = (("OAuth", "Oauth"), ("OTel", "Otel"))
_SERVICES = {"s3": "s3api"}
"""Services whose operations have another name in the CLI; `aws s3` itself is the high-level command."""


@cache
def kebab(name: str) -> str:
    for written, read in _ONE_WORD:
        name = name.replace(written, read)
    if plural := _PLURAL.search(name):
        name = f"{name[: plural.start()]}-{plural[0].lower()}"
    return _END.sub(r"\1-\2", _WORD.sub(r"\1-\2", name)).lower()


def cli_service(service: str) -> str:
    return _SERVICES.get(service, service)


_LOADED = re.compile(r"(?:file|fileb|http|https)://", re.IGNORECASE)
"""Prefixes of values that the CLI replaces by the content of a file or a page."""
_SIMPLE = re.compile(r"[\w.:/@*+-]+", re.ASCII)  # Values of the shorthand `Name=…,Value=…`


def call(
    service: str,
    operation: str,
    params: Mapping[str, Any],
    *,
    purpose: str,
    traps: Iterable[str] = (),
    region: str = "",
    query: str = "",
    output: str = "",
    stores: str = "",
    repeats: tuple[str, Iterable[str]] = ("", ()),
    writes: bool = False,
) -> CliCommand:
    """The command for one request; service, operation and parameters as the SDK names them. A value may be a
    Variable. The keywords are the fields of CliCommand."""
    variable, values = repeats
    return CliCommand(
        service=cli_service(service),
        verb=kebab(operation),
        arguments=tuple(map(RawId, _arguments(params))),
        region=region,
        query=query,
        output=output or ("text" if stores else "table" if query else ""),
        stores=stores,
        repeats=(variable, tuple(map(RawId, values))),
        purpose=purpose,
        traps=tuple(traps),
        writes=writes,
    )


def utc(moment: datetime) -> str:
    """A time as the CLI reads it: ISO 8601 in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def milliseconds(moment: datetime) -> int:
    """A time in epoch milliseconds, as CloudWatch Logs counts."""
    return max(0, int(moment.timestamp() * 1000))


def is_loaded(value: str) -> bool:
    """Whether the CLI would read a file or a page instead of taking the value."""
    return _LOADED.match(value) is not None


def option(flag: str, value: str) -> list[str]:
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]


def _arguments(params: Mapping[str, Any]) -> Iterable[str]:
    as_json: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, str) and is_loaded(value):
            as_json[name] = value
        else:
            yield from _flag(f"--{kebab(name)}", value)
    if as_json:
        yield from ("--cli-input-json", _json(as_json))


def _flag(flag: str, value: Any) -> Iterable[str]:
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag.removeprefix('--')}"]
    if isinstance(value, datetime):
        return [flag, utc(value)]
    if isinstance(value, int | float):
        return [flag, str(value)]
    if isinstance(value, str):
        return option(flag, _sendable(value))
    if isinstance(value, list | tuple) and value:
        words = [_item(item) for item in value]
        if None not in words:
            return [flag, *(word for word in words if word is not None)]
    if isinstance(value, Mapping) and (word := _shorthand(value)) is not None:
        return [flag, word]
    return [flag, _json(value)]


def _item(value: Any) -> str | None:
    if isinstance(value, str):
        is_taken = value[:1].strip() not in ("", "-", "[", "{") and not is_loaded(value)
        return _sendable(value) if is_taken else None
    return _shorthand(value)


def _shorthand(value: Any) -> str | None:
    """A structure of texts as `Name=…,Value=…`; None for what needs JSON."""
    if not isinstance(value, Mapping) or not value:
        return None
    if not all(isinstance(item, str) and _is_simple(item) for item in value.values()):
        return None
    return ",".join(f"{key}={item}" for key, item in value.items())


def _is_simple(text: str) -> bool:
    return isinstance(text, Variable) or _SIMPLE.fullmatch(text) is not None


def _sendable(text: str) -> str:
    """A text as an argument: NUL cannot be one, and stands for a variable here."""
    return text if isinstance(text, Variable) else text.replace("\0", "\ufffd")


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_time)
    # Only texts inside contain such characters, and JSON has an escape for each of them.
    return UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)


def _time(value: object) -> str:
    assert isinstance(value, datetime)
    return utc(value)
