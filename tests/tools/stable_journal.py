"""Writes a journal that holds every kind of entry, using the services and screens that write it in the
console. The entries come from two short sessions without AWS (15 and 16 January 2026) and three days on the
embedded AWS, each in a world of its own: a Monday with one fault per inspection, a Tuesday in Japanese, and
the first open day of February. The journal ends in the middle of a change and of a post, as after a kill."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from services import i18n
from services.aws.client.settings import AwsSettings
from services.changes import ages
from services.changes import entries as change_entries
from services.changes.ages import marked
from services.clock import ManualClock
from services.inspections.running import entries as inspection_entries
from services.inspections.sign_ins.sign_ins_inspection import SignIns
from services.journal import origin
from services.journal.store import Store
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.change_runs import Run, StepState
from services.models.changes import Plan
from services.models.duties import DutyView, Occurrence, OccurrenceState
from services.models.findings import DutyFindings
from services.models.journal import NewEntry, Person
from services.models.posts import Post, PostState, Proposal
from services.models.runbook import JournalSpec, Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load
from services.slack import entries as post_entries
from services.slack.settings import SlackSettings, read
from services.system import Services
from tests.conftest import Embedded, _run
from tests.services.journal.book import append
from tests.tools.console import console, until
from tests.tools.slack_server import SlackServer
from tests.tui.seeding import client, make_group

FOLDER = Path(__file__).parents[1] / "stable"
RUNBOOK = FOLDER / "runbook.toml"
UNAPPROVED = load(RUNBOOK).model_copy(update={"approvers": ()})
"""Its changes need no approval, as in the version that wrote the journal."""
JAPAN = ZoneInfo("Asia/Tokyo")
HOST = "bastion-1"
KIMURA = Person(user="kimura", origin="pts/3", host=HOST)
YAMADA = Person(user="yamada", origin="ssh 10.0.0.5", host=HOST)
SATO = Person(user="root (sudo: sato)", origin="ssh 10.0.0.9", host=HOST)
BOOT = "6f1d2c3b-0000-4000-8000-000000000001 time:[4026531834]"
"""Identifies the machine that the changes were made on; never equal to the machine that reads the journal."""
LIMIT = 120.0  # Seconds that any wait may take on a busy machine
NOWHERE = "http://127.0.0.1:9"
SERVICE = "staff-api"
RESOURCE = "service/facility-prod-cluster/staff-api"
SCALING = "application-autoscaling"


def utc_of(text: str) -> datetime:
    """`2026-01-19 08:55` in Japan, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=JAPAN).astimezone(UTC)


@contextmanager
def embedded_aws(scenario: str, start: str, hours: float) -> Iterator[Embedded]:
    """An embedded AWS that starts at a time in Japan with so many hours of history. It has the log stream
    that the runbook names for the journal's newest hash."""
    for embedded in _run(scenario, hours * 3600.0, utc_of(start)):
        asyncio.run(_create_stream(embedded))
        yield embedded


async def _create_stream(embedded: Embedded) -> None:
    spec = load(RUNBOOK).journal
    async with client("logs", embedded.url) as logs:
        await make_group(logs, spec.log_group, spec.log_stream)


def stream_lines(embedded: Embedded) -> list[str]:
    """The lines of that log stream."""
    spec = load(RUNBOOK).journal

    async def lines() -> list[str]:
        async with client("logs", embedded.url) as logs:
            answer = await logs.get_log_events(logGroupName=spec.log_group, logStreamName=spec.log_stream)
            return [event["message"] for event in answer["events"]]

    return asyncio.run(lines())


@contextmanager
def fixed_environment() -> Iterator[None]:
    """Machine, credentials and settings that do not depend on who runs this."""
    cleared = [name for name in os.environ if name.startswith(("AWS_", "TOBAN_", "XDG_"))]
    credentials = {
        "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with (
        patch.dict(os.environ),
        patch.object(ages, "machine", lambda: BOOT),
        patch.object(socket, "gethostname", lambda: HOST),
        # The embedded AWS has no rate limit on its trail.
        patch.object(SignIns, "pace", 0.0),
    ):
        for name in cleared:
            del os.environ[name]
        os.environ.update(credentials)
        try:
            yield
        finally:
            i18n.use("en")


