from collections.abc import Iterator

from services.i18n import _
from services.models.runbook import Runbook
from services.models.runbook_events import queue_place
from services.toml.positions import Path

_PATH: Path = ("events", "queue_url")


def queue(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    if runbook.events is None:
        return
    place, system = queue_place(runbook.events.queue_url), runbook.system
    if place is None:
        example = f"https://sqs.{system.region}.amazonaws.com/{system.account}/toban-events"
        yield _PATH, _("must be the address of a standard SQS queue: {example}").format(example=example)
        return
    if place.account != system.account:
        text = _("the queue is in account {actual}; the system is in {expected}")
        yield _PATH, text.format(actual=place.account, expected=system.account)
    if place.region != system.region:
        text = _("the queue is in region {actual}; the system is in {expected}")
        yield _PATH, text.format(actual=place.region, expected=system.region)


ALL = (queue,)
"""Every check of this file."""
