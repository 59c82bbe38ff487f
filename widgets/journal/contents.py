"""The body of a journal entry as text: names, values, lists; control sequences are escaped and no text is cut. Pure."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, tzinfo

from pydantic import ValidationError
from rich.cells import cell_len

from services.i18n import N_, _
from services.models.approvals import ConsentWay, Means
from services.models.change_runs import StepState
from services.models.date_text import day_text
from services.models.findings import Finding, Recorded
from services.models.journal import LARGE, RESTRAINS_CHANGES, Entry, EntryKind
from services.models.text import LINE_LIMIT, clean, clean_block
from services.models.units import number
from services.models.watches import WatchState
from widgets.drawing.format import NOTHING, clock, wrap
from widgets.drawing.lines import Line, Span
from widgets.drawing.state_styles import ALARM_STYLES, VERDICT_STYLES
from widgets.duties.duty_wording import DUTY_STYLES
from widgets.findings.lines import finding_lines
from widgets.journal.journal_wording import OUTCOME_STYLES

_MOST = 2000  # Maximum lines of contents; the export has everything
_INDENT = 2
_DEEPEST = 100  # Maximum nesting of lists; the console writes no deeper bodies
_NAMES = {
    "title": N_("duty"),
    "due_at": N_("due at"),
    "late_at": N_("late from"),
    "was": N_("at sign-off"),
    "note": N_("note"),
    "reason": N_("reason"),
    "until": N_("until"),
    "why": N_("reason"),
    "text": N_("what happened"),
    "state": N_("state"),
    "step": N_("step"),
    "plan": N_("plan"),
    "pid": N_("process"),
    "verified": N_("verified"),
    "findings": N_("findings"),
    "inspection": N_("inspection"),
    "verdict": N_("verdict"),
    "decision": N_("decision"),
    "checked": N_("ticked"),
    "evidence": N_("filled in"),
    "kind": N_("kind"),
    "value": N_("value"),
    "forgotten": N_("removed"),
    "channel": N_("channel"),
    "thread": N_("thread"),
    "alarm": N_("alarm"),
    "attempt": N_("attempt"),
    "code": N_("code"),
    "day": N_("day"),
    "calls": N_("requests to AWS"),
    "yen": N_("yen"),
    "worst_yen": N_("yen without the free tier"),
    "seq": N_("entry"),
    "way": N_("way"),
    "who": N_("who approved"),
    "means": N_("by what means"),
    "consented_at": N_("approved at"),
    "reference": N_("reference"),
    "role": N_("role"),
    "freeze": N_("change freeze"),
    "freeze_id": N_("id of the change freeze"),
    "consents": N_("allowed by"),
    "change": N_("change"),
    "on": N_("target"),
    "call": N_("hash of the request"),
    "digest": N_("hash of the plan"),
    "scope": N_("scope of the approval"),
    "answer": N_("kept of the response"),
    "how": N_("how it was settled"),
    "source_identity": N_("source identity"),
    "machine": N_("boot of the machine"),
    "awake": N_("seconds since that boot"),
    RESTRAINS_CHANGES: N_("restrains changes"),
}
"""The names in the console's own bodies, in words; other names stay as they are."""
_VALUES = {
    "verdict": {verdict.value: style.word_source for verdict, style in VERDICT_STYLES.items()},
    "decision": {"accepted": N_("accepted"), "overruled": N_("overridden")},
    "kind": {"person": N_("IAM user"), "network": N_("network")},
    "way": {
        ConsentWay.SECOND_PERSON.value: N_("second person in a console"),
        ConsentWay.ELSEWHERE.value: N_("obtained elsewhere"),
        ConsentWay.EMERGENCY.value: N_("emergency"),
    },
    "how": {"read": N_("read from AWS"), "said": N_("recorded by a person")},
    "means": {
        Means.PHONE.value: N_("by phone"),
        Means.WRITING.value: N_("in writing"),
        Means.IN_PERSON.value: N_("in person"),
    },
    "was": {state.value: style.word_source for state, style in DUTY_STYLES.items()},
    "state": {
        **{state.value: style.word_source for state, style in OUTCOME_STYLES.items()},
        **{state.value: style.word_source for state, style in ALARM_STYLES.items()},
    },
}
"""Values in words, by name; other values stay as they are."""
_STATES = {
    EntryKind.RESOLVED: {StepState.DONE.value: N_("applied"), StepState.FAILED.value: N_("failed")},
    EntryKind.WATCHED: {
        WatchState.DONE.value: N_("completed"),
        WatchState.WITHDRAWN.value: N_("withdrawn"),
        WatchState.FAILED.value: N_("ended otherwise"),
        WatchState.GAVE_UP.value: N_("not followed to its end"),
    },
}
"""States in words by the kind of the entry, where the same name means something else than for an outcome."""
_AMOUNTS = ("yen", "worst_yen", "estimate_yen")
"""Names of amounts of money, which have two decimals; other numbers have three digits."""


