from pathlib import Path

from services.events.entries import event_entry
from services.events.messages import seen_event
from services.models.journal import EntryKind, EntryQuery
from tests.conftest import Embedded
from tests.services.events import bodies
from tests.services.journal.book import open_journal
from tests.tools.console import console, press, screen_text, until

OTHER = Path(__file__).parent / "data" / "other.toml"


def runbook_with_queue(folder: Path) -> Path:
    text = OTHER.read_text("utf-8")
    account = next(line.split('"')[1] for line in text.splitlines() if line.startswith("account"))
    url = f"https://sqs.ap-northeast-1.amazonaws.com/{account}/toban-events"
    path = folder / "with-queue.toml"
    path.write_text(f'{text}\n[events]\nqueue_url = "{url}"\n', "utf-8")
    return path


async def test_a_queue_that_cannot_be_used_hides_nothing(empty_aws: Embedded, tmp_path: Path) -> None:
    # The embedded AWS has no SQS: the alarms are polled as ever, and the message line says so once.
    async with console(
        empty_aws.url, empty_aws.clock, size=(160, 48), runbook=runbook_with_queue(tmp_path)
    ) as pilot:
        app = pilot.app
        await until(pilot, lambda: "The queue of events cannot be used" in screen_text(app))
        assert app.services.events.listener.problem is not None
        before = app.alarms
        empty_aws.advance(70)
        await until(pilot, lambda: app.alarms is not before)
        assert app.alarms.problem is None
        assert not app.services.workers.problems
        entries = await app.services.journal.entries(EntryQuery(kinds=frozenset({EntryKind.LISTENING})))
        assert len(entries) == 1


async def test_anothers_event_is_read_at_once_and_listed(empty_aws: Embedded, tmp_path: Path) -> None:
    async with console(
        empty_aws.url, empty_aws.clock, size=(160, 48), runbook=runbook_with_queue(tmp_path)
    ) as pilot:
        app = pilot.app
        wakes = app.services.events.wakes
        await until(pilot, lambda: wakes._position is not None)
        before, account = app.alarms, str(app.services.runbook.system.account)
        body = bodies.task().replace(bodies.ACCOUNT, account)
        async with open_journal(app.services.journal.path) as other:
            await other.append(event_entry(seen_event(body, account)))
        await until(pilot, lambda: app.alarms is not before)
        await press(pilot, "6", then=lambda: "A task of api has stopped" in screen_text(app))
