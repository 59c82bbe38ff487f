"""The dialog draws these lines and `toban change --plan` prints them, so both show the same."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from rich.cells import cell_len

from services.i18n import _, first_few
from services.models import glyphs
from services.models.approvals import Consent
from services.models.aws_calls import AwsCall
from services.models.changes import Parameter, Plan, PlannedStep, Revert, Row
from services.models.text import LINE_LIMIT, clean
from widgets.changes.consents import approval_spans
from widgets.drawing.format import NOTHING, duration, pad, stamp, wrap
from widgets.drawing.spans import NARROWEST, Line, Span, hanging, plain, spread

ARROW = " → "
CHANGED, SAME = "*", " "  # Marks of rows that change, and of rows that do not
_LABEL = 28  # Maximum cells of a label beside its value
_BEFORE, _AFTER = 24, 14  # Maximum cells of the value before, and minimum cells of the value after beside it
_ODD = 3  # Maximum number of unusual characters listed for a name


def pairs(rows: Iterable[tuple[str, str, str]], width: int) -> list[Line]:
    """One row for each (label, value, role), the values in one column; what would wrap badly goes below its label."""
    triples = list(rows)
    widest = max((cell_len(label) for label, _value, _role in triples), default=0)
    room = min(_LABEL, widest, max(0, width - 2 - NARROWEST))
    lines: list[Line] = []
    for label, value, role in triples:
        if label and (cell_len(label) > room or _is_better_below(value, width - room - 2, width - 2)):
            lines.append([(label, "muted")])
            lines += hanging([("  ", "")], value, width, role)
        else:
            lines += hanging([(pad(label, room), "muted"), ("  ", "")], value, width, role)
    return lines


def _is_better_below(value: str, beside: int, below: int) -> bool:
    """Whether a value of `beside` cells would break a name, or take more rows than under its label with `below` cells."""
    name = " " not in value and cell_len(value) == len(value)  # Japanese text may break anywhere
    if name and cell_len(value) > beside:
        return True
    rows = len(wrap(value, max(NARROWEST, beside)))
    return rows > 1 + len(wrap(value, max(NARROWEST, below)))


_PROSE = frozenset({"Description"})  # Parameters that hold what the operator wrote


def odd_characters(text: str) -> str:
    """The characters of a name that are not plain ASCII, in words, because they may be look-alikes; "" for none."""
    odd = list(dict.fromkeys(character for character in text if not " " <= character <= "~"))
    if not odd:
        return ""
    names = [f"{clean(character)} U+{ord(character):04X}" for character in odd]
    return _("not ASCII: {characters}", characters=_(", ").join(first_few(names, _ODD)))


def _name_rows(label: str, raw: str, text: str) -> list[tuple[str, str, str]]:
    """A name's row, and a second one if the name contains characters that may deceive."""
    odd = odd_characters(raw)
    return [(label, text, ""), *([("", f"{glyphs.ATTENTION} {odd}", "warn")] if odd else [])]


def impact_lines(plan: Plan, width: int) -> list[Line]:
    """The impact and the grave warnings; shown first, because they affect everything below."""
    lines: list[Line] = []
    if plan.blast:
        lines += hanging([(f"{glyphs.ATTENTION} ", "alert")], plan.blast, width, "alert")
    for warning in plan.cautions:
        if warning.grave:
            lines += hanging([(f"{glyphs.ATTENTION} ", "bad")], warning.text, width, "bad")
    return lines


def refusal_lines(plan: Plan, width: int) -> list[Line]:
    if not plan.refusals:
        return []
    lines = hanging([(f"{glyphs.ABNORMAL} ", "bad")], _("This cannot be applied:"), width, "bad")
    for refusal in plan.refusals:
        lines += hanging([("  - ", "bad")], refusal, width, "bad")
    return lines


def row_lines(plan: Plan, width: int) -> list[Line]:
    lines: list[Line] = []
    for number, step in enumerate(plan.steps, 1):
        if len(plan.steps) > 1:
            lines += step_title(number, step, width)
        lines += _table(step.rows, width)
    return lines or [[(_("nothing"), "muted")]]


def step_title(number: int, step: PlannedStep, width: int) -> list[Line]:
    """`1 Raise the limit`."""
    return hanging([(f"{number} ", "heading")], step.title, width, "heading")


def _table(rows: Sequence[Row], width: int) -> list[Line]:
    names = min(_LABEL, max((cell_len(row.name) for row in rows), default=0))
    befores = min(_BEFORE, max((cell_len(row.before or NOTHING) for row in rows), default=0))
    room = width - (2 + names + 2 + befores + len(ARROW))
    lines: list[Line] = []
    for row in rows:
        before, after = row.before or NOTHING, row.after or NOTHING
        value = after if row.changes else _("stays")
        if cell_len(row.name) > names or cell_len(before) > befores or room < min(_AFTER, cell_len(value)):
            lines += _stacked(row, before, after, width)
            continue
        role = "strong" if row.changes else "muted"
        line: list[Span] = [(f"{CHANGED if row.changes else SAME} ", "mark"), (pad(row.name, names), role)]
        line += [("  ", ""), (pad(before, befores, "right"), "" if row.changes else "muted")]
        line.append((ARROW if row.changes else " " * len(ARROW), "mark"))
        lines += hanging(line, value, width, "strong" if row.changes else "faint")
    return lines


def _stacked(row: Row, before: str, after: str, width: int) -> list[Line]:
    role = "strong" if row.changes else "muted"
    lines = hanging([(f"{CHANGED if row.changes else SAME} ", "mark")], row.name, width, role)
    lines += hanging([("    ", "")], before, width)
    if row.changes:
        lines += hanging([("  → ", "mark")], after, width, "strong")
    return lines


