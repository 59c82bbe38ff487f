"""The form of the lines in a pane: what the runbook names, and what the reader chose and the console remembers."""

from services.i18n import _
from tui.console import Console
from tui.screens.logs.columns import Answer, ColumnsScreen, offers
from tui.screens.logs.memory import log_memory
from widgets.logs.form.group_form import FormChoice
from widgets.logs.pane.pane import LogPane
from widgets.logs.store.sources import source_of


def form_choice(app: Console, group: str) -> FormChoice:
    """What is known of the lines of a log group before they are read."""
    spec = next((each for each in app.ready.runbook.log_groups if each.id == group), None)
    return FormChoice(
        group=group,
        form=(spec.form or "") if spec is not None else "",
        columns=tuple(str(name) for name in spec.columns) if spec is not None else (),
        chosen=log_memory(app).columns(group),
    )


async def show_form(app: Console, pane: LogPane, group: str) -> None:
    """Draw the lines of `pane` in the form of `group`, at once and again when what was chosen has been read."""
    pane.lines.choose_form(form_choice(app, group))
    await log_memory(app).load()
    if pane.is_attached and pane.lines.group_form.choice.group == group:
        pane.lines.choose_form(form_choice(app, group))


async def choose_columns(app: Console, pane: LogPane) -> None:
    """Ask for the columns of the group in `pane`, or of the line's at the cursor, show and remember them."""
    line = pane.lines.line_at_hand()
    form = pane.lines.painter.forms.of(line) if line is not None else pane.lines.group_form
    letter, group = source_of(line.stream) if line is not None else "", form.choice.group
    if form.form is None:
        app.inform(_("no lines yet: their fields are not known"))
        return
    lines = offers(form.columns(pane.lines.size.width), form.sample, form.form.never_columns)
    dialog = ColumnsScreen(group, _(form.form.title), lines, form.sample)
    answer: Answer | None = await app.push_screen_wait(dialog)
    if answer is None:
        return
    memory = log_memory(app)
    if answer.columns is None:
        memory.forget_columns(group)
    else:
        memory.remember_columns(group, answer.columns)
    if pane.is_attached and form.choice.group == group:
        pane.lines.choose_form(form_choice(app, group), letter)
