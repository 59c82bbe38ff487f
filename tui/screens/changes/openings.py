"""Opens the dialog that belongs to a request for approval, or to what is suggested after a change."""

from services.changes.base import follow_ups
from services.i18n import _
from services.models.approvals import ApprovalRequest
from services.models.change_runs import Run
from tui.console import Console
from tui.screens.changes.plan import PlanScreen
from tui.screens.changes.review import ReviewScreen


def open_request(app: Console, request: ApprovalRequest) -> None:
    """Open one's own plan to go on with it, another person's to approve it."""
    plan = request.plan
    if request.asker.user == app.ready.journal.person.user:
        app.push_screen(PlanScreen(plan.kind, plan.target, plan.wish, id=plan.id))
    else:
        app.push_screen(ReviewScreen(request))


def open_follow_up(app: Console, run: Run | None) -> None:
    """Plan the change that is suggested after `run`, the selected one."""
    engine = app.ready.engine
    offer = next(iter(follow_ups(engine.changes, run.plan)), None) if run is not None else None
    if offer is None:
        app.inform(_("Nothing is suggested after this change."))
    else:
        target = engine.target(offer.kind, str(offer.target))
        app.push_screen(PlanScreen(offer.kind, target, offer.values))
