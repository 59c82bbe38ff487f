"""Filter patterns for text: `ERROR -Exiting`, `?ERROR ?WARN`, `"a phrase"`, `%regex%`."""

from collections.abc import Callable

from services.demo.grammar import Meaning, Node
from services.demo.logs.filter_patterns.values import PatternError, regex, unquoted

Test = Callable[[str], bool]


class TermsPattern(Meaning):
    """Case-sensitive; parts of words match."""

    def terms(self, node: Node) -> tuple[Test, Callable[[str], dict[str, str]]]:
        """All plain terms must occur and no `-term`; of `?terms` alone, any one."""
        tests: dict[str, list[Test]] = {"": [], "?": [], "-": []}
        for sign, test in map(self.visit, node.children):
            tests[sign].append(test)
        needed, optional, excluded = tests.values()
        if optional and not needed:
            needed = [lambda line: any(test(line) for test in optional)]
        if len(needed) == 1 and not excluded:
            return needed[0], lambda _: {}
        return (
            lambda line: all(test(line) for test in needed) and not any(test(line) for test in excluded),
            lambda _: {},
        )

    def term(self, node: Node) -> tuple[str, Test]:
        *sign, term = node.children
        text = str(term)
        if term.type == "REGEX":
            expression = regex(text[1:-1])
            return "".join(sign), lambda line: expression.search(line) is not None
        if term.type == "PHRASE":
            text = unquoted(text)
        elif not text.replace("_", "a").isalnum():
            raise PatternError(f"Invalid character(s) in term '{text}'")
        return "".join(sign), lambda line: text in line