def contents_lines(entry: Entry, zone: tzinfo, width: int) -> list[Line]:
    body = entry.data
    if (recorded := _recorded(entry)) is not None:
        return finding_lines(recorded, zone, entry.at, width)
    if entry.kind in LARGE:
        return _large_lines(entry, zone, width)
    if not body:
        plain = entry.body not in ("{}", "")
        words = clean(entry.body, LINE_LIMIT) if plain else _("nothing further")
        return [[(text, "" if plain else "muted")] for text in wrap(words, width)]
    lines: list[Line] = []
    if state := _STATES.get(entry.kind, {}).get(str(body.get("state")), ""):
        body = {**body, "state": _(state)}
    pairs = [(f"{_name(key)}: ", _translated(key, each)) for key, each in body.items()]
    for line in _Tree(zone, width).lines(pairs, 0):
        if len(lines) >= _MOST:
            return [*lines, [("… " + _("more: see the export"), "muted")]]
        lines.append(line)
    return lines


def _large_lines(entry: Entry, zone: tzinfo, width: int) -> list[Line]:
    pairs = [
        (f"{_name(key)}: ", _translated(key, value)) for key, value in entry.data.items() if key != "evidence"
    ]
    words = _("The evidence itself is in the export.")
    return [*_Tree(zone, width).lines(pairs, 0), *([(text, "muted")] for text in wrap(words, width))]


def _recorded(entry: Entry) -> Recorded | None:
    """The finding in the entry; None for other entries and for an unreadable one."""
    if entry.kind is not EntryKind.FINDING:
        return None
    try:
        finding = Finding.model_validate(entry.data.get("finding"))
    except ValidationError:
        return None
    return Recorded(seq=entry.seq, by=entry.person.name, finding=finding)


def _name(key: str) -> str:
    return _(_NAMES[key]) if key in _NAMES else clean(key)


def _translated(key: str, value: object) -> object:
    if key in _AMOUNTS and isinstance(value, float):
        return f"¥{value:,.2f}"
    words = _VALUES.get(key, {}).get(value, "") if isinstance(value, str) else ""
    return _(words) if words else value


class _Tree:
    def __init__(self, zone: tzinfo, width: int) -> None:
        self._zone = zone
        self._width = width

    def lines(self, pairs: Iterable[tuple[str, object]], depth: int) -> Iterator[Line]:
        indent = min(depth * _INDENT, max(0, self._width // 2))
        for label, value in pairs:
            start: list[Span] = [(" " * indent, ""), (label, "head")]
            if isinstance(value, dict | list) and value:
                yield start
                if depth < _DEEPEST:
                    yield from self.lines(_pairs(value), depth + 1)
                else:
                    yield [(" " * indent, ""), ("… " + _("more: see the export"), "muted")]
                continue
            text = self._scalar(value)
            if "\n" not in text and indent + cell_len(label) + cell_len(text) <= self._width:
                yield [*start, (text, "")]
                continue
            yield start
            for part in wrap(text, max(8, self._width - indent - _INDENT)):
                yield [(" " * (indent + _INDENT), ""), (part, "")]

    def _scalar(self, value: object) -> str:
        if value is None or value == "" or isinstance(value, dict | list):
            return NOTHING
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, float):
            return number(value)
        return self._moment(value) or clean_block(value, LINE_LIMIT)

    def _moment(self, value: object) -> str:
        """A time with its zone, as the console writes it into bodies; "" for anything else."""
        if isinstance(value, str) and len(value) > len("2026-01-05"):
            with suppress(ValueError, OverflowError):
                at = datetime.fromisoformat(value)
                if at.tzinfo is not None:
                    return f"{day_text(at.astimezone(self._zone).date())} {clock(at, self._zone)}"
        return ""


def _pairs(value: dict[str, object] | list[object]) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [(f"{_name(key)}: ", _translated(key, each)) for key, each in value.items()]
    return [("- ", each) for each in value]
