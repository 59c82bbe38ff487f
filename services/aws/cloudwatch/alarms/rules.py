import re
from collections.abc import Callable, Collection, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.aws.cloudwatch.alarms.diagrams import FALSE, TRUE, VALUES, Diagrams
from services.aws.cloudwatch.alarms.parsing import STATES, alarm_name
from services.models.alarms import AlarmState

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

InState = Callable[[str, Collection[AlarmState]], int]  # The condition that an alarm is in one of the states


@lru_cache(4096)
def parsed(rule: str) -> "tuple[Tree[Token], tuple[str, ...]] | None":
    from lark.exceptions import LarkError

    try:
        tree = _parser().parse(rule)
    except LarkError:
        return None
    nodes: Iterator[Tree[Token]] = tree.iter_subtrees_topdown()  # type: ignore[no-untyped-call]
    parts: list[Any] = [part for node in nodes for part in node.children]
    names = (str(part) for part in parts if getattr(part, "type", "") == "NAME")
    return tree, tuple(dict.fromkeys(names))


def condition(tree: "Tree[Token]", diagrams: Diagrams, in_state: InState) -> int:
    """When the rule holds. Raises TooLarge, RecursionError."""
    values: dict[int, int] = {}
    for node in tree.iter_subtrees():
        parts: list[Any] = [values.get(id(part), part) for part in node.children]
        match node.data, parts:
            case "negation", [_, part]:
                value = diagrams.choice(part, FALSE, TRUE)
            case "state", [word, name]:
                value = in_state(name, {STATES[word.upper()]})
            case "at_least", [number, percent, negated, word, *names]:
                states = [state for state in VALUES if (state is STATES[word.upper()]) == (negated is None)]
                # A share is met from the next whole alarm on.
                count = -(-int(number) * len(names) // 100) if percent else int(number)
                value = diagrams.at_least(count, [in_state(name, states) for name in names])
            case word, _:
                value = diagrams.at_least(len(parts) if word == "every" else 1, parts)
        values[id(node)] = value
    return values[id(tree)]


def _without_signs(name: "Token") -> "Token":
    text = re.sub(r"\\(.)", r"\1", name[1:-1]) if name[0] in "\"'" else str(name)
    return name.update(value=alarm_name(text))


@cache
def _parser() -> "Lark":
    # Loaded with the first composite alarm that matters: most systems have none.
    from lark import Lark

    grammar = Path(__file__).with_name("rule.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer_callbacks={"NAME": _without_signs})
