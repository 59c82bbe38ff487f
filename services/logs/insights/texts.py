import re
from collections.abc import Iterator, Mapping, Sequence

from services.aws.logs.query_text import blanked, commands, expects_regex, parts, value, verb, words
from services.models.insights_queries import InsightsQuery, QueryLanguage
from services.models.query_words import UNMASK

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
"""`{{name}}`, AWS's syntax of query parameters."""
_SOURCE = re.compile(r"\A\s*SOURCE\s[^|]*\bSTART=\S+\s+END=\S+\s*\|\s*", re.I)
_CONDITION_VERBS = frozenset({"filter", "filterindex"})
_BARE = re.compile(r"@?[A-Za-z_][\w.]*|-?\d+(?:\.\d+)?(?:ms|[smhdwqy]|mo)?", re.ASCII)
"""A name, a number or a length of time. Anything else may be an expression: a bare request id is a subtraction."""
_SLASH = re.compile(r"\\.|/|\\\Z", re.DOTALL)
"""What may end a regular expression, or keep it from ending; a slash after a backslash is escaped already."""
_SQL_TABLE = re.compile(
    r"""(?ix) \b(?:from|join)\s+
        (?: (?P<name> `[^`]+` | "[^"]+" ) (?> (?:\s+(?:as\s+)?\w+)? ) (?!\s*,) | (?P<subquery> \(\s*select\b ) | (?P<unclear>) )
      | (?P<comment> /\* | -- ) | '[^']*' | "[^"]*" | `[^`]*`"""
)
_OF_OTHER_GROUPS = frozenset({"source", "join", "lookup"})


def sent_text(text: str, language: QueryLanguage) -> str:
    """The text as it is sent: in LogsQL without comments, every other character in its place."""
    return blanked(text) if language is QueryLanguage.LOGSQL else text


def own_text(text: str) -> str:
    """A query of the account's history without the `SOURCE … START=… END=… |` that AWS puts before it."""
    return _SOURCE.sub("", text, count=1)


def names_groups(text: str, language: QueryLanguage) -> bool:
    """Whether the text itself says which log groups are read: SQL's `FROM`, or `SOURCE`."""
    if language is QueryLanguage.SQL:
        return True
    first = next(iter(commands(text)), "")
    return verb(first) == "source"


def unmasks(text: str) -> bool:
    """Whether a query would show masked data: `unmask`, as a command or a function."""
    return any(word.lower() == UNMASK for command in commands(text) for word in words(command))


def groups_read(query: InsightsQuery) -> tuple[str, ...] | None:
    """The log groups that a query reads: the chosen ones, or those that its text names; None if that is not
    clear. What is not clear may be anything, at any price."""
    if query.language is QueryLanguage.SQL:
        return _tables(query.text)
    return None if not query.groups or _names_more(query.text) else query.groups


def _names_more(text: str) -> bool:
    for command in commands(text):
        spelled = [word.lower() for word in words(command)]
        pairs = zip(["[", *spelled], spelled, strict=False)
        if any(word in _OF_OTHER_GROUPS and before in ("[", "(") for before, word in pairs):
            return True
    return False


def _tables(text: str) -> tuple[str, ...] | None:
    if "\\" in text:
        return None
    names: list[str] = []
    for match in _SQL_TABLE.finditer(text):
        if match["name"]:
            names.append(match["name"][1:-1])
        elif match["unclear"] is not None or match["comment"]:
            return None
    return tuple(dict.fromkeys(names)) or None


def equality_fields(text: str) -> tuple[str, ...]:
    """The fields of a query in LogsQL that every matching event has one given value of, or one of several:
    `=`, `in`. Only these conditions use a field index; one below `or` or `not` does not narrow the events."""
    names: list[str] = []
    for condition in _conditions(text):
        names += _required(words(condition))
    return tuple(dict.fromkeys(name.strip("`") for name in names))


def _conditions(text: str) -> Iterator[str]:
    for command in commands(text):
        if verb(command) not in _CONDITION_VERBS:
            if verb(command) in ("stats", "dedup", "limit"):
                return  # conditions after it are on its rows, not on events
            continue
        yield command.split(None, 1)[1] if " " in command else ""


def _required(tokens: Sequence[str]) -> Iterator[str]:
    lower = [token.lower() for token in tokens]
    if "or" in lower or "not" in lower:
        return
    for place, token in enumerate(tokens[1:], start=1):
        before = tokens[place - 1]
        follows = lower[place + 1] if place + 1 < len(tokens) else ""
        is_equal = token == "=" and before not in ("!", "<", ">", "=") and follows != "~"
        if (is_equal or lower[place] == "in") and before != ")":
            yield before


def placeholders(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(PLACEHOLDER.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its placeholders replaced by `values`; one without a value stays. Inside quotes a value is
    escaped; in a regular expression it is taken as it is but for slashes; elsewhere anything but a name or a
    number is quoted, so that a value cannot add a command."""

    def replacement(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            return match[0]
        return _fitting(text[: match.start()], " ".join(values[name].splitlines()))

    return PLACEHOLDER.sub(replacement, text)


def _fitting(before: str, text: str) -> str:
    """`text` as it must be written after `before`."""
    tokens = list(parts(before))
    last = tokens[-1] if tokens else ""
    is_open = len(last) == 1 or last[-1:] != last[:1]
    if last.startswith("/") and is_open and (len(last) > 1 or expects_regex(_last_command(tokens[:-1]))):
        return _SLASH.sub(lambda match: match[0] if len(match[0]) > 1 else f"\\{match[0]}", text)
    if last.startswith("`") and is_open:
        return text.replace("`", "")
    if last.startswith(('"', "'")) and is_open:
        return text.replace("\\", "\\\\").replace(last[0], f"\\{last[0]}")
    return text if _BARE.fullmatch(text) else value(text)


def _last_command(tokens: Sequence[str]) -> str:
    command = ""
    for token in tokens:
        command = "" if token == "|" else command + token
    return command
