from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.allow_list import AllowList
from services.inspections.base import Inspection, InspectionContext, InspectionRequest
from services.inspections.running import entries as inspection_entries
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.windows import window
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.journal.chain import linked
from services.journal.journal import Journal
from services.models.base import RawId
from services.models.findings import InspectionInfo, Measure, Recorded
from services.models.journal import Entry, EntryKind, NewEntry, Person
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned
from tests.services.duties.duty_world import jst


class Watched(Inspection):
    async def run(self, request):
        raise NotImplementedError


@dataclass
class Office:
    """Consoles come and go on one journal; `restart` reads it anew."""

    inspection: Watched
    journal: Journal
    entries: list[Entry] = field(default_factory=list)
    runs: list[Recorded] = field(default_factory=list)
    signed: list[Recorded] = field(default_factory=list)

    def __post_init__(self):
        self.restart()

    def restart(self):
        self.records = FindingRecords(self.journal, AllowList())
        for kinds in ({EntryKind.SIGN_OFF}, {EntryKind.FINDING, EntryKind.OVERRULED}):
            self.records.absorb(each for each in self.entries if each.kind in kinds)

    def write(self, draft, at):
        seq = len(self.entries) + 1
        entry = linked("journal", draft, seq=seq, at=at, person=Person(), previous="")
        self.entries.append(entry)
        self.records.absorb([entry])
        return entry

    def record_run(self, now, verdict, *, waits):
        signed = self.records.signed_until("alarms", now)
        covered_from = self.records.earliest_window("alarms") if signed is None else None
        since, gap = window(
            self.inspection, signed, now, self.inspection.context.calendar, covered_from=covered_from
        )
        builder = FindingBuilder(self.inspection, InspectionRequest(since=since, until=now, gap=gap))
        judged = Verdict.UNKNOWN if waits else verdict
        builder.measure(Measure(title="m", shown="", verdict=judged))
        finding = builder.finding("", estimate_yen=30.0 if waits else None)
        entry = self.write(inspection_entries.finding_entry(f"slot-{len(self.runs)}", finding), now)
        self.runs.append(Recorded(seq=entry.seq, by="", finding=finding, subject=entry.subject))

    def sign(self, now, which, *, overrule):
        """Sign one of the runs without a sign-off; not always the newest."""
        left = [each for each in self.runs if each.seq not in {done.seq for done in self.signed}]
        if not left:
            return
        meant = left[which % len(left)]
        if overrule:
            self.write(inspection_entries.override_entry(meant.subject, meant, "seen by hand"), now)
            meant = next(each for each in self.records.of(meant.subject, ("alarms",)))
            assert meant.overruled
        data = {"findings": inspection_entries.signed([meant])}
        self.write(NewEntry(kind=EntryKind.SIGN_OFF, subject=meant.subject, text="", data=data), now)
        self.signed.append(meant)

    def unseen(self):
        """Times between the start of the first window and the newest signed moment that no run covers which could
        judge, or for which a person answered with a reason, and that a person signed."""
        spans = [each.finding.window for each in self.signed if _counts(each)]
        windows = sorted((span.start, span.end) for span in spans if span is not None)
        reached = min((each.finding.window.start for each in self.runs if each.finding.window), default=None)
        holes = []
        for start, end in windows:
            assert reached is not None
            if start > reached:
                holes.append((reached, start))
            reached = max(reached, end)
        return holes


def _counts(signed):
    finding = signed.finding
    judged = finding.verdict is not Verdict.UNKNOWN or signed.overruled is not None
    return judged and not finding.waits_for_consent


VERDICTS = st.sampled_from((Verdict.NORMAL, Verdict.UNKNOWN, Verdict.ABNORMAL))
RUN = st.tuples(st.just("run"), VERDICTS, st.booleans())
SIGN = st.tuples(st.just("sign"), st.integers(0, 5), st.booleans())
RESTART = st.just(("restart", 0, False))
# A clock that was wrong goes back by minutes; a closed run takes days.
GAP = st.one_of(st.floats(-0.5, 9.0), st.sampled_from((16.0, 64.0)))


@pytest.fixture
def office(tmp_path):
    clock = ManualClock(jst("2026-01-07 09:00"))
    book = load_builtin("facility-prod")
    context = InspectionContext(
        runbook=book, calendar=Calendar(book), clock=clock, region="ap-northeast-1", reader=Canned()
    )
    return Office(
        Watched(context, InspectionInfo(id=RawId("alarms"), title="Alarms")),
        Journal(tmp_path / "j.db", clock=clock, person=Person, syslog=None),
    )


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(GAP, st.one_of(RUN, RUN, SIGN, SIGN, RESTART)), min_size=4, max_size=12))
def test_every_moment_up_to_the_newest_signed_one_was_inspected(office, steps):
    this = Office(office.inspection, office.journal)
    clock = office.inspection.context.clock
    clock.advance((jst("2026-01-07 09:00") - clock.now()).total_seconds())
    for hours, (kind, what, flag) in steps:
        clock.advance(timedelta(hours=hours).total_seconds())
        if kind == "run":
            assert isinstance(what, Verdict)
            this.record_run(clock.now(), what, waits=flag and what is Verdict.UNKNOWN)
        elif kind == "sign":
            assert isinstance(what, int)
            this.sign(clock.now(), what, overrule=flag)
        else:
            this.restart()
        assert not this.unseen()


@pytest.mark.parametrize(
    ("signed", "words"), [(None, "first inspection"), ("2026-01-16 17:00", "2 closed days")]
)
def test_the_start_of_the_window_is_stated_once(office, signed, words):
    moment = None if signed is None else jst(signed)
    now, calendar = jst("2026-01-19 09:00"), office.inspection.context.calendar
    _since, gap = window(office.inspection, moment, now, calendar)
    assert words in gap
    assert "2 closed days" in gap
    assert gap.count("since") == 1
