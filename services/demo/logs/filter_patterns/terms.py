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
    """All plain terms must occur and no `-term`; of `?terms` alone, any one. Case-sensitive; parts of words match.

    Raises PatternError.
    """
    needed: list[Match] = []
    optional: list[Match] = []
    excluded: list[Match] = []
    kinds = {"": needed, "?": optional, "-": excluded}
    position = 0
    while text[position:].strip():
        match = _TERM.match(text, position)
        if match is None:
            raise PatternError(f"Invalid character(s) in term '{text[position:].strip()}'")
        kinds[(match["sign"] or "").strip()].append(_term(match))
        position = match.end()
    if optional and not needed:
        needed = [lambda line: any(test(line) for test in optional)]
    if len(needed) == 1 and not excluded:
        return needed[0]
    return lambda line: all(test(line) for test in needed) and not any(test(line) for test in excluded)


def _term(term: re.Match[str]) -> Match:
    if term["regex"] is not None:
        expression = regex(term["regex"])
        return lambda line: expression.search(line) is not None
    phrase = term["word"]
    if phrase is None:
        phrase = _ESCAPE.sub(r"\1", term["phrase"])
    elif not phrase.replace("_", "a").isalnum():
        raise PatternError(f"Invalid character(s) in term '{phrase}'")
    return lambda line: phrase in line
