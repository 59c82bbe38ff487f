"""What alarms send, compared with an enumeration of every state of every alarm, for random graphs.

The rules are built as trees, which are evaluated here and rendered as text for the product; nothing here parses.
A truth is an integer with one bit for each of the 3^n assignments of states to the n metric alarms: the bit at index
Σ dᵢ·3ⁱ is for the assignment in which the metric alarm i has the state dᵢ (0 OK, 1 INSUFFICIENT_DATA, 2 ALARM).

`never`: in no assignment, and from no start (OK or INSUFFICIENT_DATA), is anything sent. `already`: where nothing is sent, a
composite whose state depends on the alarm is in ALARM before and after, and not suppressed all that time.
"""

import random
from collections import Counter
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import and_, or_
from typing import Any

import pytest

from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.base import RawId
from tests.services.alarms.hearing import sending

OK, INSUFFICIENT, ALARM = range(3)
WORDS = ("OK", "INSUFFICIENT_DATA", "ALARM")
ARN = "arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:"
SCALING = (
    "arn:aws:autoscaling:ap-northeast-1:123456789012:scalingPolicy:u:autoScalingGroupName/g:policyName/p"
)
REACHED, NOBODY, UNREAD = (
    f"arn:aws:sns:ap-northeast-1:123456789012:{name}" for name in ("reached", "nobody", "unread")
)
PROGRAM = "arn:aws:lambda:ap-northeast-1:123456789012:function:calls-a-person"


def reaches(action):
    return {REACHED: True, PROGRAM: True, NOBODY: False, SCALING: False}.get(action)


# ---------------------------------------------------------------- rules as trees

Tree = tuple[Any, ...]
"""`("IS", state, name)`, `("AT_LEAST", threshold, is_percent, is_negated, state, names)`, `("NOT", tree)`,
`("AND" or "OR", trees)` or `("CONSTANT", value)`."""


def names_of(tree):
    match tree:
        case ("IS", _, name):
            yield name
        case ("AT_LEAST", *_, names):
            yield from names
        case ("NOT", part):
            yield from names_of(part)
        case ("AND" | "OR", parts):
            for part in parts:
                yield from names_of(part)


def reference(rng, name):
    text = ARN + name if rng.random() < 0.2 else name
    if rng.random() < 0.4 and not any(sign in text for sign in ' (),"'):
        return text
    return '"' + text.replace('"', '\\"') + '"'


def rendered(rng, tree):
    """Text of a tree in the varieties that AWS documents: quotes, ARNs, blanks and parentheses."""

    def blank():
        return rng.choice((" ",) * 8 + ("  ", "\n", " \n  "))

    def nested(part, rate):
        text = rendered(rng, part)
        return f"({text})" if part[0] in ("AND", "OR") or rng.random() < rate else text

    match tree:
        case ("CONSTANT", value):
            return "TRUE" if value else "FALSE"
        case ("IS", state, name):
            return f"{WORDS[state]}{' ' * (rng.random() < 0.05)}({reference(rng, name)})"
        case ("AT_LEAST", threshold, is_percent, is_negated, state, names):
            comma = rng.choice((", ", ", ", ","))
            listed = comma.join(reference(rng, name) for name in names)
            condition = "NOT " * is_negated + WORDS[state]
            return f"AT_LEAST({threshold}{'%' * is_percent}{comma}{condition}{comma}({listed}))"
        case ("NOT", part):
            return f"NOT{blank()}{nested(part, 0.2)}"
        case (word, parts):
            return (blank() + word + blank()).join(nested(part, 0.1) for part in parts)
    raise AssertionError(tree)


# ---------------------------------------------------------------- graphs