@dataclass
class Session:
    """A console without a screen; it follows the same states as `tui.app`."""

    services: Services
    embedded: Embedded
    view: DutyView | None = None
    posts: tuple[Post, ...] = ()
    faults: list[BaseException] = field(default_factory=list)

    async def until(self, reached: Callable[[], object], step: float = 1.0) -> None:
        """Advance the world by `step` seconds at a time until `reached()`."""
        try:
            async with asyncio.timeout(LIMIT):
                while not reached():
                    await asyncio.sleep(0.01)
                    self.embedded.advance(step)
        except TimeoutError:
            raise AssertionError(f"never reached: {self.posts} {self.faults}") from None

    async def advance_to(self, time: str) -> None:
        """Advance the world to a time in Japan."""
        self.embedded.advance((utc_of(time) - self.embedded.clock.now()).total_seconds())
        await asyncio.sleep(0.05)

    def occurrence(self, duty: str) -> Occurrence:
        """The occurrence of a duty that the console shows; today's first."""
        view = self.view
        assert view is not None
        shown = (*view.today.occurrences, *view.carried, *view.running)
        return next(occurrence for occurrence in shown if occurrence.slot.duty == duty)

    def last_of_month(self, year: int, month: int, duty: str) -> Occurrence:
        """The last occurrence of a duty in a month."""
        days = self.services.duties.month(year, month).days
        occurrences = [occurrence for day in days for occurrence in day.occurrences]
        return [occurrence for occurrence in occurrences if occurrence.slot.duty == duty][-1]

    def findings(self, duty: str) -> DutyFindings:
        """The findings of a duty so far."""
        findings = self.services.scheduler.of(self.occurrence(duty).slot)
        assert findings is not None
        return findings

    async def inspected(self, *duties: str) -> None:
        """Wait until every inspection of these duties has its finding."""
        await self.until(lambda: all(self.findings(duty).complete for duty in duties))

    async def sign(self, duty: str, note: str = "", **more: Any) -> Occurrence:
        """Sign a duty off as the dialog does, with its findings."""
        occurrence = self.occurrence(duty)
        if self.services.scheduler.inspections_of(occurrence.slot):
            more = {"findings": inspection_entries.signed(self.findings(duty).recorded), **more}
        return await self.services.duties.sign(occurrence, note, more=more)

    def alarm(self, name: str, **changes: Any) -> Alarm:
        """An alarm of the board, with some fields replaced."""
        board = self.services.feeds["alarms"].state.value
        assert board is not None
        return next(alarm for alarm in board.alarms if alarm.id == name).model_copy(update=changes)

    async def plan(self, **wish: str) -> Plan:
        """A plan that can be confirmed."""
        plan = await self.services.engine.plan("task-limit", SERVICE, wish)
        assert not plan.refusals, plan.refusals
        return plan

    async def apply(self, plan: Plan) -> Run:
        """Confirm a plan and wait for its outcome."""
        run = asyncio.ensure_future(self.services.engine.apply(plan, SERVICE))
        await self.until(run.done)
        return await run

    async def apply_without_answer(self, plan: Plan) -> Run:
        """Confirm a plan; the connection is cut before the request arrives."""
        self.embedded.fault(SCALING, "RegisterScalableTarget", mode="reset-before", times=1)
        run = await self.apply(plan)
        assert run.state is StepState.UNKNOWN, run
        return run

    def post(self, id: str) -> Post | None:
        """A post as it stands; None where there is none yet."""
        return next((post for post in self.posts if post.id == id), None)

    async def reached(self, id: str, state: PostState) -> Post:
        """Wait until a post is in a state."""
        await self.until(lambda: (post := self.post(id)) is not None and post.state is state)
        post = self.post(id)
        assert post is not None
        return post


@asynccontextmanager
async def session(
    embedded: Embedded,
    path: Path,
    person: Person,
    *,
    runbook: Runbook | None = None,
    slack: SlackSettings | None = None,
    syslog: Path | None = None,
) -> AsyncIterator[Session]:
    """A console of one person, from its start to its end."""
    services = Services(
        runbook or UNAPPROVED, AwsSettings(**embedded.settings()), embedded.clock,
        journal=path, syslog=syslog, seed=1, slack=slack,
    )  # fmt: skip
    current = Session(services, embedded)
    services.report_faults(current.faults.append, current.faults.append)
    with patch.object(origin, "_machine", lambda: person):
        await services.open_journal()
        tasks = [asyncio.create_task(states) for states in _followed(current)]
        try:
            await current.until(
                lambda: current.view and all(feed.state.value is not None for feed in services.feeds.values())
            )
            yield current
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await services.close()
    assert not current.faults, current.faults


