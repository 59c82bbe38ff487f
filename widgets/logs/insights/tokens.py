import re
from collections.abc import Sequence

from services.models.query_words import COMMANDS, FIELDS, WORDS

_TOKEN = re.compile(
    r"""(?P<comment>^\s*\#.*|(?<=\s)\#.*)
    |(?P<string>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|`[^`]*`?)
    |(?P<regex>(?:(?<=like\s)|(?<=like)|(?<==~\s)|(?<==~)|(?<=@message\s))/(?:\\.|[^/\\])*/?)
    |(?P<placeholder>\{\{\s*\w*\s*\}?\}?)
    |(?P<field>@\w*)
    |(?P<number>(?<![\w.])\d+(?:\.\d+)?(?:ms|[smhdw])?\b)
    |(?P<pipe>\|)
    |(?P<word>[A-Za-z_]\w*)""",
    re.VERBOSE,
)
_ROLES = {
    "comment": "faint",
    "string": "good",
    "regex": "good",
    "placeholder": "caution",
    "field": "heading",
    "number": "warn",
    "pipe": "key",
}
_TYPED = re.compile(r"@?[A-Za-z_][\w.]*\Z|@\Z")
_BEGINS = re.compile(r"(?:\A|\|)\s*\Z")


_COMMANDS = frozenset(word.casefold() for word in COMMANDS)
_WORDS = frozenset(word.casefold() for word in WORDS)


def role_spans(line: str) -> list[tuple[int, int, str]]:
    """(start, end, role) of the highlighted parts of a line, in order."""
    spans: list[tuple[int, int, str]] = []
    for match in _TOKEN.finditer(line):
        kind = match.lastgroup or ""
        role = _ROLES.get(kind, "")
        if kind == "word":
            word = match[0].casefold()
            is_command = word in _COMMANDS and _BEGINS.search(line[: match.start()]) is not None
            role = "key" if is_command else "code" if word in _WORDS else ""
        if role:
            spans.append((match.start(), match.end(), role))
    return spans


def completion(before: str, after: str, fields: Sequence[str]) -> str:
    """What would complete the word that ends at the cursor; "" if nothing does. `before` and `after` are the
    line's text on the two sides of the cursor; `fields` those of the log groups."""
    if after[:1].isalnum() or after[:1] in ("_", "@"):
        return ""
    match = _TYPED.search(before)
    if match is None:
        return ""
    typed = match[0]
    begins = _BEGINS.search(before[: match.start()]) is not None
    for choice in COMMANDS if begins else (*FIELDS, *fields, *WORDS):
        if len(choice) > len(typed) and choice.casefold().startswith(typed.casefold()):
            return choice[len(typed) :]
    return ""