def request_lines(plan: Plan, width: int) -> list[Line]:
    lines: list[Line] = []
    for number, step in enumerate(plan.steps, 1):
        lines += [[]] if lines else []
        lines += step_title(number, step, width)
        lines += [[("  ", ""), *line] for line in _request(plan, step, max(8, width - 2))]
    return lines or [[(_("nothing"), "muted")]]


def _request(plan: Plan, step: PlannedStep, width: int) -> list[Line]:
    call = step.call
    lines = hanging([], f"{clean(call.service)}:{clean(call.operation)}", width, "code")
    place = [(_("account"), f"{plan.account}  {clean(call.region)}", "")]
    target = _name_rows(_("Target"), str(step.target), clean(str(step.target), LINE_LIMIT))
    return [*lines, *pairs([*place, *target, *_parameters(call)], width)]


def _parameters(call: AwsCall) -> Iterator[tuple[str, str, str]]:
    for name, value in flat(call.params):
        # A description is prose, not a name that must be right: it may be in any script.
        raw = value if isinstance(value, str) and name not in _PROSE else ""
        yield from _name_rows(clean(name), raw, literal(value))


def flat(value: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """(path, value) of every plain value: `ScalableTargetAction.MaxCapacity`, 5."""
    for name, inner in value.items():
        path = f"{before}{name}"
        if isinstance(inner, Mapping) and inner:
            yield from flat(inner, f"{path}.")
        elif isinstance(inner, list) and inner:
            yield from flat({f"[{index}]": item for index, item in enumerate(inner)}, path)
        else:
            yield path, inner


def literal(value: object) -> str:
    """The value as JSON, so that `10` and `"10"` differ."""
    return clean(json.dumps(value, ensure_ascii=False), LINE_LIMIT)


def warning_lines(plan: Plan, width: int) -> list[Line]:
    lines: list[Line] = []
    for warning in plan.cautions:
        if not warning.grave:
            lines += hanging([(f"{glyphs.ATTENTION} ", "warn")], warning.text, width)
    return lines


def fact_lines(plan: Plan, width: int, zone: tzinfo, now: datetime, why: str = "") -> list[Line]:
    """Target, the role that approves, downtime, cost, the revert with its date and the reason `why` for it. A
    plan that was refused before it had steps only has a target."""
    rows = _name_rows(_("Target"), plan.target.title, plan.target.title)
    if not plan.steps:
        return pairs(rows, width)
    rows.append((_("Approval"), plan.approval or _("not required"), "" if plan.approval else "muted"))
    for label, value in (
        (_("Downtime"), plan.downtime),
        (_("Cost"), plan.cost),
        (_("Reversible"), plan.reversible),
    ):
        if value:
            rows.append((label, value, ""))
    rows.append((_("Planned revert"), revert_text(plan.revert, zone, now), ""))
    if why and plan.revert is not None:
        rows.append(("", why, "muted"))
    if plan.watch is not None:
        rows.append((_("Followed until"), plan.watch.ends_when, ""))
    rows += [(_("Do first"), f"{each.why}", "key") for each in plan.suggestions if each.when == "before"]
    return pairs(rows, width)


def approval_lines(
    plan: Plan, consents: Sequence[Consent], zone: tzinfo, now: datetime, width: int
) -> list[Line]:
    lines: list[Line] = []
    for text, role in approval_spans(plan, consents, zone, now):
        lines += hanging([(text[:2], role)], text[2:], width, role)
    return lines


def why_then(parameters: Iterable[Parameter], plan: Plan) -> str:
    """The reason for the time of the revert if it is the proposed one; else ""."""
    moment = next((parameter for parameter in parameters if parameter.kind == "moment"), None)
    if moment is None or plan.revert is None or plan.wish.get(moment.id) != moment.default:
        return ""
    return moment.why


def revert_text(revert: Revert | None, zone: tzinfo, now: datetime) -> str:
    if revert is None:
        return _("none: not reverted")
    if revert.how:
        return _("{time}: AWS reverts it ({how})", time=stamp(revert.at, zone, now), how=revert.how)
    words = (
        _("{time}: AWS reverts it (one-time scheduled action)")
        if revert.way == "aws"
        else _("{time}: a person reverts it, as a dated duty")
    )
    return words.format(time=stamp(revert.at, zone, now))


def expiry(plan: Plan, now: datetime) -> Span:
    seconds = (plan.expires_at - now).total_seconds()
    if seconds <= 0:
        return (f"{glyphs.ABNORMAL} {_('the plan has expired')}", "bad")
    return (_("valid for {time}", time=duration(seconds)), "warn" if seconds <= 30 else "muted")


def plan_text(plan: Plan, zone: tzinfo, now: datetime, width: int = 100, why: str = "") -> list[str]:
    parts: list[tuple[str, list[Line]]] = [
        ("", [*refusal_lines(plan, width), *impact_lines(plan, width)]),
        (_("Before → after"), row_lines(plan, width)),
        (_("Exact request"), request_lines(plan, width)),
        (_("Before you confirm"), warning_lines(plan, width)),
        (_("Conditions"), fact_lines(plan, width, zone, now, why)),
    ]
    lines: list[Line] = [[(f"{plan.title}: {plan.target.title}", "title")]]
    for title, body in parts:
        if body:
            lines += [[], spread([(title, "title"), (" ", "")], [], width, ("─", "rule"))] if title else []
            lines += body
    footer = _("planned {time}, {expiry}", time=stamp(plan.made_at, zone, now), expiry=expiry(plan, now)[0])
    return [line.rstrip() for line in plain([*lines, [], [(footer, "muted")]])]
