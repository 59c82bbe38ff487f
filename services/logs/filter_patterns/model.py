from dataclasses import dataclass
from typing import Literal

Sign = Literal["", "?", "-"]


class PatternError(ValueError):
    """A pattern that AWS refuses; `at` is the position of the mistake (characters from 0)."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Value:
    text: str
    """Without quotes or percent signs."""
    kind: Literal["word", "phrase", "regex"]


@dataclass(frozen=True, slots=True)
class Term:
    sign: Sign
    value: Value


@dataclass(frozen=True, slots=True)
class Test:
    subject: str
    sign: str
    """`=`, `!=`, `<`, `<=`, `>`, `>=`, or a word: `EXISTS`, `NOT EXISTS`, `IS NULL`…"""
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions joined by `&&` or `||`; at least two."""

    sign: Literal["&&", "||"]
    parts: "tuple[Condition, ...]"


Condition = Test | Joined


@dataclass(frozen=True, slots=True)
class Terms:
    """`ERROR -Exiting "a phrase"`"""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Json:
    """`{ $.level = "ERROR" }`"""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Fields:
    """`[ip, user, ..., status = 5*]`: a name, "" for a field without one, "..." for any number, or conditions."""

    slots: tuple[str | Condition, ...]


Pattern = Terms | Json | Fields
