"""Undecided is never green: every key of the shipped runbook that may be left empty is emptied, one at a time, on a healthy
day; what rests on it is not judged, and no line of a duty that names it is normal, unless being empty is a decision too."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services import i18n
from services.calendar.calendar import Calendar
from services.inspections import registry
from services.models.asks import ask_lines, unanswered
from services.models.base import Model
from services.models.duties import Occurrence, OccurrenceState
from services.models.findings import DutyFindings, Recorded
from services.models.runbook import Approver, Contact, Runbook
from services.models.verdict import Verdict
from services.runbook import checks
from services.runbook.loader import load_builtin
from tests.services.inspections.running_world import missing_setting, run_inspection

V = Verdict
Key = tuple[str | int, ...]
EMPTY: tuple[Any, ...] = (None, "", (), {}, 0)
BY_TOTAL = "below the limit for one address in total, whoever sent them: no query is needed to be sure"
DECISIONS = {
    "costs.services": "the total is judged without them; a line of a duty about one is not, which is tested here, too",
    "dashboard": "without a dashboard of AWS the console generates one; the limits are the same",
    "duties": "says until when scheduled actions are looked at, and judges nothing",
    "limits.0.unit": "only how the value is written",
    "waf.athena_table": BY_TOTAL,
    "waf.athena_database": BY_TOTAL,
    "waf.workgroup": BY_TOTAL,
    "waf.partition": BY_TOTAL,
    "inspecting.ask_above_yen": BY_TOTAL,
}
"""Keys of which being empty is a decision, each with the reason."""


def decided():
    """The shipped runbook with a budget, which it leaves undecided."""
    i18n.use("ja")
    book = load_builtin("facility-prod")
    return book.model_copy(update={"costs": book.costs.model_copy(update={"budget_yen": 1_000_000})})


def keys(model, place=()):
    """Every key that the grammar lets be empty and that is not, with each empty value; of a list's tables the first."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name == "en":
            continue
        if not (field.is_required() or isinstance(value, bool)):
            empties = (empty for empty in EMPTY if value != empty and fits(model, name, empty))
            yield from (((*place, name), empty) for empty in empties)
        if isinstance(value, Model):
            yield from keys(value, (*place, name))
        elif isinstance(value, tuple) and value and isinstance(value[0], Model):
            yield from keys(value[0], (*place, name, 0))


def fits(model, name, value):
    fields = {key: getattr(model, key) for key in type(model).model_fields}
    try:
        return bool(getattr(type(model).model_validate({**fields, name: value}), name) == value)
    except ValidationError:
        return False


def emptied(model, key, value):
    name, *rest = key
    if isinstance(name, int):
        return tuple(emptied(each, tuple(rest), value) if n == name else each for n, each in enumerate(model))
    return model.model_copy(
        update={name: emptied(getattr(model, name), tuple(rest), value) if rest else value}
    )


def mistakes(book):
    return {
        each
        for check in checks.ALL
        for each in check(book)
        # The English text of what is empty now.
        if "en" not in each[0]
    }


def readers():
    greens: dict[str, set[str]] = {}
    for entry in registry.INSPECTIONS:
        folder = Path(registry.__file__).parent / entry.implementation.split(".")[2]
        text = "".join(each.read_text("utf-8") for each in folder.glob("*.py"))
        text += "runbook.rds" if "DatabaseInspection" in text else ""
        for section in set(re.findall(r"runbook\.(\w+)", text)) & Runbook.model_fields.keys():
            greens.setdefault(section, set()).add(entry.id)
    return greens


def facts(finding):
    return {
        each.title: (each.verdict, each.partial, each.allowed, each.note, each.shown)
        for each in finding.measures
    }


def green(key, before, after, book):
    was, now = facts(before), facts(after)
    named = [each for each in after.measures if each.verdict is V.UNKNOWN and key in each.note]
    bare = (V.NORMAL,) if named else (V.NORMAL, None)
    greens = [
        title
        for title, fact in now.items()
        if fact != was.get(title) and fact[0] in bare and was.get(title, (V.NORMAL,))[0] is not None
    ]
    if was.keys() - now.keys() and not named and after.verdict is V.NORMAL:
        lost = [each for each in before.measures if each.title not in now]
        greens += [each.title for each in lost if is_green_in_duties(each, after, book)]
    return greens


