"""Decision diagrams over the states of alarms: exact answers about conditions of which nobody could try all cases. Pure.

A condition is a number: FALSE, TRUE, or a node with one condition for each state of the alarm that it asks about first.
Equal conditions are the same number. Source: R. Bryant, "Graph-based algorithms for Boolean function manipulation" (1986).
"""

from collections.abc import Collection, Iterator

from services.models.alarms import AlarmState

FALSE, TRUE = 0, 1
VALUES = (AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT)
"""The states of an alarm, in the order of a node's branches."""
_END = 1 << 60
"""The level of FALSE and TRUE: below all alarms."""
_Branches = tuple[int, int, int]
_Question = tuple[int, int, int]


class TooLarge(Exception):
    """The conditions would need more nodes than are allowed."""


class Diagrams:
    """Conditions over alarms, which are asked about in the order in which they are first used."""

    def __init__(self, most: int) -> None:
        self._left = most
        """Steps that may still be made."""
        self.levels: dict[str, int] = {}
        self._nodes: list[tuple[int, _Branches]] = [(_END, (FALSE,) * 3), (_END, (TRUE,) * 3)]
        self._numbers: dict[tuple[int, _Branches], int] = {}
        self._answers: dict[_Question, int] = {}

    def in_state(self, name: str, states: Collection[AlarmState]) -> int:
        """That the alarm is in one of these states."""
        level = self.levels.setdefault(name, len(self.levels))
        ok, alarm, insufficient = (TRUE if state in states else FALSE for state in VALUES)
        return self._node(level, (ok, alarm, insufficient))

    def negation(self, condition: int) -> int:
        return self.choice(condition, FALSE, TRUE)

    def both(self, one: int, other: int) -> int:
        return self.choice(one, other, FALSE)

    def either(self, one: int, other: int) -> int:
        return self.choice(one, TRUE, other)

    def at_least(self, count: int, conditions: list[int]) -> int:
        """That `count` of the conditions hold."""
        if count <= 0:
            return TRUE
        # By the number that has to hold among those that follow; only the numbers that can still matter.
        row = [TRUE] + [FALSE] * count
        for done, condition in enumerate(reversed(conditions), 1):
            left = len(conditions) - done
            for need in range(min(done, count), max(0, count - left - 1), -1):
                row[need] = self.choice(condition, row[need - 1], row[need])
        return row[count]

    def given(self, condition: int, state: AlarmState) -> int:
        """What the condition comes to if the first alarm of all is in this state."""
        level, branches = self._nodes[condition]
        return branches[VALUES.index(state)] if level == 0 else condition

    def support(self, condition: int) -> Iterator[str]:
        """The alarms on which the condition depends, in order."""
        visited, open_nodes = {FALSE, TRUE}, [condition]
        levels: set[int] = set()
        while open_nodes:
            number = open_nodes.pop()
            if number not in visited:
                visited.add(number)
                level, branches = self._nodes[number]
                levels.add(level)
                open_nodes += branches
        return (name for name, level in self.levels.items() if level in levels)

    def choice(self, condition: int, then: int, otherwise: int) -> int:
        """`then` where the condition holds, `otherwise` elsewhere. Raises TooLarge."""
        first = (condition, then, otherwise)
        # No recursion: a condition may be about more alarms than Python has frames.
        open_questions = [first]
        while open_questions:
            question = open_questions[-1]
            if self._known(question) is not None:
                open_questions.pop()
                continue
            one, two, three = (self._nodes[number] for number in question)
            level = min(one[0], two[0], three[0])
            parts = [
                (
                    one[1][state] if one[0] == level else question[0],
                    two[1][state] if two[0] == level else question[1],
                    three[1][state] if three[0] == level else question[2],
                )
                for state in range(len(VALUES))
            ]
            answers = [self._known(part) for part in parts]
            if None in answers:
                open_questions += [
                    part for part, answer in zip(parts, answers, strict=True) if answer is None
                ]
                continue
            ok, alarm, insufficient = (answer or FALSE for answer in answers)
            self._answers[question] = self._node(level, (ok, alarm, insufficient))
            open_questions.pop()
        return self._known(first) or FALSE

    def _known(self, question: _Question) -> int | None:
        condition, then, otherwise = question
        if condition == TRUE or then == otherwise:
            return then
        if condition == FALSE:
            return otherwise
        if (then, otherwise) == (TRUE, FALSE):
            return condition
        return self._answers.get(question)

    def _node(self, level: int, branches: _Branches) -> int:
        if branches[0] == branches[1] == branches[2]:
            return branches[0]
        self._left -= 1
        if self._left < 0:
            raise TooLarge
        key = level, branches
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._nodes)
            self._nodes.append(key)
        return number
