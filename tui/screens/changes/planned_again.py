"""Whether a plan that was made again from the state read now says what the one on screen says. Pure."""

import re
from collections.abc import Iterator

from services.i18n import _
from services.models.changes import Plan

_NUMBERS, _YEN = re.compile(r"\d[\d.,:]*"), re.compile(r"¥[\d.,]+")


def is_due(plan: Plan, seconds: float, idle: float, *, answering: bool) -> bool:
    """Whether to make a plan again that is `seconds` old: half of its time is over, and somebody has typed
    within it. `answering`: almost all of its time, because a name that is half typed is lost if the plan says
    something else: a mute begins later each time."""
    lasts = (plan.expires_at - plan.made_at).total_seconds()
    return seconds >= lasts * (0.9 if answering else 0.5) and idle < lasts


def differences(old: Plan, new: Plan) -> tuple[str, ...]:
    """What an operator has to read again, by the labels on screen; () if nothing. Measured numbers of
    warnings and of rows may move; what the plan does, and what follows from it, may not."""
    return tuple(dict.fromkeys(_differences(old, new)))


def _differences(old: Plan, new: Plan) -> Iterator[str]:
    exact = (
        (_("Refused"), old.refusals, new.refusals),
        (_("Title"), old.title, new.title),
        (_("Most important"), (old.blast, old.danger), (new.blast, new.danger)),
        (_("Approval"), (old.approval, old.freeze), (new.approval, new.freeze)),
        (_("Downtime"), old.downtime, new.downtime),
        # What it costs until its revert falls as time passes.
        (_("Cost"), _YEN.sub("¥", old.cost), _YEN.sub("¥", new.cost)),
        (_("Reversible"), old.reversible, new.reversible),
        (_("Planned revert"), old.revert, new.revert),
    )
    yield from (label for label, before, after in exact if before != after)
    rows = [
        [(row.name, row.before, row.after) for step in plan.steps for row in step.rows] for plan in (old, new)
    ]
    if old.digest != new.digest:
        yield from (name for name, *_values in rows[1] if (name, *_values) not in rows[0])
        yield _("Exact request")
    elif [_words(*row) for row in rows[0]] != [_words(*row) for row in rows[1]]:
        yield _("Before → after")
    if [_words(each.text) for each in old.cautions] != [_words(each.text) for each in new.cautions]:
        yield _("Before you confirm")


def _words(*texts: str) -> str:
    return _NUMBERS.sub("0", "\n".join(texts))
