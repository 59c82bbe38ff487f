"""Every mixture of verdicts, of what was judged in part and of what was not: the worst that is known decides the exit
status, what could not be judged stands beside it in JSON and on every screen, and nothing incomplete is green."""

from datetime import UTC, datetime
from itertools import combinations, combinations_with_replacement
from types import SimpleNamespace

import pytest

from services.inspections.running.entries import complete, finding_entry, signed
from services.models.findings import DutyFindings, Finding, Measure, Recorded
from services.models.report_lines import FindingLine
from services.models.verdict import Verdict
from services.report.collecting.finding_lines import counts, is_partly_judged
from services.report.collecting.verdict import judged, of_findings
from services.report.rendering import report_wording as wording
from tui.cli import inspect
from tui.cli.every_system import answers_of_all
from tui.exit_status import OF_VERDICT
from widgets.drawing.lines import plain
from widgets.findings.finding_wording import recorded_spans, verdict_cell

AT = datetime(2026, 1, 19, tzinfo=UTC)
V = Verdict
Part = tuple[Verdict, bool]
PARTS: tuple[Part, ...] = (
    (V.NORMAL, False),
    (V.ATTENTION, False),
    (V.ATTENTION, True),
    (V.ABNORMAL, False),
    (V.ABNORMAL, True),
    (V.UNKNOWN, False),
)
"""What one measure may come to: its verdict, and whether part of it could not be judged."""
MIXTURES = [mixture for size in (1, 2, 3) for mixture in combinations_with_replacement(PARTS, size)]


def finding(parts, id="a"):
    measures = tuple(
        Measure(title=str(n), shown="1", verdict=verdict, partial=partial)
        for n, (verdict, partial) in enumerate(parts)
    )
    return Finding(
        inspection=id, title=id, verdict=expected(parts)[0], summary=f"s{id}", measures=measures, read_at=AT
    )


def expected(parts):
    """The verdict and the completeness of a mixture, said independently of the code: a table of words."""
    verdicts = [verdict for verdict, _partial in parts]
    is_complete = V.UNKNOWN not in verdicts and not any(partial for _verdict, partial in parts)
    for verdict in (V.ABNORMAL, V.ATTENTION):
        if verdict in verdicts:
            return verdict, is_complete
    return (V.NORMAL if is_complete else V.UNKNOWN), is_complete


def text(spans):
    return plain([spans])[0]


def shows(words, verdict, *, is_complete):
    marks = {V.NORMAL: "●", V.ATTENTION: "▲", V.ABNORMAL: "◆", V.UNKNOWN: "?"}
    assert words.startswith(marks[verdict]), words
    assert ("?" in words) is not is_complete
    assert ("●" in words) is (verdict is V.NORMAL and is_complete)


@pytest.mark.parametrize("parts", MIXTURES, ids=str)
def test_one_finding_says_both_facts_everywhere(parts):
    verdict, is_complete = expected(parts)
    one = finding(parts)
    assert (one.verdict, one.leading, one.complete) == (verdict, verdict, is_complete)
    entry = finding_entry("k", one)
    assert complete(Finding.model_validate(entry.data["finding"]), entry.data) == one
    assert ("not judged" in entry.text) is not is_complete
    recorded = Recorded(seq=1, by="", finding=one)
    shows(text(recorded_spans(recorded)), verdict, is_complete=is_complete)
    assert recorded.settled is (verdict is V.NORMAL and is_complete)
    # What could not be judged is not covered by a sign-off, unless a person answered for something abnormal.
    assert bool(signed([recorded])[0]["until"]) is (is_complete or verdict is V.ABNORMAL)
    line = line_of(one)
    assert (counts(line), is_partly_judged(line)) == (verdict, not is_complete and verdict is not V.UNKNOWN)
    shows(wording.of_finding(line), verdict, is_complete=is_complete)


def line_of(one):
    return FindingLine(
        seq=1, at=AT, by="", key="k", inspection=one.inspection, title=one.title, summary=one.summary,
        verdict=one.verdict, measured=one.measured, unjudged=one.unjudged,
    )  # fmt: skip


def pairs():
    every = [finding(parts, f"i{n}") for n, parts in enumerate(MIXTURES[: len(PARTS) + 21])]
    yield from combinations(every, 2)


def test_duties_reports_and_the_command_say_both_facts_of_any_two_findings():
    tried = 0
    for both in pairs():
        verdict, is_complete = expected([(each.verdict, not each.complete) for each in both])
        recorded = tuple(Recorded(seq=n, by="", finding=each) for n, each in enumerate(both))
        duty = DutyFindings(key="k", expected=tuple(each.inspection for each in both), recorded=recorded)
        assert duty.verdict is verdict
        assert duty.all_normal is duty.settled is (verdict is V.NORMAL and is_complete)
        shows(text(verdict_cell(duty)), verdict, is_complete=is_complete)
        head = judged(of_findings(map(line_of, both)))
        assert (head.verdict, head.has_unjudged) == (verdict, not is_complete)
        shows(wording.judged(head.verdict, is_partly=head.has_unjudged), verdict, is_complete=is_complete)
        tried += 1
    assert tried > 300


@pytest.mark.parametrize("parts", [*combinations(PARTS, 2)], ids=str)
async def test_inspect_answers_with_both_facts(parts, monkeypatch):
    by_id = {f"i{n}": finding([part], f"i{n}") for n, part in enumerate(parts)}

    async def requests(*_args):
        return dict.fromkeys(by_id)

    async def run(id, _request):
        return by_id[id]

    monkeypatch.setattr(inspect, "_requests", requests)
    services = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: AT),
        inspection_runner=SimpleNamespace(run=run),
        runbook=SimpleNamespace(system=SimpleNamespace(id="s", title="t")),
        session=SimpleNamespace(settings=SimpleNamespace(region="ap-northeast-1")),
    )
    answer = await inspect.inspect_answer(services, {"private": True})
    verdict, is_complete = expected(parts)
    assert (answer.verdict, answer.status, answer.complete) == (
        verdict,
        OF_VERDICT[verdict.value],
        is_complete,
    )
    assert set(answer.unjudged) == {id for id, each in by_id.items() if not each.complete}


@pytest.mark.parametrize("verdicts", [*combinations_with_replacement(V, 3)], ids=str)
def test_the_worst_system_that_is_known_decides_for_all(verdicts, monkeypatch):
    systems = tuple(SimpleNamespace(id=f"s{n}", name=f"s{n}", error=None) for n in range(len(verdicts)))
    monkeypatch.setattr("tui.cli.every_system.every_system", lambda *_args: (SimpleNamespace(), systems))
    monkeypatch.setattr("tui.cli.every_system._answer", lambda system, _options, ask: ask(system))

    def ask(system):
        verdict = verdicts[int(system.id[1:])]
        return [f'{{"verdict": "{verdict}"}}'], OF_VERDICT[verdict.value]

    _lines, status = answers_of_all(None, {}, ask, as_json=True)
    assert status == OF_VERDICT[expected([(verdict, False) for verdict in verdicts])[0].value]
