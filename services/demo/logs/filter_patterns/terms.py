"""Filter patterns for text: `ERROR -Exiting`, `?ERROR ?WARN`, `"a phrase"`, `%regex%`."""

import re
from collections.abc import Callable

from services.demo.logs.filter_patterns.values import PatternError, regex

Match = Callable[[str], bool]
_TERM = re.compile(
    r"""\s*(?P<sign>[?]|-\s*)?(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]*)%|(?P<word>[^\s"]+))"""
)
_ESCAPE = re.compile(r"\\(.)")


def compile_terms(text: str) -> Match:
    """All plain terms must occur, no `-term` may; of `?terms` alone any one. Case counts, parts of words do.

    Raises PatternError.
    """
    needed: list[Match] = []
    optional: list[Match] = []
    unwanted: list[Match] = []
    kinds = {"": needed, "?": optional, "-": unwanted}
    position = 0
    while text[position:].strip():
        found = _TERM.match(text, position)
        if found is None:
            raise PatternError(f"Invalid character(s) in term '{text[position:].strip()}'")
        kinds[(found["sign"] or "").strip()].append(_term(found))
        position = found.end()
    if optional and not needed:
        needed = [lambda line: any(match(line) for match in optional)]
    if len(needed) == 1 and not unwanted:
        return needed[0]
    return lambda line: all(match(line) for match in needed) and not any(match(line) for match in unwanted)


def _term(found: re.Match[str]) -> Match:
    if found["regex"] is not None:
        expression = regex(found["regex"])
        return lambda line: expression.search(line) is not None
    phrase = found["word"]
    if phrase is None:
        phrase = _ESCAPE.sub(r"\1", found["phrase"])
    elif not phrase.replace("_", "a").isalnum():
        raise PatternError(f"Invalid character(s) in term '{phrase}'")
    return lambda line: phrase in line