def _followed(current: Session) -> Iterator[Any]:
    services = current.services

    def take_duties(view: DutyView) -> None:
        current.view = view
        services.scheduler.schedule(view)

    def take_posts(posts: tuple[Post, ...]) -> None:
        current.posts = posts

    async def follow(states: AsyncIterator[Any], take: Callable[[Any], object] = bool) -> None:
        async for state in states:
            take(state)

    yield follow(services.duties.states(), take_duties)
    yield follow(services.outbox.states(), take_posts)
    yield follow(services.scheduler.states())
    yield follow(services.engine.states())
    yield follow(services.acknowledgements.states())
    for feed in services.feeds.values():
        yield follow(feed.states())


# ---- the sessions


async def write_without_aws(path: Path) -> None:
    """Two sessions on Thursday and Friday; of all duties that come due one is signed, without findings."""
    runbook = load(RUNBOOK).model_copy(update={"journal": JournalSpec()})
    for time in ("2026-01-15 08:30", "2026-01-16 17:10"):
        clock = ManualClock(utc_of(time))
        services = Services(runbook, AwsSettings(endpoint_url=NOWHERE), clock, journal=path)
        with patch.object(origin, "_machine", lambda: KIMURA):
            await services.open_journal()
            days = services.duties.month(2026, 1).days
            for occurrence in [occurrence for day in days for occurrence in day.occurrences]:
                is_chosen = occurrence.key == "daily-evening@2026-01-16T17:00"
                if is_chosen and clock.now() >= occurrence.slot.due_at:
                    await services.duties.sign(occurrence, "前の担当から引き継いだ")
            await services.close()


async def write_monday(embedded: Embedded, path: Path, syslog: Path, server: SlackServer) -> None:
    """Inspections, sign-offs, acknowledgements, changes, posts, notes and remarks."""
    slack = read(server.environment())
    async with session(embedded, path, YAMADA, slack=slack, syslog=syslog) as current:
        await current.advance_to("2026-01-19 09:00")
        await current.inspected("daily-morning", "weekly-backup", "weekly-cost", "weekly-patches")
        await write_inspections(current)
        await write_duties(current)
        await write_acknowledgements(current)
        await write_changes(current)
        await write_posts(current, server)
        await current.advance_to("2026-01-19 16:50")
        await current.until(lambda: current.occurrence("daily-afternoon").state is OccurrenceState.LATE)
        await current.inspected("daily-afternoon")
        await current.sign("daily-afternoon", "会議のため遅れた")
    with patch.object(origin, "_machine", lambda: YAMADA):
        await write_notes_and_remarks(embedded, path)


async def write_inspections(current: Session) -> None:
    """Inspections by hand, and findings that are overruled: one partly judged, one not at all."""
    looks = current.services.scheduler.runs
    for id in ("scaling", "requests", "lost-logins"):
        await looks.run_on_demand(id)
        current.embedded.advance(5)
    for recorded in current.findings("daily-morning").recorded:
        if not recorded.finding.complete and recorded.finding.verdict is not Verdict.ABNORMAL:
            reason = f"looked by hand: {recorded.finding.inspection}"
            await looks.override(current.occurrence("daily-morning").key, recorded, reason)


async def write_duties(current: Session) -> None:
    """Sign-offs in time and too late, with checklists and evidence; a duty left out, and one planned."""
    duties, embedded = current.services.duties, current.embedded
    await current.sign("daily-morning", "quiet apart from the database")
    await current.sign("weekly-backup")
    rotation = duties.duty(current.occurrence("key-rotation"))
    assert rotation is not None
    await current.sign("key-rotation", "GitHub は来週", checked=list(rotation.asks[:2]), evidence={})
    await duties.skip(current.occurrence("weekly-cost"), "the budget is decided tomorrow")
    assert current.view is not None
    missed = [late for late in current.view.carried if late.state is OccurrenceState.MISSED]
    await duties.sign(missed[-1], "nobody was at the console")
    embedded.advance(60)
    drill = duties.duty(current.occurrence("dr-drill"))
    assert drill is not None
    await current.sign(
        "dr-drill",
        checked=list(drill.asks),
        evidence={
            "snapshot": "rds:facility-prod-db-2026-01-18",
            "minutes": "34.5",
            "confirmed": "psql\nSELECT 1",
        },
    )
    await duties.plan(current.last_of_month(2026, 1, "weekly-deploy"), planned=True)


async def write_acknowledgements(current: Session) -> None:
    """One for every state of an alarm."""
    acknowledge = current.services.acknowledgements.acknowledge
    await acknowledge(current.alarm("rds-connections-high"), "データが来ない。\n開発に聞いた")
    await acknowledge(current.alarm("rds-cpu-high"), "")
    await acknowledge(current.alarm("api-queue-long"), "not created yet")
    await acknowledge(current.alarm("rds-cpu-high", state=AlarmState.ALARM), "looked at the curve")


