"""Finds secrets: beside the names that tell of them, and by their own form.

Only the value is masked, so that a reader still sees what stood there. A text is looked at as it is and under each layer
of its escapes: what a JSON string, a URL or XML holds is text again.
"""

import re
from collections.abc import Iterator, Sequence

from services.logs.masking import shapes, structures
from services.logs.masking.kinds import Span
from services.logs.masking.names import (
    HINTS,
    IDENTIFIER,
    JAPANESE,
    JAPANESE_HINTS,
    PAIRED,
    Telling,
    telling,
    telling_japanese,
)
from services.logs.masking.values import Reader, Value
from services.logs.masking.views import View, views

_ELEMENT = re.compile(r"[^<>]{0,200}>(?:\s{0,40}<!\[CDATA\[)?(?P<value>[^<]{1,4000})")
_PAIR = re.compile(
    r"""(?ix) ["'`]? (?: [ ]{0,4}(?:\n|,|;|&|\|)?[ \n]{0,40}(?:-[ ])? ["'`]?\b(?:[a-z]{0,20}[._-]?value|val|default|content|to|new|v)["'`]? [ ]{0,4}(?:=>|[:=])[ ]{0,4}
      | </[\w:.-]{1,60}>\s{0,40}<[\w:.-]{1,60}[^<>]{0,100}>(?:<!\[CDATA\[)?
      | [^<>="']{0,40}(?:[ ][\w:.-]{1,40}=["'][^"'<>]{0,100}["']){0,6}[ ]/?> (?=[^<\n]) | > (?=[^<\n]) | (?:\r?\n[ \t]{0,40}){2} | \n[^\n]{0,120}?\b(?:input_)?value=) """
)
"""From a name that is itself a value to the value that belongs to it."""
_PAIR_BEFORE = re.compile(
    r"""(?i)\bvalue["']?[ ]{0,4}[:=][ ]{0,4}["']?(?P<value>[^"'<>\n,]{1,400})["']?,?(?:\s{1,40}[\w:.-]{1,40}=["'][^"'<>]{0,60}["']){0,4}\s{1,40}["']?(?:name|key|id)["']?[ ]{0,4}[:=][ ]{0,4}["']?[\w.$-]{0,60}\Z"""
)
"""From a value to the name behind it that it belongs to."""
_GLUED = re.compile(r"[^-]-p")
"""`-ppassword1` of a command of MySQL: what follows is no value."""
_ARN = re.compile(r"arn:[\w:./-]{0,110}:\Z")
_INSERT = re.compile(
    r"(?i)\b(?:insert|replace|merge)\b[^(;]{1,200}\((?P<columns>[^()]{1,4000})\)\s*(?:output[^()]{0,100})?values\s*"
)
_CELL = re.compile(
    r"\s*(?:[EeNnBbXxUu&]{1,2}(?='))?(?:\w{1,30}\()?(?:'(?P<text>(?:''|\\.|[^'\\])*+)'|\"(?P<double>[^\"]*)\"|(?P<other>[^\s,()']+))?[^,()']*\)?\s*(?P<end>[,)])(?P<next>\s*,\s*\()?"
)


def find(text: str) -> Iterator[Span]:
    """Every secret; spans may overlap."""
    for view in views(text):
        inner = view.text
        lower = inner.lower()
        for span in shapes.find(inner, lower):
            yield Span(*view.span(span.start, span.end), span.kind)
        if not any(map(lower.__contains__, HINTS)):
            continue
        names = [*_names(inner)]
        if not names:
            continue
        for value, by_name in (
            *_named(inner, names),
            *structures.find(inner),
            *structures.in_tables(inner),
            *_inserted(inner),
        ):
            start, end = view.span(value.start, value.end)
            yield Span(start, end, by_name.kind, _quote(view, text, value) if value.is_number else "")


def _quote(view: View, text: str, value: Value) -> str:
    """The quotes of the JSON that a number stands in, as they are written in the text itself."""
    before = view.text.rfind('"', 0, value.start)
    return text[slice(*view.span(before, before + 1))] if before >= 0 else ""


