"""Further patterns of a runbook: bounded, so that no line of a log can make one take long."""

import re
from dataclasses import dataclass

from services.i18n import _

LONGEST = 200
"""Characters of a pattern."""
_MOST_STEPS = 10_000
"""Bound on the ways in which the repeats of a pattern can divide a text."""
_MANY = 1 << 32
"""Where counting them ends."""
_TOKEN = re.compile(
    r"""(?x) (?P<escape>\\.) | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\]) | (?P<open>\((?P<special>\?(?:P<\w+>|<[=!]|.))?)
      | (?P<close>\)) | (?P<unbounded>[*+]|\{\d*,\}) | (?P<repeat>\?|\{(?P<low>\d*)(?:,(?P<high>\d+))?\}) | ."""
)
_BACKREFERENCE = re.compile(r"\\[1-9]|\(\?P=|\(\?\(")


def mistake_in(pattern: str) -> str:
    """Why a pattern cannot be used, in words; "" if it can."""
    if not pattern or len(pattern) > LONGEST:
        return _("must have 1 to {count} characters").format(count=LONGEST)
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return _("is not a regular expression: {reason}").format(reason=error)
    if compiled.search("") is not None:
        return _("matches nothing at all, too")
    if _BACKREFERENCE.search(pattern):
        return _("must not refer back to a group")
    return _unbounded(pattern)


def _unbounded(pattern: str) -> str:
    """Why matching may take long; "" if it cannot."""
    groups: list[_Group] = [_Group()]
    closed: _Group | None = None
    """The group that the previous token has closed."""
    for token in _TOKEN.finditer(pattern):
        if token["unbounded"]:
            return _("repeats without a bound ({sign}): write {{1,20}} for at most 20").format(sign=token[0])
        if token["repeat"]:
            ways = _ways(token)
            if ways > 1 and closed is not None and closed.repeats:
                return _("a repeat inside a repeat may take forever")
            groups[-1].repeats = groups[-1].repeats or ways > 1
            # A group is entered anew each time: whatever it can do, it can do again.
            again = (closed.steps if closed is not None else 1) ** (_most(token) - 1)
            groups[-1].steps = min(_MANY, groups[-1].steps * ways * min(_MANY, again))
        closed = None
        if token["open"]:
            groups.append(_Group())
        elif token[0] == "|":
            groups[-1].alternatives += 1
        elif token["close"] and len(groups) > 1:
            closed = groups.pop()
            closed.steps = min(_MANY, closed.steps * closed.alternatives)
            groups[-1].steps = min(_MANY, groups[-1].steps * closed.steps)
            groups[-1].repeats = groups[-1].repeats or closed.repeats
    steps = groups[0].steps * groups[0].alternatives
    return _("its repeats can be divided in too many ways") if steps > _MOST_STEPS else ""


@dataclass(slots=True)
class _Group:
    """What is known of the part of a pattern in one pair of brackets."""

    steps: int = 1
    """Bound on the ways in which it can match one text."""
    alternatives: int = 1
    repeats: bool = False
    """Whether a repeat in it allows several counts."""


def _most(token: re.Match[str]) -> int:
    """The greatest count that a repeat allows, at least 1."""
    return max(1, min(_MANY.bit_length(), int(token["high"] or token["low"] or 1)))


def _ways(token: re.Match[str]) -> int:
    """The number of different counts that a repeat allows."""
    if token[0] == "?":
        return 2
    return int(token["high"]) - int(token["low"] or 0) + 1 if token["high"] else 1