async def write_changes(current: Session) -> None:
    """Changes with every outcome; the last one stays, to be taken back by a person in February."""
    engine, embedded = current.services.engine, current.embedded
    plan = await current.plan(max="10", revert="aws", revert_at="2026-01-30 17:00")
    assert (await current.apply(plan)).refusal, "the console is not armed"
    await engine.arm("月末の負荷に備える", timedelta(minutes=30))
    assert (await current.apply(plan)).state is StepState.DONE
    embedded.advance(30)
    way_back = engine.changes["task-limit"].revert_parameters(plan)
    assert (await current.apply(await current.plan(**way_back))).state is StepState.DONE
    await engine.disarm("done for now")
    embedded.advance(30)
    await engine.arm("try again", timedelta(minutes=60))
    by_person = {"revert": "duty", "revert_at": "2026-02-02 10:00"}
    embedded.fault(SCALING, "RegisterScalableTarget", mode="reset-after", times=1)
    lost = await current.apply(await current.plan(max="8", **by_person))
    embedded.advance(361)
    assert (await engine.resolve(lost.id)).state is StepState.DONE, "CloudTrail has it"
    embedded.fault(SCALING, "RegisterScalableTarget", preset="denied", times=1)
    assert (await current.apply(await current.plan(max="9", **by_person))).state is StepState.FAILED
    run = await current.apply_without_answer(await current.plan(max="9", **by_person))
    await current.until(lambda: engine.runs[0].state is StepState.FAILED)
    assert engine.runs[0].id == run.id, "AWS was read and shows that nothing was changed"
    plan = await current.plan(max="9", **by_person)
    run = await current.apply_without_answer(plan)
    # As earlier versions recorded it, who did not wait until the request was no longer accepted.
    how = {"text": "AWS のコンソールで見た", "how": "said"}
    await engine._history.append(change_entries.resolved(plan, plan.steps[0], done=False, **how))
    plan = await current.plan(max="9", **by_person)
    embedded.world.scaling.targets[RESOURCE].maximum = 7
    assert (await current.apply(plan)).state is StepState.REFUSED, "the state moved since the plan"
    assert (await current.apply(await current.plan(max="10", **by_person))).state is StepState.DONE
    await current.until(lambda: engine.permits.armed is None, step=60.0)


async def write_posts(current: Session, server: SlackServer) -> None:
    """Posts with every outcome."""
    outbox, slack = current.services.outbox, server.slack
    thread = f"alarm:rds-cpu-high@{current.alarm('rds-cpu-high').since}"
    about_alarm = Proposal(
        title="rds-cpu-high", text="x", thread=thread, target=RawId("rds-cpu-high"), alarm="rds-cpu-high"
    )
    about_costs = Proposal(title="costs", text="x", target=RawId("costs"))
    for id in ("first", "answer"):
        await outbox.release(id, "RDS の CPU が 78 % に達した\n見ている", about_alarm)
        await current.reached(id, PostState.POSTED)
    slack.faults.append("429")
    await outbox.release("limited", "too many", about_costs)
    await current.reached("limited", PostState.REFUSED)
    await current.reached("limited", PostState.POSTED)
    slack.faults.append("channel_not_found")
    await outbox.release("given-up", "no such channel", about_costs)
    await outbox.drop(await current.reached("given-up", PostState.REFUSED), "reported by telephone")
    slack.faults.append("lost")
    await outbox.release("lost", "the answer is lost", about_costs)
    await current.reached("lost", PostState.POSTED)
    slack.faults.append("closed")
    await outbox.release("again", "never arrived", about_costs)
    await current.reached("again", PostState.POSTED)
    slack.scopes.discard("channels:history")
    for id in ("marked-sent", "sent-again", "unknown"):
        slack.faults.append("lost" if id == "marked-sent" else "closed")
        await outbox.release(id, "nobody knows", about_costs)
        await current.reached(id, PostState.UNKNOWN)
    await outbox.mark_sent(await current.reached("marked-sent", PostState.UNKNOWN), "it is in the channel")
    await outbox.send_again(
        await current.reached("sent-again", PostState.UNKNOWN), "it is not in the channel"
    )
    await current.reached("sent-again", PostState.POSTED)


