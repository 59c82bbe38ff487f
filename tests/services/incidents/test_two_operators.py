"""Two people respond at the same time: the journal tells one truth, and who came second is told."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.service import Incidents
from services.journal.errors import AlreadyRecorded
from services.models.incidents import Incident, StepMark
from services.models.journal import EntryKind
from tests.services.incidents.incident_desk import ALARM, alarm, desk

OTHER = "alb-latency-high"
Act = Callable[[Incidents], Awaitable[object]]


def of(console, name=ALARM):
    return next(each for each in console.incidents.incidents if each.target == name)


@asynccontextmanager
async def pair(path):
    async with desk(path) as one, desk(path, "suzuki") as two:
        await one.see(alarm(), alarm(name=OTHER))
        await two.incidents.load()
        yield one, two


async def at_once(one, two, act):
    """Both do it, seeing the same: the console that succeeded, and what the other was told."""
    results = await asyncio.gather(act(one.incidents), act(two.incidents), return_exceptions=True)
    (refusal,) = [result for result in results if isinstance(result, BaseException)]
    assert isinstance(refusal, AlreadyRecorded)
    first = one if results[1] is refusal else two
    assert refusal.entry.person.name == first.journal.person.name
    for console in (one, two):
        await console.incidents.load()
    assert one.incidents.incidents == two.incidents.incidents
    return first, refusal.entry


async def test_both_take_it(tmp_path):
    async with pair(tmp_path / "journal.db") as (one, two):
        incident = of(one)
        first, _entry = await at_once(one, two, lambda incidents: incidents.take(incident))
        assert of(one).holder == first.journal.person.name
        # Who knows that it is taken may take it over.
        second = two if first is one else one
        assert (await second.incidents.take(of(second))).holder == second.journal.person.name


async def test_both_decide_the_cause(tmp_path):
    async with pair(tmp_path / "journal.db") as (one, two):
        incident = of(one)

        def decide(incidents):
            return incidents.decide(incident, "artefact", f"as {incidents.journal.person.name} says")

        first, _entry = await at_once(one, two, decide)
        decision = of(one).decision
        assert decision.title == f"as {first.journal.person.name} says"
        second = two if first is one else one
        await second.incidents.decide(of(second), "tasks-crash", "on second thoughts")


async def test_both_close_it(tmp_path):
    async with pair(tmp_path / "journal.db") as (one, two):
        incident = of(one)
        first, entry = await at_once(
            one, two, lambda incidents: incidents.close(incident, "artefact", incidents.journal.person.name)
        )
        assert entry.kind is EntryKind.INCIDENT_CLOSED
        assert (of(one).closed_by, of(one).cause) == (first.journal.person.name,) * 2


@pytest.mark.parametrize("order", permutations(("take", "accept")))
async def test_it_is_taken_by_another_while_it_is_handed_over(tmp_path, order):
    async with pair(tmp_path / "journal.db") as (one, two), desk(tmp_path / "journal.db", "sato") as three:
        offered = await one.incidents.hand_over(of(one), "suzuki")
        await three.incidents.load()
        acts = {"take": three.incidents.take(of(three)), "accept": two.incidents.accept(offered)}
        await acts[order[0]]
        with pytest.raises(AlreadyRecorded) as refusal:
            await acts[order[1]]
        await one.incidents.load()
        holder = {"take": "sato", "accept": "suzuki"}[order[0]]
        assert (of(one).holder, of(one).hand_over) == (holder, None)
        assert refusal.value.entry.person.name == holder


async def test_of_one_who_takes_and_one_who_accepts_at_once_one_responds(tmp_path):
    async with pair(tmp_path / "journal.db") as (one, two), desk(tmp_path / "journal.db", "sato") as three:
        offered = await one.incidents.hand_over(of(one), "suzuki")
        await three.incidents.load()
        results = await asyncio.gather(
            three.incidents.take(of(three)), two.incidents.accept(offered), return_exceptions=True
        )
        await one.incidents.load()
        names = ["sato", "suzuki"]
        (number,) = [each for each, result in enumerate(results) if isinstance(result, AlreadyRecorded)]
        assert of(one).holder == names[1 - number]


async def test_an_offer_that_was_replaced_is_not_accepted(tmp_path):
    async with pair(tmp_path / "journal.db") as (one, two):
        stale = await one.incidents.hand_over(of(one), "suzuki")
        await one.incidents.hand_over(stale, "sato")
        with pytest.raises(AlreadyRecorded):
            await two.incidents.accept(stale)
        assert of(two).holder == ""


@pytest.mark.parametrize("is_part", [True, False])
async def test_one_joins_while_the_other_closes(tmp_path, is_part):
    # Whatever comes first: nothing open is hidden behind what is closed, and both consoles see the same.
    async with pair(tmp_path / "journal.db") as (one, two):
        part, whole = of(one, OTHER), of(one)
        closed = part if is_part else whole
        results = await asyncio.gather(
            one.incidents.join(part, whole),
            two.incidents.close(closed, "artefact", "few requests"),
            return_exceptions=True,
        )
        assert all(isinstance(each, Incident | AlreadyRecorded) for each in results), results
        for console in (one, two):
            await console.incidents.load()
        assert one.incidents.incidents == two.incidents.incidents
        now = one.incidents.of(closed.id)
        assert not now.is_open
        assert all(not each.joined_to for each in one.incidents.incidents if each.is_open)


# ---- the journal read in any order, and twice


async def played(path):
    async with pair(path) as (one, two):
        await one.incidents.take(of(one))
        await one.incidents.mark(of(one), 0, StepMark.DONE, "Read the log")
        await two.incidents.load()
        await two.incidents.mark(of(two), 0, StepMark.TODO, "Read the log")
        await two.incidents.decide(of(two), "artefact", "few requests")
        await two.incidents.contacted(of(two), "PM", "phone")
        offered = await two.incidents.hand_over(of(two), "tanaka")
        await one.incidents.accept(offered)
        await one.incidents.join(of(one, OTHER), of(one))
        await one.incidents.close(
            of(one), "artefact", "few requests", "x", [("Add an index", one.clock.now())]
        )
        return await one.journal.entries()


@pytest.fixture(scope="module")
def entries(tmp_path_factory):
    return asyncio.run(played(tmp_path_factory.mktemp("played") / "journal.db"))


@given(data=st.data())
def test_the_same_entries_in_any_order_and_twice_tell_the_same(entries, data):
    # As a journal that two replicas feed: in pieces, late, repeated.
    shuffled = data.draw(st.permutations([*entries, *data.draw(st.lists(st.sampled_from(entries)))]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
    in_order, in_pieces = projected(list(entries)), projected()
    for first, last in zip([0, *cuts], [*cuts, len(shuffled)], strict=True):
        in_pieces.absorb(shuffled[first:last])
    assert in_pieces._incidents == in_order._incidents
    assert in_pieces.follow_ups == in_order.follow_ups
    assert in_pieces._days.waiting == in_order._days.waiting


def projected(*pieces):
    incidents = Incidents.__new__(Incidents)
    Incidents.__init__(incidents, None, None)  # type: ignore[arg-type]  neither is used to absorb
    for piece in pieces:
        incidents.absorb(piece)
    return incidents
