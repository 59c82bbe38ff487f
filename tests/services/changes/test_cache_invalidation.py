from datetime import timedelta

import pytest

from services.changes import ages
from services.changes.cache_invalidation.cache_invalidation_change import LASTS
from services.changes.cache_invalidation.reading import month_start
from services.changes.cache_invalidation.suggestion import after_deployment
from services.changes.ids import made_at, new_id
from services.demo.cloudfront import WILDCARD_SECONDS, DistributionCache
from services.demo.names import DISTRIBUTION
from services.models.change_runs import StepState
from services.models.journal import EntryKind
from services.models.watches import WatchState
from services.runbook.loader import load_builtin
from tests.services.changes.change_world import desk

pytestmark = pytest.mark.scenario("ordinary-day", history=600)
CREATE = "cloudfront.CreateInvalidation"


async def planned(one, paths=None):
    parameters = {} if paths is None else {"paths": paths}
    return await one.engine.plan("cache-invalidation", DISTRIBUTION, parameters)


async def applied(one, plan):
    return await one.engine.apply(plan, plan.confirm)


def batches(embedded):
    return list(embedded.world.component(DistributionCache).invalidations)


async def test_an_invalidation_is_sent_once_and_followed_to_its_completion(one, embedded):
    await one.arm()
    before = len(batches(embedded))
    plan = await planned(one, "/index.html /images/*")
    assert not plan.refusals
    assert plan.title == "Invalidate 2 paths"
    assert plan.reversible.startswith("No: ")
    assert plan.revert is None
    run = await applied(one, plan)
    assert run.state is StepState.DONE
    (created,) = batches(embedded)[before:]
    assert (created.reference, created.paths) == (plan.id, ("/index.html", "/images/*"))
    assert run.steps[0].answer == {"id": created.id}
    assert run.watching
    run = await one.ended(WILDCARD_SECONDS / 2)
    assert run.progress.state is WatchState.DONE
    assert created.id in run.progress.text
    assert embedded.counts()[CREATE] == 1
    assert (await one.kinds())[-1] == EntryKind.WATCHED


async def test_another_console_takes_the_watch_over(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        await applied(one, await planned(one, "/*"))
    embedded.advance(WILDCARD_SECONDS)
    async with desk(embedded, tmp_path / "j.db") as one:
        run = await one.ended(15.0)
        assert run.progress.state is WatchState.DONE


async def test_a_watch_gives_up_after_its_time(embedded, tmp_path, monkeypatch):
    monkeypatch.setattr("services.demo.cloudfront.EXACT_SECONDS", 86_400.0)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        await applied(one, await planned(one, "/index.html"))
        run = await one.ended(LASTS.total_seconds() / 4)
        assert run.progress.state is WatchState.GAVE_UP


@pytest.mark.parametrize("skew", [90, 540])
async def test_a_watch_of_another_host_s_change_is_not_given_up_early_by_a_clock_that_is_ahead(
    embedded, tmp_path, monkeypatch, skew
):
    monkeypatch.setattr("services.demo.cloudfront.EXACT_SECONDS", 86_400.0)
    async with desk(embedded, tmp_path / "j.db") as one, desk(embedded, tmp_path / "j.db") as two:
        await one.arm()
        monkeypatch.setattr(ages, "machine", lambda: "another-boot time:[1]")
        await applied(one, await planned(one, "/index.html"))
        monkeypatch.setattr(ages, "machine", lambda: "this-boot time:[1]")
        await two.runs()
        embedded.clock.step(skew)
        embedded.advance(LASTS.total_seconds() - skew / 2)
        await two.engine._watches.check_due(two.engine.runs)
        assert two.engine.runs[0].watching
        embedded.advance(600)
        await two.engine._watches.check_due(two.engine.runs)
        run = two.engine.runs[0]
        assert run.progress.state is WatchState.GAVE_UP


async def test_a_lost_answer_is_settled_by_its_reference(one, embedded):
    await one.arm()
    before = len(batches(embedded))
    plan = await planned(one, "/index.html")
    embedded.fault("cloudfront", "CreateInvalidation", mode="reset-after", times=1)
    run = await applied(one, plan)
    assert run.state is StepState.DONE
    assert run.steps[0].observed
    assert len(batches(embedded)) == before + 1
    run = await one.ended(60.0)
    assert run.progress.state is WatchState.DONE, "found by its reference, without the lost id"


async def test_a_request_that_never_arrived_is_not_done(one, embedded):
    await one.arm()
    before = len(batches(embedded))
    plan = await planned(one, "/index.html")
    embedded.fault("cloudfront", "CreateInvalidation", mode="reset-before", times=1)
    run = await applied(one, plan)
    assert run.state is StepState.UNKNOWN
    assert len(batches(embedded)) == before
    assert (await planned(one, "/index.html")).refusals, "the distribution is locked"


async def test_planning_again_with_the_same_id_gives_the_same_request(one):
    plan = await planned(one, "/利用案内.html /index.html")
    again = await one.engine.plan("cache-invalidation", DISTRIBUTION, plan.wish, plan.id)
    assert again.digest == plan.digest
    assert plan.wish == {"paths": "/%E5%88%A9%E7%94%A8%E6%A1%88%E5%86%85.html /index.html"}


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ("/static/js/main.*.js", "need no invalidation"),
        ("index.html", "begins with `/`"),
        ("", "at least one path"),
    ],
)
async def test_refusals_say_what_to_do(one, paths, reason):
    plan = await planned(one, paths)
    assert plan.steps == ()
    assert reason in " ".join(plan.refusals)