async def write_notes_and_remarks(embedded: Embedded, path: Path) -> None:
    """Notes and remarks, typed into the dialogs of a console with a screen."""
    async with console(embedded.url, embedded.clock, runbook=RUNBOOK, journal=path) as pilot:
        app: Any = pilot.app
        journal = app.ready.journal

        async def write(*keys: str) -> None:
            entries = journal.health.entries
            await pilot.press(*keys)
            await until(pilot, lambda: app.screen.query("TextArea, Input"))
            await pilot.press(*"typed by hand", "enter")
            await until(pilot, lambda: journal.health.entries > entries)

        await write("f8")
        await pilot.press("a", "home", "enter")
        await until(pilot, lambda: app.screen.note_subject() is not None and app.screen.note_subject().opened)
        await write("f8")
        await pilot.press("escape", "2")
        await until(pilot, lambda: app.duties)
        await pilot.press("g")
        await until(pilot, lambda: getattr(app.screen, "report", None))
        await write("f8")
        for key in ("M", "Y"):
            await pilot.press(key)
            await until(pilot, lambda: getattr(app.screen, "report", None))
            await write("f8")


async def write_tuesday(embedded: Embedded, path: Path) -> None:
    """A colleague, in Japanese and without Slack: strangers, a query that waits for consent, an AWS that refuses."""
    i18n.use("ja")
    whole = UNAPPROVED
    runbook = with_duties(whole, "daily-afternoon", "weekly-patches", "weekly-deploy").model_copy(
        update={"inspecting": whole.inspecting.model_copy(update={"ask_above_yen": 0.0})}
    )
    async with session(embedded, path, SATO, runbook=runbook) as current:
        services = current.services
        looks = services.scheduler.runs
        unmade = await looks.run_on_demand("slow-queries")
        assert unmade.finding.waits_for_consent
        sign_ins = await looks.run_on_demand("sign-ins")
        for unfamiliar in sign_ins.finding.unfamiliar:
            await looks.allow(unfamiliar)
        entries = [entry for entry in services.records.allowed_by_operators if entry.target == "temp-admin"]
        await looks.forget(entries[0])
        await current.advance_to("2026-01-20 09:30")
        await current.sign("weekly-patches", "一日遅れた")
        await services.duties.plan(current.last_of_month(2026, 1, "weekly-deploy"), planned=False)
        embedded.fault("cloudwatch", "DescribeAlarms", preset="denied")
        await current.advance_to("2026-01-20 14:00")
        await current.inspected("daily-afternoon")
        embedded.clear_faults()
        (recorded,) = current.findings("daily-afternoon").recorded
        assert recorded.finding.problem is not None
        await current.sign("daily-afternoon", "権限がない")
        about_alarms = Proposal(title="alarms", text="x", target=RawId("alarms"))
        await services.outbox.release("waiting", "権限がなく、アラームを読めない", about_alarms)


def with_duties(runbook: Runbook, *duties: str) -> Runbook:
    """The runbook with these duties alone: the findings of the others would repeat Monday's."""
    return runbook.model_copy(update={"duties": tuple(duty for duty in runbook.duties if duty.id in duties)})


async def write_february(embedded: Embedded, path: Path, syslog: Path) -> None:
    """Monthly inspections, a way back that is signed off, and what two killed consoles leave."""
    i18n.use("en")
    runbook = with_duties(UNAPPROVED, "monthly-review", "scale-down")
    async with session(embedded, path, YAMADA, runbook=runbook, syslog=syslog) as current:
        services = current.services
        await current.advance_to("2026-02-02 09:00")
        await current.inspected("monthly-review")
        await current.sign("monthly-review")
        await current.advance_to("2026-02-02 10:00")
        slot = services.engine.reverts()[0]
        await current.until(lambda: services.duties.signable(slot))
        await services.duties.sign(services.duties.now(slot), "still needed, see the next change")
        by_person = {"revert": "duty", "revert_at": "2026-02-27 17:00"}
        plan = await current.plan(max="6", **by_person)
        interrupted = await current.plan(max="8", **by_person)
        await services.engine.arm("beginning of the month", timedelta(minutes=15))
        await services.outbox.release("sending", "the console is killed", Proposal(title="x", text="x"))
        post = await current.reached("sending", PostState.WAITING)
        begun = (
            change_entries.confirmed(interrupted),
            change_entries.intent(interrupted, interrupted.steps[0]),
        )
        write_as_killed(path, embedded, *(marked(draft, embedded.clock) for draft in begun))
        run = await current.apply(plan)
        assert run.state is StepState.REFUSED, "the target is held by another console"
        early = await current.sign("scale-down", "early: the month's end is over")
    posting = post_entries.posting(post, "c0ffee" * 5, "")
    write_as_killed(path, embedded, posting, inspection_entries.claim_entry(early.slot, 1))


def write_as_killed(path: Path, embedded: Embedded, *drafts: NewEntry) -> None:
    """Record what another console wrote last before it was killed."""
    with closing(Store(path)) as store:
        for draft in drafts:
            append(store, draft, at=embedded.clock.now(), person=KIMURA)
