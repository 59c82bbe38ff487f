"""Decision diagrams over the states of alarms: exact answers about conditions of which nobody could try all
cases. Pure. A condition is a number: FALSE, TRUE, or a node with one condition for each state of the alarm
that it asks about first. Equal conditions are the same number. Source: R. Bryant, "Graph-based algorithms for
Boolean function manipulation" (1986)."""

from collections.abc import Collection

from services.models.alarms import AlarmState

FALSE, TRUE = 0, 1
VALUES = (AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT)
"""The states of an alarm, in the order of a node's branches."""
_END = 1 << 60  # The level of FALSE and TRUE: below all alarms


class DiagramTooLarge(Exception):
    """The conditions would need more steps than are allowed."""


class Diagrams:
    """Conditions over alarms, which are asked about in the order in which they are first used."""

    def __init__(self, most: int) -> None:
        self._left = most  # Steps that may still be made
        self._levels: dict[str, int] = {}
        self._nodes: list[tuple[int, ...]] = [(_END,), (_END,)]
        """The level of each, and its branches, which have smaller numbers."""
        self._numbers: dict[tuple[int, ...], int] = {}
        self._answers: dict[tuple[int, int, int], int] = {}

    def in_state(self, name: str, states: Collection[AlarmState]) -> int:
        level = self._levels.setdefault(name, len(self._levels))
        return self._node(level, *(int(state in states) for state in VALUES))

    def at_least(self, count: int, conditions: list[int]) -> int:
        count = min(count, len(conditions) + 1)
        # By the number that has to hold among those that follow; only the numbers that can still matter.
        row = [TRUE] + [FALSE] * count
        for done, condition in enumerate(reversed(conditions), 1):
            left = len(conditions) - done
            for need in range(min(done, count), max(0, count - left - 1), -1):
                row[need] = self.choice(condition, row[need - 1], row[need])
        return row[count]

    def alarms(self, condition: int) -> list[str]:
        reached = {condition}
        for number in range(condition, TRUE, -1):
            if number in reached:
                reached.update(self._nodes[number][1:])
        levels = {self._nodes[number][0] for number in reached}
        return [name for name, level in self._levels.items() if level in levels]

    def choice(self, condition: int, then: int, otherwise: int) -> int:
        """`then` where the condition holds, `otherwise` elsewhere. Raises TooLarge, or RecursionError beyond some 900 alarms."""
        if condition == TRUE or then == otherwise:
            return then
        if condition == FALSE:
            return otherwise
        question = condition, then, otherwise
        answer = self._answers.get(question)
        if answer is None:
            nodes = [self._nodes[number] for number in question]
            level = min(node[0] for node in nodes)
            branches = []
            for state in range(1, len(VALUES) + 1):
                one, two, three = (
                    node[state] if node[0] == level else number
                    for node, number in zip(nodes, question, strict=True)
                )
                branches.append(self.choice(one, two, three))
            answer = self._answers[question] = self._node(level, *branches)
        return answer

    def _node(self, level: int, *branches: int) -> int:
        if len(set(branches)) == 1:
            return branches[0]
        self._left -= 1
        if self._left < 0:
            raise DiagramTooLarge
        node = level, *branches
        number = self._numbers.setdefault(node, len(self._nodes))
        if number == len(self._nodes):
            self._nodes.append(node)
        return number
