"""A console that is left must not leave a question: whether a change went through, and what still waits for somebody."""

from collections.abc import Iterator, Sequence

from services.i18n import _, first_few, plural
from services.models.change_runs import Run, StepState
from services.models.duties import Occurrence, OccurrenceState
from services.models.text import clean
from tui.console import Console
from widgets.duties.duty_wording import when

_NAMED = 3  # Duties named on a line; the rest are counted


class Farewell:
    def __init__(self, app: Console) -> None:
        services = app.ready
        self._engine = services.engine
        self._zone = services.calendar.zone
        self._at = services.clock.now()
        unknown = {run.id for run in self._engine.runs if run.in_flight and run.elsewhere_until is None}
        self._changing = unknown | self._engine.applying
        self._was_armed = self._engine.permits.armed is not None
        self._open: Sequence[Occurrence] = app.duties.open if app.duties is not None else ()

    def lines(self) -> list[str]:
        """One sentence a line, worst first; none if nothing waits for anybody."""
        return [clean(line) for line in (*self._changes(), *self._duties(), *self._writing())]

    def _changes(self) -> Iterator[str]:
        runs = [run for run in self._engine.runs if run.id in self._changing]
        yield from (outcome(run) for run in reversed(runs))
        if any(run.state is not StepState.DONE for run in runs):
            yield _("Its record: toban journal list; in the console: mode 4, Change.")

    def _duties(self) -> Iterator[str]:
        late = [each for each in self._open if each.state in (OccurrenceState.LATE, OccurrenceState.MISSED)]
        waiting = [each for each in self._open if each not in late]
        if late:
            words = plural("{count} duty is late: {titles}", "{count} duties are late: {titles}", len(late))
            yield words.format(count=len(late), titles=self._titles(late))
        if waiting:
            words = plural(
                "{count} duty waits for a sign-off: {titles}",
                "{count} duties wait for a sign-off: {titles}",
                len(waiting),
            )
            yield words.format(count=len(waiting), titles=self._titles(waiting))

    def _titles(self, occurrences: Sequence[Occurrence]) -> str:
        day = self._at.astimezone(self._zone).date()
        titles = [f"{each.slot.title} ({when(each.slot, self._zone, day)})" for each in occurrences]
        return _(", ").join(first_few(titles, _NAMED))

    def _writing(self) -> Iterator[str]:
        if self._was_armed:
            yield _("Writing was allowed and has ended with this console.")


def outcome(run: Run) -> str:
    what = f"{run.plan.target.title}: {run.plan.title}"
    if run.state is StepState.DONE:
        verified = all(step.verified for step in run.steps)
        return (
            _("Change done and verified: {what}") if verified else _("Change done, not yet verified: {what}")
        ).format(what=what)
    sentences_by_state = {
        StepState.FAILED: _("Change failed: {what}"),
        StepState.REFUSED: _("Change stopped before anything was sent: {what}"),
        StepState.WAITING: _("Change not sent: {what}"),
    }
    unknown = _("Change with an unknown outcome: {what}. Nothing is sent again; check it in the console.")
    return sentences_by_state.get(run.state, unknown).format(what=what)