@dataclass(frozen=True)
class Node:
    name: str
    tree: Tree | None = None
    actions: tuple[str, ...] = ()
    is_enabled: bool | None = True
    is_muted: bool = False
    suppressor: str = ""
    is_broken: bool = False  # Its text is no rule, although it has the tree's names
    rule: str = ""
    by_arn: bool = False  # Whether its suppressor is named by its ARN

    @property
    def acts(self):
        counted = (action for action in self.actions if action != SCALING)
        return not self.is_muted and any(reaches(action) is not False for action in counted)

    def alarm(self):
        return Alarm(
            id=RawId(self.name),
            name=self.name,
            arn=RawId(ARN + self.name),
            kind=AlarmKind.METRIC if self.tree is None else AlarmKind.COMPOSITE,
            state=AlarmState.OK,
            actions_enabled=self.is_enabled,
            alarm_actions=tuple(map(RawId, self.actions)),
            scaling_actions=tuple(RawId(action) for action in self.actions if action == SCALING),
            has_actions=any(action != SCALING for action in self.actions),
            suppressor=RawId(ARN * (self.by_arn and bool(self.suppressor)) + self.suppressor),
            muted_by="quiet hours" if self.is_muted else "",
            rule=self.rule,
        )


Graph = tuple[Node, ...]


def answer_of(name, graph):
    return sending(name, [node.alarm() for node in graph], reaches=reaches).when


NAMES = (
    "cpu", "memory", "disk-5xx", "Api/Latency:p99", "queue_depth", "a", "高負荷", "web server 1", "db (primary)",
    "one, two", 'the "main" alarm', "50% full", "AND", "NOT", "ALARM", "OK", "TRUE", "not ALARM", "x=y", "ALARM(cpu)",
    "alarm.with.dots", "AT_LEAST", "cp", "cpu2", "#1",
)  # fmt: skip


def random_graph(rng):
    leaves = rng.sample(NAMES, rng.choice((1, 2, 2, 3, 3, 4, 4, 5, 6)))
    rest = [name for name in NAMES if name not in leaves]
    composites = rng.sample(rest, rng.choice((0, 1, 2, 2, 3, 3, 4, 5)))
    absent = [name for name in rest if name not in composites][:1]
    nodes = [
        Node(leaf, None, _actions(rng, 0.12), _enabled(rng), is_muted=rng.random() < 0.1) for leaf in leaves
    ]
    for index, name in enumerate(composites):
        below = leaves + composites[:index] * 2
        below += composites[index:] if rng.random() < 0.04 else []
        below += absent if rng.random() < 0.03 else []
        tree = _tree(rng, below, rng.choice((0, 1, 1, 2, 2, 3)))
        rule, is_broken = rendered(rng, tree), rng.random() < 0.02
        if is_broken:
            rule = rng.choice(
                (rule + ")", "(" + rule, rule + " AND", rule.replace("(", "[", 1) + "(", rule + " XOR TRUE")
            )
        suppressor = _suppressor(rng, leaves, composites, absent)
        is_muted, by_arn = rng.random() < 0.06, rng.random() < 0.5
        actions, is_enabled = _actions(rng, 0.65), _enabled(rng)
        nodes.append(Node(name, tree, actions, is_enabled, is_muted, suppressor, is_broken, rule, by_arn))
    rng.shuffle(nodes)
    return tuple(nodes)


def _actions(rng, rate):
    one = rng.choice((REACHED, REACHED, REACHED, UNREAD, PROGRAM, NOBODY))
    odds = ((one, rate), (NOBODY, 0.1), (SCALING, 0.1))
    return tuple(dict.fromkeys(action for action, odd in odds if rng.random() < odd))


def _enabled(rng):
    return rng.choice((True,) * 44 + (False,) * 5 + (None,))


def _suppressor(rng, leaves, composites, absent):
    if rng.random() > 0.2:
        return ""
    return absent[0] if absent and rng.random() < 0.05 else rng.choice(leaves * 2 + composites)


