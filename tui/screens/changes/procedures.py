"""The steps of the runbook that call for a change: procedures first, then what playbooks do about causes."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.i18n import _
from services.models.runbook_playbooks import Cause, Step
from tui.console import Console
from tui.messages import OpenChange
from tui.places import Origin, destination
from tui.screens.common.choose import Choice, ChooseScreen


@dataclass(frozen=True, slots=True)
class Lead:
    """One step, and the change that it leads to."""

    id: str
    title: str
    """The procedure's section of the written runbook, or the playbook."""
    text: str
    request: OpenChange


def leads(app: Console) -> Iterator[Lead]:
    """Every step that leads to a change, in the runbook's order."""
    book = app.ready.runbook
    parts: list[tuple[str, str, tuple[Step | Cause, ...]]] = [
        *((str(each.id), str(each.section or each.title), each.steps) for each in book.procedures),
        *((str(each.id), str(each.title), each.leads) for each in book.playbooks),
    ]
    for id, title, steps in parts:
        for number, step in enumerate(steps, 1):
            place = destination(app, step, Origin())
            if (
                place is not None
                and isinstance(place.request, OpenChange)
                and step.look in app.ready.engine.changes
            ):
                text = step.text if isinstance(step, Step) else step.action
                yield Lead(f"{id} {number}", title, text, place.request)


async def choose_procedure(app: Console) -> None:
    """Let the operator choose a step, and open its change."""
    by_id = {lead.id: lead for lead in leads(app)}
    if not by_id:
        app.inform(_("No step of the runbook calls for a change."))
        return
    choices = [Choice(lead.id, lead.text, lead.title) for lead in by_id.values()]
    screen = ChooseScreen(_("Steps of the runbook"), choices, harmless=True)
    chosen = await app.push_screen_wait(screen)
    if chosen is not None:
        app.post_message(by_id[chosen].request)
