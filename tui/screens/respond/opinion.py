"""Asks AWS DevOps Agent for a second opinion on an incident: the price first, then one request, then its words."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from services.aws.client.errors import AwsError
from services.i18n import _
from services.incidents.escalation import Situation, state_text
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.incidents import Incident
from services.models.opinions import Opinion, OpinionState
from tui.console import Console
from tui.screens.common.confirm import confirm
from tui.screens.common.notice import NoticeScreen
from widgets.drawing.lines import ROLES

if TYPE_CHECKING:
    from services.system import Services


def opinion_words(app: Console, incident: Incident) -> Content:
    settings = app.ready.response.opinion.settings
    yen = f"{settings.yen:,}" if settings is not None else "?"
    lines = [
        Content.styled(_("Costs about ¥{yen}.").format(yen=yen), ROLES["caution"]),
        Content(
            _("AWS DevOps Agent investigates “{title}” for five to eight minutes.").format(
                title=incident.title
            )
        ),
        Content(_("Its words enter the timeline as AWS's opinion; they never count in the scores.")),
    ]
    return Content("\n").join(lines)


async def second_opinion(app: Console, incident: Incident, description: str) -> None:
    services = app.ready
    try:
        newest = await services.response.opinion.newest(incident)
    except JournalError as error:
        app.inform(error.problem.message, severity="error")
        return
    if newest is not None and newest.state is OpinionState.ANSWERED:
        app.push_screen(NoticeScreen(_("AWS's opinion"), newest.words))
    elif newest is not None and newest.task and newest.state is OpinionState.ACCEPTED:
        app.run_worker(
            _follow(app, services, incident, newest), group=f"opinion:{incident.id}", exclusive=True
        )
    elif services.engine.permits.armed is None:
        app.inform(_("Asking AWS creates an investigation: allow changes first (F9)."), severity="warning")
    else:

        def begin() -> None:
            app.run_worker(_ask(app, services, incident, description), group="opinion")

        confirm(app, _("AWS's opinion"), opinion_words(app, incident), _("asks"), begin)


async def _ask(app: Console, services: "Services", incident: Incident, description: str) -> None:
    tell = partial(app.inform_of, services)
    try:
        opinion = await services.response.opinion.ask(incident, description)
    except AlreadyRecorded as error:
        tell(_("{name} asked already.").format(name=error.entry.person.name), severity="warning")
        return
    except JournalError as error:
        tell(error.problem.message, severity="error")
        return
    if opinion is not None and opinion.task:
        await _follow(app, services, incident, opinion)
    elif opinion is not None and opinion.state is OpinionState.UNKNOWN:
        words = _("Whether AWS accepted the request is not known; the timeline says why.")
        tell(words, severity="warning")
    else:
        tell(_("AWS has not accepted the request; the timeline says why."), severity="warning")


async def _follow(app: Console, services: "Services", incident: Incident, opinion: Opinion) -> None:
    words = _("AWS DevOps Agent investigates {title}…").format(title=incident.title)
    service = services.response.opinion
    with app.under_way(words, f"opinion:{incident.id}", services):
        try:
            newest = await service.follow(incident, opinion)
        except AlreadyRecorded:
            newest = await service.newest(incident)
        except (AwsError, JournalError) as error:
            app.inform_of(services, error.problem.message, severity="error")
            return
    if newest is not None and newest.state is OpinionState.ANSWERED:
        app.inform_of(services, _("AWS's opinion is in the timeline."))


def description_of(situation: Situation) -> str:
    """Return what AWS is told: the alarm, since when, what is measured; nothing of people or of logs."""
    incident = situation.incident
    values = (state_text(situation, datetime.isoformat), situation.measured, situation.impact)
    lines = (str(incident.target), incident.since.isoformat(), *values)
    return "\n".join(line for line in lines if line)