def _tree(rng, below, depth):
    kind = rng.random()
    if depth == 0 or kind < 0.12:
        if rng.random() < 0.05:
            return ("CONSTANT", rng.random() < 0.5)
        return ("IS", rng.choice((ALARM,) * 8 + (OK, INSUFFICIENT)), rng.choice(below))
    if kind < 0.3:
        names = tuple(dict.fromkeys(rng.choices(below, k=rng.randint(1, 5))))
        is_percent = rng.random() < 0.5
        shares = (1, 20, 25, 33, 34, 50, 51, 66, 67, 75, 100)
        threshold = rng.choice(shares if is_percent else range(1, len(names) + 1))
        state = rng.choice((ALARM, ALARM, OK, INSUFFICIENT))
        return ("AT_LEAST", threshold, is_percent, rng.random() < 0.3, state, names)
    if kind < 0.38:
        return ("NOT", _tree(rng, below, depth - 1))
    parts = tuple(_tree(rng, below, depth - 1) for _ in range(rng.choice((2, 2, 3))))
    return (rng.choice(("AND", "OR", "OR", "OR")), parts)


# ---------------------------------------------------------------- enumeration

Truth = tuple[int, int, int]  # For each state of an alarm, the assignments in which it has it


def at_least(threshold, truths, every):
    exceeding = [every] + [0] * threshold
    for truth in truths:
        for index in range(threshold, 0, -1):
            exceeding[index] |= exceeding[index - 1] & truth
    return exceeding[threshold]


