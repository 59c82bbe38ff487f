"""Further patterns of a runbook: bounded, so that no line of a log can make one take long."""

import re

from services.i18n import _

LONGEST = 200
"""Characters of a pattern."""
_MOST_STEPS = 10_000
"""Bound on the ways in which the repeats of a pattern can divide a text."""
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
    steps, groups, inner = 1, [False], False
    for token in _TOKEN.finditer(pattern):
        if token["unbounded"]:
            return _("repeats without a bound ({sign}): write {{1,20}} for at most 20").format(sign=token[0])
        if token["repeat"]:
            ways = _ways(token)
            if ways > 1 and inner:
                return _("a repeat inside a repeat may take forever")
            steps *= ways
            groups[-1] = groups[-1] or ways > 1
        inner = False
        if token["open"]:
            groups.append(False)
        elif token["close"] and len(groups) > 1:
            inner = groups.pop()
            groups[-1] = groups[-1] or inner
    return _("its repeats can be divided in too many ways") if steps > _MOST_STEPS else ""


def _ways(token: re.Match[str]) -> int:
    """The number of different counts that a repeat allows."""
    if token[0] == "?":
        return 2
    return int(token["high"]) - int(token["low"] or 0) + 1 if token["high"] else 1
