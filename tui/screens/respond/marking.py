"""Marking a step of an incident as done, skipped, or to be done again."""

from services.i18n import _
from services.incidents.service import Incidents
from services.models.incidents import StepMark
from services.models.runbook_playbooks import Step
from tui.console import Console
from tui.screens.respond.actions import attempt
from tui.screens.respond.dialogs import IncidentDialog
from widgets.incidents.detail import IncidentDetail
from widgets.incidents.steps import step_key
from widgets.incidents.view import IncidentView


async def toggle_mark(app: Console, detail: IncidentDetail, view: IncidentView, index: int) -> None:
    """Mark a step as done, or take the mark back; after a done one the cursor goes to the next that is to be done."""
    mark = StepMark.TODO if view.mark(index) in (StepMark.DONE, StepMark.SKIPPED) else StepMark.DONE
    words = _("Step {number} is done.") if mark is StepMark.DONE else _("Step {number} is open again.")
    record = app.ready.incidents.mark(view.incident, index, mark, _text(view, index))
    if not await attempt(app, record, words.format(number=index + 1)) or mark is not StepMark.DONE:
        return
    following = (detail.view or view).step_after(index)
    if following is not None and detail.step == index:
        detail.steps.move_to(step_key(following))
        detail.update()


def skip_dialog(incidents: Incidents, view: IncidentView, index: int) -> IncidentDialog:
    """Asks why a step is skipped, and records it."""
    step = _text(view, index)
    return IncidentDialog(
        _("Skip this step"),
        step,
        lambda text: incidents.mark(view.incident, index, StepMark.SKIPPED, step, text),
        confirmation=_("The step is skipped."),
        hint=_("Why it is not needed"),
        is_required=True,
    )


def _text(view: IncidentView, index: int) -> str:
    steps: tuple[Step, ...] = view.playbook.steps if view.playbook is not None else ()
    return str(steps[index].text)