def evaluate(tree, truths, every):
    match tree:
        case ("CONSTANT", value):
            return every if value else 0
        case ("IS", state, name):
            return truths[name][state]
        case ("AT_LEAST", threshold, is_percent, is_negated, state, names):
            needed = -(-threshold * len(names) // 100) if is_percent else threshold
            return at_least(needed, [truths[name][state] ^ every * is_negated for name in names], every)
        case ("NOT", part):
            return every & ~evaluate(part, truths, every)
        case (word, parts):
            return reduce(and_ if word == "AND" else or_, [evaluate(part, truths, every) for part in parts])
    raise AssertionError(tree)


class Enumeration:
    def __init__(self, graph):
        self.nodes = {node.name: node for node in graph}
        self.trees = {node.name: node.tree for node in graph if node.tree is not None}
        self.leaves = [node.name for node in graph if node.tree is None]
        size = 3 ** len(self.leaves)
        self.every = (1 << size) - 1
        self.leaf_truths: dict[str, Truth] = {}
        for position, name in enumerate(self.leaves):
            masks = [0, 0, 0]
            for index in range(size):
                masks[index // 3**position % 3] |= 1 << index
            self.leaf_truths[name] = (masks[0], masks[1], masks[2])
        self.below = {name: self._below(name) for name in self.nodes}

    def _below(self, name):
        names: set[str] = set()
        ahead = [name]
        while ahead:
            new = set(names_of(self.trees.get(ahead.pop(), ("CONSTANT", True)))) - names
            names |= new
            ahead += new
        return names

    def judge(self, name):
        """The answers that are right, more than one only where a doubt can be argued not to matter; and whether one is."""
        acting = [
            node for node in self.nodes.values() if node.tree and node.acts and node.is_enabled is not False
        ]
        concerned = [node for node in acting if name in self.below[node.name]]
        # A broken rule may depend on anything, if anything can be said of it at all: nothing says that it matters.
        broken = {node.name for node in self.nodes.values() if node.is_broken}
        strange = any(
            {node.name, *self.below[node.name]} & broken for node in acting if node not in concerned
        )
        doubted = [
            node.name for node in (self.nodes[name], *concerned) if node.acts and node.is_enabled is None
        ]
        judgements = [
            self._judge_enabled(name, dict(zip(doubted, world, strict=True)), concerned)
            for world in product((True, False), repeat=len(doubted))
        ]
        answers = set.intersection(*(answers for answers, _is_doubtful in judgements))
        is_doubtful = bool(doubted) or strange or judgements[0][1]
        return answers | ({"unknown"} if is_doubtful else set()), is_doubtful

    def _judge_enabled(self, name, enabled, concerned):
        own = self.nodes[name]
        concerned = [node for node in concerned if enabled.get(node.name, node.is_enabled is True)]
        heads = {x for node in concerned for x in (node.name, node.suppressor) if x}
        matter = heads.union(*(self.below.get(x, ()) for x in heads))
        absent = sorted(matter - self.nodes.keys())
        doubted = sorted(
            x for x in matter & self.nodes.keys() if self.nodes[x].is_broken or x in self.below[x]
        )
        is_doubtful = bool(absent or doubted)
        base = self.leaf_truths[name][OK]
        can = Counter(dict.fromkeys(("send", "covered", "alone", "some", "none"), 0))
        for truths in self._worlds(name, absent, doubted, matter, heads):
            sent, some, covered, maybe_covered = self._outcome(name, truths, concerned)
            if own.acts and enabled.get(name, own.is_enabled is True):
                sent = some = base
            can["send"] |= sent
            can["covered"] |= base & ~sent & (maybe_covered if is_doubtful else covered)
            can["alone"] |= base & ~sent & ~covered
            can["some"] |= some
            can["none"] |= base & ~some
        answers = set(_answers(base, can))
        assert is_doubtful or len(answers) == 1
        return answers, is_doubtful

    def _worlds(self, name, absent, doubted, matter, heads):
        """What all alarms are before (from OK, from INSUFFICIENT_DATA) and after, whatever the doubtful ones are."""
        order = self._order((matter & self.trees.keys()) - set(doubted))
        named = {y for x in order for y in names_of(self.trees[x])} | heads
        doubted = [x for x in doubted if x in named]
        choices: list[list[tuple[int, ...]]] = [list(product(range(3), repeat=3)) for _ in absent]
        for x in doubted:
            moves = name in self.below[x] or not self.below[x] <= self.nodes.keys()
            states = (OK, ALARM)
            choices.append(list(product(states, repeat=3)) if moves else [(state,) * 3 for state in states])
        for choice in product(*choices):
            moments = []
            for moment in range(3 if choice else 1):
                truths: dict[str, Truth] = dict(self.leaf_truths)
                for x, states_of in zip((*absent, *doubted), choice, strict=True):
                    ok, insufficient, alarm = (
                        self.every * (states_of[moment] == state) for state in range(3)
                    )
                    truths[x] = (ok, insufficient, alarm)
                for x in order:
                    value = evaluate(self.trees[x], truths, self.every)
                    truths[x] = (self.every & ~value, 0, value)
                moments.append(truths)
            yield tuple(moments if choice else moments * 3)

    def _order(self, names):
        done: list[str] = []

        def visit(name):
            if name not in done:
                for below in sorted(set(names_of(self.trees[name])) & names):
                    visit(below)
                done.append(name)

        for name in sorted(names):
            visit(name)
        return done

    def _outcome(self, name, moments, concerned):
        """Assignments in which a composite sends from every start and from some, and those in which, where none does, one
        that depends on the alarm, or any one, is in ALARM already and was not suppressed all the time."""
        base = self.leaf_truths[name][OK]
        step = 3 ** self.leaves.index(name)

        def firing(x):
            return [truths[x][ALARM] >> start * step & base for start, truths in enumerate(moments)]

        sent, covered, maybe = [0, 0], [0, 0], [0, 0]
        for node in concerned:
            *befores, after = firing(node.name)
            *silenced, silent = firing(node.suppressor) if node.suppressor else (0, 0, 0)
            depends = any(before != after for before in befores)
            for start, before in enumerate(befores):
                stays = after & before & ~(silenced[start] & silent)
                sent[start] |= after & ~before & ~silent
                covered[start] |= stays if depends else 0
                maybe[start] |= stays
        # Where it does not send from a start, a composite has to be in ALARM already at that start.
        all_covered, maybe_covered = ((sent[0] | x[0]) & (sent[1] | x[1]) for x in (covered, maybe))
        return sent[0] & sent[1], sent[0] | sent[1], all_covered, maybe_covered


def _answers(base, can):
    if base & can["send"] & ~can["covered"] & ~can["alone"] == base:
        yield "always"
    elif not can["some"]:
        yield "never"
    elif base & ~can["none"]:
        # Surely something is sent somewhere.
        if base & ~can["send"] & ~can["covered"]:
            yield "together"
        elif base & ~can["send"] and not can["alone"]:
            yield "already"


# ---------------------------------------------------------------- comparison


def compare(seed, counts):
    graph = random_graph(random.Random(seed))
    enumeration = Enumeration(graph)
    alarms = [node.alarm() for node in graph]
    for name in enumeration.leaves:
        right, is_doubtful = enumeration.judge(name)
        answer = sending(name, alarms, reaches=reaches)
        counts[answer.when] += 1
        needs_through = not is_doubtful and answer.when in ("already", "together")
        is_sound = set(answer.through) <= enumeration.trees.keys() and bool(answer.through) >= needs_through
        if answer.when not in right or not is_sound:
            yield "\n    ".join([f"seed {seed}, {name!r}: {answer}, right: {right}", *map(repr, graph)])


def check(seeds):
    counts: Counter[str] = Counter()
    differences = sorted((text for seed in seeds for text in compare(seed, counts)), key=len)
    assert not differences, "\n".join([f"{len(differences)} differences", *differences[:5]])
    return counts


def test_random_graphs_send_what_trying_all_states_says():
    counts = check(range(1_000_000, 1_000_400))
    # The graphs ask for something: each answer is given often enough.
    assert all(counts[word] >= 20 for word in ("always", "already", "together", "never", "unknown")), counts


@pytest.mark.slow
def test_many_random_graphs_send_what_trying_all_states_says():
    check(range(2_000_000, 2_010_000))


def actor(rule, name="a", **more):
    return Node("X", ("IS", ALARM, name), (REACHED,), rule=rule, **more)


DOUBTFUL = {
    "missing": actor("ALARM(gone) AND ALARM(a)"),
    "cycle": actor("ALARM(a) AND ALARM(X)"),
    "no rule": actor("ALARM(a) XOR TRUE"),
    "suppressor missing": actor("ALARM(a)", suppressor="gone"),
    "actions unreported": actor("ALARM(a)", is_enabled=None),
}


@pytest.mark.parametrize("doubtful", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubt_that_decides_between_already_and_always_is_unknown(doubtful):
    # Without X it is `already`; X might send whenever another alarm is in ALARM already.
    either = Node("P", ("OR", ()), (REACHED,), rule="ALARM(a) OR ALARM(b)")
    assert answer_of("a", (Node("a"), Node("b"), either)) == "already"
    assert answer_of("a", (Node("a"), Node("b"), either, doubtful)) == "unknown"


@pytest.mark.parametrize(
    ("name", "text"), [("cpu", '"cpu"'), ("cpu", f"{ARN}cpu"), ('a"b', '"a\\"b"'), ('a"b', f'"{ARN}a\\"b"')]
)
def test_a_text_that_is_no_rule_and_names_the_alarm_is_not_judged(name, text):
    assert answer_of(name, (Node(name), actor(f"ALARM({text}) XOR TRUE", name))) == "unknown"


@pytest.mark.parametrize("more", [{"reaches": lambda _action, x=x: x} for x in (False, None, True)] + [{}])
def test_a_scaling_action_does_not_count_whatever_is_said_of_it(more):
    assert sending("a", [Node("a", actions=(SCALING,)).alarm()], **more).when == "never"


def holds(tree, states):
    match tree:
        case ("CONSTANT", value):
            return bool(value)
        case ("IS", state, name):
            return bool(states[name] == state)
        case ("AT_LEAST", threshold, is_percent, is_negated, state, names):
            number = sum((states[name] == state) != is_negated for name in names)
            return bool(number * 100 >= threshold * (len(names) if is_percent else 100))
        case ("NOT", part):
            return not holds(part, states)
    return (all if tree[0] == "AND" else any)(holds(part, states) for part in tree[1])


def test_evaluation_by_bits_is_that_of_each_assignment_alone():
    rng = random.Random(7)
    for _ in range(60):
        enumeration = Enumeration(tuple(Node(name) for name in NAMES[: rng.randint(1, 3)]))
        tree = _tree(rng, enumeration.leaves, 3)
        value = evaluate(tree, enumeration.leaf_truths, enumeration.every)
        for index, reversed_states in enumerate(product(range(3), repeat=len(enumeration.leaves))):
            states = dict(zip(enumeration.leaves, reversed(reversed_states), strict=True))
            assert holds(tree, states) == bool(value >> index & 1), (tree, states)