def is_green_in_duties(lost, after, book):
    """Whether a duty with a line about the measure that is missing would be normal, or no line is about it."""
    recorded = (Recorded(seq=1, by="", finding=after),)
    about = re.compile(rf"{re.escape(after.inspection)}:(.*,)?{re.escape(lost.item or '-')}(,.*)?")
    duties = [duty for duty in book.duties if any(map(about.fullmatch, duty.judged_by))]
    results = [
        DutyFindings(
            key="k", expected=(after.inspection,), recorded=recorded, unanswered=unanswered(duty, recorded)
        )
        for duty in duties
    ]
    return not results or any(each.all_normal or each.verdict is V.NORMAL for each in results)


@pytest.mark.slow
async def test_what_rests_on_an_undecided_value_is_never_normal(embedded):
    book, by_section = decided(), readers()
    ids = {id for inspections in by_section.values() for id in inspections}
    base = {id: await run_inspection(embedded, id, hours=0.5, runbook=book) for id in ids}
    assert {each.verdict for each in base.values()} == {V.NORMAL}
    counted = {"values": 0, "refused": 0, "something rests on": 0, "decisions": 0}
    wrong, used = {}, set()
    for key, empty in keys(book):
        # The embedded AWS parses days by this format.
        if key[-1] == "partition_format":
            continue
        counted["values"] += 1
        changed, name = emptied(book, key, empty), ".".join(map(str, key))
        if mistakes(changed) - mistakes(book):
            counted["refused"] += 1
            continue
        rests = False
        for id in by_section.get(str(key[0]), set()):
            if missing_setting(id, changed):
                continue
            after = await run_inspection(embedded, id, hours=0.5, runbook=changed)
            rests |= facts(after) != facts(base[id])
            if greens := green(name, base[id], after, changed):
                used.add(name)
                if name not in DECISIONS:
                    wrong[name, id] = greens
        counted["something rests on"] += rests
        counted["decisions"] += rests and name in DECISIONS
    print(counted)
    assert wrong == {}
    assert used == DECISIONS.keys()
    assert counted["values"] > 100
    assert counted["something rests on"] > 20


@pytest.mark.parametrize("text", ["", "未定", "（未定）", "TBD", "undecided", "要確認", "?"])
def test_a_word_for_undecided_is_undecided(text):
    assert Contact(role="PM", contact=text).undecided
    assert Approver(role="PM", name=text).undecided


def test_a_name_is_none():
    assert not Contact(role="PM", contact="内線 2345").undecided


async def test_the_budget_that_the_shipped_runbook_leaves_open_says_who_decides(embedded):
    book = load_builtin("facility-prod")
    finding = await run_inspection(embedded, "costs", runbook=book)
    assert (finding.verdict, finding.complete) == (V.UNKNOWN, False)
    (budget,) = (each for each in finding.measures if each.item == "budget" and each.verdict is V.UNKNOWN)
    assert "costs.budget_yen" in budget.note
    assert "PM" in budget.note
    assert "costs.budget_yen" in finding.summary
    (duty,) = (each for each in book.duties if "costs" in each.inspections)
    recorded = (Recorded(seq=1, by="", finding=finding),)
    of_duty = DutyFindings(
        key="k", expected=("costs",), recorded=recorded, unanswered=unanswered(duty, recorded)
    )
    # Neither green nor among what one key signs off.
    assert (of_duty.verdict, of_duty.all_normal, of_duty.settled) == (V.UNKNOWN, False, False)
    slot = Calendar(book).next_slot(duty.id, embedded.clock.now())
    assert slot is not None
    lines = ask_lines(Occurrence(slot=slot, state=OccurrenceState.DUE), duty, of_duty)
    assert [each.verdict for each in lines] == [V.NORMAL] * 4 + [V.UNKNOWN]