def _names(text: str) -> Iterator[tuple[re.Match[str], Telling, bool]]:
    """The telling names of a text, and whether each is Japanese."""
    before = ""
    end = 0
    for match in IDENTIFIER.finditer(text):
        name, start = match[0], match.start()
        tells = telling(name)
        if tells is None and name.lower() in PAIRED and start - end == 1 and text[end] == " ":
            tells = telling(f"{before} {name}")
        before, end = name[-40:], match.end()
        if (
            tells is not None
            and not (
                _GLUED.match(text, max(0, start - 2))
                and (name.startswith("pp") or not (name.isalpha() and name.islower()))
            )
            and not (text[start - 1 : start] == ":" and _ARN.search(text, max(0, start - 120), start))
        ):
            yield match, tells, False
    if any(map(text.__contains__, JAPANESE_HINTS)):
        for match in JAPANESE.finditer(text):
            yield match, telling_japanese(match), True


def _named(
    text: str, names: Sequence[tuple[re.Match[str], Telling, bool]]
) -> Iterator[tuple[Value, Telling]]:
    """The secrets beside the names; a name within a secret is none."""
    reader = Reader(text)
    done = [0, 0]
    for name, tells, is_japanese in names:
        if name.start() < done[is_japanese]:
            continue
        values = [
            *(
                reader.beside(*name.span(), tells, before="", is_japanese=True)
                if is_japanese
                else _beside(reader, text, name, tells)
            )
        ]
        for value in values or reader.before(name.start(), is_japanese=is_japanese):
            yield value, tells
            done[is_japanese] = max(done[is_japanese], value.end)


def _beside(reader: Reader, text: str, name: re.Match[str], tells: Telling) -> Iterator[Value]:
    start, end = name.span()
    first = text[start - 1 : start]
    tag = first == "<" or (
        first == ":" and re.search(r"<[\w.-]{1,30}:\Z", text[max(0, start - 33) : start]) is not None
    )
    if tag and (element := _ELEMENT.match(text, end)) is not None:
        yield from reader.trimmed(*element.span("value"), tells)
        return
    values = list(reader.beside(start, end, tells, before=first, is_japanese=False))
    if (
        not values
        and (pair := _PAIR.match(text, end)) is not None
        and ("input_value" in pair[0] or _is_value(text, start))
    ):
        if pair[0].rstrip(" \t").endswith((">", "\n")):
            stop = re.compile(r"[^<\n]{1,4000}").match(text, pair.end())
            values = list(reader.trimmed(*stop.span(), tells)) if stop is not None else []
        else:
            values = list(reader.value(pair.end(), tells))
    if (
        not values
        and "value" in text[max(0, start - 500) : start].lower()
        and (pair := _PAIR_BEFORE.search(text, max(0, start - 500), start)) is not None
    ):
        values = list(reader.trimmed(*pair.span("value"), tells))
    yield from values


def _is_value(text: str, start: int) -> bool:
    """Whether the name at `start` is what another key says."""
    return (
        re.search(
            r"""(?i)(?:(?:name|key|field|param\w{0,8}|attribute|property|id|column|label|variable|setting|header)["'`]?[ ]{0,4}(?:=>|[:=])[ ]{0,4}["'`]?|>)[\w.$/-]{0,60}\Z""",
            text[max(0, start - 100) : start],
        )
        is not None
    )


def _inserted(text: str) -> Iterator[tuple[Value, Telling]]:
    """The values of the telling columns of `INSERT`."""
    for match in _INSERT.finditer(text):
        columns = [structures.named(column.strip(' "`[]\n\t')) for column in match["columns"].split(",")]
        at, place = match.end() + 1, 0
        while any(columns) and (cell := _CELL.match(text, at)) is not None:
            if place < len(columns) and (tells := columns[place]) is not None and cell.lastgroup:
                group = next((name for name in ("text", "double", "other") if cell[name]), "")
                if (
                    group
                    and cell[group].upper() != "NULL"
                    and not cell[group].startswith(("$", ":", "?", "%"))
                ):
                    yield Value(*cell.span(group)), tells
            at, place = cell.end(), place + 1
            if cell["end"] == ")":
                place = 0
                if not cell["next"]:
                    break
