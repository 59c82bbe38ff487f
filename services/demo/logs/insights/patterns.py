"""Source: "parse", "Supported regular expressions" (Amazon CloudWatch Logs user guide)."""

import re
from collections.abc import Callable

from services.demo.logs.insights.records import Read, Record
from services.demo.logs.insights.values import QueryError, text_of

Extract = Callable[[str], dict[str, str]]
_BEYOND = re.compile(r"\(\?(?:[=!>|P(&]|<[=!])|\\[1-9k]")
"""Look-around, atomic groups, back-references, conditions: AWS's engine supports none of them."""
_FLAGS = re.compile(r"\(\?([imsx]+)\)")
_NAMED = re.compile(r"\(\?<(\w+)>")


def regex(text: str) -> re.Pattern[str]:
    """An expression between slashes. Raises QueryError for what AWS does not support."""
    plain = text.replace("\\\\", "..")
    if _BEYOND.search(plain):
        raise QueryError(f"Invalid regular expression: /{text}/ uses look-around or back-references")
    flags = "".join(sorted(set("".join(_FLAGS.findall(text)))))
    # AWS accepts `^(?i)word$`; Python requires flags at the very beginning.
    body = _NAMED.sub(r"(?P<\1>", _FLAGS.sub("", text))
    try:
        return re.compile(f"(?{flags}){body}" if flags else body)
    except re.error as error:
        raise QueryError(f"Invalid regular expression: /{text}/: {error}") from error


def like(read: Read, expression: re.Pattern[str] | str) -> Callable[[Record], bool]:
    if isinstance(expression, str):

        def contains(record: Record) -> bool:
            value = read(record)
            return value is not None and expression in text_of(value)

        return contains

    def fits(record: Record) -> bool:
        value = read(record)
        return value is not None and expression.search(text_of(value)) is not None

    return fits


def extract_regex(text: str) -> tuple[list[str], Extract]:
    """`parse … /…(?<name>…)/`: the names, and the function that extracts their values. Raises QueryError."""
    expression = regex(text)
    names = list(expression.groupindex)
    if not names:
        raise QueryError("parse needs at least one named capturing group")

    def extract(line: str) -> dict[str, str]:
        match = expression.search(line)
        return {} if match is None else {k: v for k, v in match.groupdict().items() if v is not None}

    return names, extract


def extract_glob(glob: str, names: list[str]) -> Extract:
    """`parse … "user=*, method:*" as user, method`. Raises QueryError for another number of names."""
    parts = glob.split("*")
    if len(parts) - 1 != len(names):
        raise QueryError(f"parse has {len(parts) - 1} wildcards and {len(names)} names; they must be as many")
    pattern = "(.*?)".join(re.escape(part) for part in parts)
    # A wildcard at the very end matches the rest.
    expression = re.compile(pattern[:-2] + ")" if not parts[-1] else pattern, re.DOTALL)

    def extract(line: str) -> dict[str, str]:
        match = expression.search(line)
        return {} if match is None else dict(zip(names, match.groups(), strict=True))

    return extract