async def test_a_distribution_that_is_not_there(embedded, tmp_path):
    book = load_builtin("facility-prod")
    runbook = book.model_copy(update={"cdn": book.cdn.model_copy(update={"distribution": "E0MISSING"})})
    async with desk(embedded, tmp_path / "j.db", runbook=runbook) as one:
        plan = await one.engine.plan("cache-invalidation", "E0MISSING", {})
        assert "no such distribution" in plan.refusals[0]
        state = await one.engine.changes["cache-invalidation"].read_target(plan.target)
        assert state.remarks == plan.refusals


async def test_what_the_month_has_used_is_counted_whoever_made_it(embedded, tmp_path):
    now = embedded.clock.now()
    expected = sum(len(each.paths) for each in batches(embedded) if each.created >= month_start(now))
    async with desk(embedded, tmp_path / "j.db") as one:
        plan = await planned(one, "/*")
        assert plan.cost == f"None: {expected + 1} of the 1,000 free paths of the month"
        row = plan.steps[0].rows[-1]
        assert (row.name, row.before, row.after) == ("Paths this month", str(expected), str(expected + 1))
        assert "other distributions are not counted" in " ".join(each.text for each in plan.cautions)
        reads = embedded.counts()["cloudfront.GetInvalidation"]
        await planned(one, "/*")
        assert embedded.counts()["cloudfront.GetInvalidation"] == reads, "each is read once"
        facts = {
            fact.name: fact.value
            for fact in (await one.engine.changes["cache-invalidation"].read_target(plan.target)).facts
        }
        assert facts["Paths this month"] == str(expected)
        assert facts["Domain"] == "facility.city.example.jp"


async def test_the_commands_by_hand(one):
    plan = await planned(one, "/*")
    first, second = one.engine.changes["cache-invalidation"].cli_commands(plan)
    assert (first.service, first.verb, first.writes) == ("cloudfront", "create-invalidation", True)
    assert (second.verb, second.writes) == ("list-invalidations", False)


async def test_it_is_suggested_after_a_deployment(embedded, tmp_path):
    runbook = load_builtin("facility-prod")
    (suggestion,) = after_deployment(runbook)
    async with desk(embedded, tmp_path / "j.db") as one:
        plan = await one.engine.plan(suggestion.kind, suggestion.target, suggestion.values)
        assert plan.wish == {"paths": "/index.html"}
        assert not plan.refusals
        restart = await one.engine.plan("service-restart", "staff-api", {})
        assert one.engine.changes["service-restart"].follow_ups(restart) == (suggestion,)
    assert after_deployment(runbook.model_copy(update={"cdn": None})) == ()


async def test_an_id_tells_when_its_plan_was_made(embedded):
    now = embedded.clock.now()
    assert abs(made_at(new_id(now)) - now) < timedelta(milliseconds=1)
    for text in ("", "x" * 18, "l" * 18):
        with pytest.raises(ValueError, match=r".*"):
            made_at(text)
