"""Pictures of the journal and of the Slack outbox."""

from dataclasses import replace

from services.models.journal import EntryQuery
from services.models.posts import PostState, Proposal
from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import BUSY, QUIET
from tui.screens.journal.entry import EntryScreen
from tui.screens.journal.filter import JournalFilterScreen
from tui.screens.journal.journal import JournalScreen, JournalVerifyScreen
from tui.screens.slack.outbox import DecideScreen, OutboxScreen

_TEXT = "【発報】alb-5xx-high\n観測値: 57（発報条件 > 20）\n影響: 施設予約の登録に失敗することがある"


async def _journal(stage: Stage) -> None:
    await stage.worked()
    await stage.mode("journal")


async def _changes(stage: Stage) -> None:
    await stage.changed()
    await stage.mode("journal")


async def _entry(stage: Stage) -> None:
    await _journal(stage)
    (newest, *_older) = (await stage.ready.journal.page(EntryQuery(), limit=1)).entries
    await stage.show(EntryScreen(newest))


async def _filter(stage: Stage) -> None:
    await _journal(stage)
    await stage.do("filter")
    await stage.on(JournalFilterScreen)


async def _nothing_to_filter(stage: Stage) -> None:
    await _filter(stage)
    await stage.write("zzz")


async def _verify(stage: Stage) -> None:
    await _journal(stage)
    await stage.show(JournalVerifyScreen(stage.ready.journal))


async def _outbox(stage: Stage) -> None:
    outbox = stage.ready.outbox
    await outbox.release("a" * 12, _TEXT, Proposal(title="alb-5xx-high", text=_TEXT))
    await stage.until(
        lambda: (stage.app.posts and stage.app.posts[0].state is not PostState.WAITING) or outbox.why
    )
    stage.app.action_show_outbox()
    await stage.on(OutboxScreen)


async def _empty_outbox(stage: Stage) -> None:
    stage.app.action_show_outbox()
    await stage.on(OutboxScreen)


async def _decide(stage: Stage) -> None:
    await _outbox(stage)
    await stage.do("drop")
    await stage.on(DecideScreen)


SHOTS = (
    Shot("journal", JournalScreen, _journal, QUIET),
    Shot("journal-changes", JournalScreen, _changes, replace(BUSY, lane="journal")),
    Shot("journal-filter", JournalFilterScreen, _filter, QUIET),
    Shot("journal-filter-none", JournalFilterScreen, _nothing_to_filter, QUIET),
    Shot("journal-verify", JournalVerifyScreen, _verify, QUIET),
    Shot("entry", EntryScreen, _entry, QUIET),
    Shot("outbox", OutboxScreen, _outbox, QUIET),
    Shot("outbox-posted", OutboxScreen, _outbox, QUIET, slack=True),
    Shot("outbox-empty", OutboxScreen, _empty_outbox, QUIET),
    Shot("decide", DecideScreen, _decide, QUIET),
)
