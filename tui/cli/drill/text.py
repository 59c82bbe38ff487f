"""The scores of drills as lines for a person. Imported late, as it loads the widgets' texts."""

from collections.abc import Iterable, Iterator

from services.i18n import N_, _, plural
from services.incidents.catalogue import titles
from services.models import glyphs
from services.models.assess_answer import word_text
from services.models.drill_score import CauseVerdict, ConfusionCell, DrillScore, DrillScores
from services.models.incidents import StepMark
from widgets.drawing.format import duration, pad

_VERDICTS = {
    CauseVerdict.RIGHT: (glyphs.DONE, N_("right")),
    CauseVerdict.EFFECT: (glyphs.ATTENTION, N_("an effect of it")),
    CauseVerdict.WRONG: (glyphs.ABNORMAL, N_("wrong")),
    CauseVerdict.NONE: (glyphs.NOT_JUDGED, N_("undecided")),
}
_LABEL = 26  # Cells of the names of times


def score_lines(scores: DrillScores) -> list[str]:
    lines: list[str] = []
    for drill in scores.drills:
        lines += [*_drill(drill), ""]
    if len(scores.drills) > 1:
        lines += [*_confusion(_("Decided"), scores.decided), ""]
        lines += [*_confusion(_("First by the weighing"), scores.weighed), ""]
    lines += [f"{glyphs.NOT_JUDGED} {text}" for text in scores.unscored]
    if not lines:
        return [_("There are no drills yet: toban drill starts one.")]
    return lines[:-1] if not lines[-1] else lines


def _drill(drill: DrillScore) -> Iterator[str]:
    yield f"{drill.scenario}  seed {drill.seed}  {drill.journal}"
    true = _(", ").join(titles(drill.true_causes)) or _("nothing was wrong")
    yield _line(_("True cause"), true)
    cause = titles([drill.decided])[0] if drill.decided else ""
    yield _line(_("Decided"), _verdict(drill.decided_verdict, cause))
    leader = titles([drill.leader])[0] if drill.leader else ""
    word = f" ({word_text(drill.word)})" if drill.word is not None else ""
    yield _line(_("First by the weighing"), _verdict(drill.leader_verdict, leader + word))
    if not drill.incident:
        yield _("  No incident was opened for the scenario's alarm.")
        return
    for title, seconds in (
        (_("Taken after"), drill.taken_after),
        (_("Somebody was told"), drill.told_after),
        (_("Cause decided"), drill.decided_after),
        (_("Recovered"), drill.recovered_after),
        (_("Closed"), drill.closed_after),
    ):
        yield _line(
            title, _("{time} after the alarm", time=duration(seconds)) if seconds is not None else "–"
        )
    looks = plural("{count} look", "{count} looks", drill.looks, count=drill.looks)
    changes = plural("{count} change", "{count} changes", drill.changes, count=drill.changes)
    yield _line(_("Made"), _(", ").join((looks, changes)))
    for step in drill.steps:
        mark = glyphs.DONE if step.mark is StepMark.DONE else glyphs.OFF
        times = f"{duration(step.seconds)} (+{duration(step.took)})"
        yield f"    {mark} {pad(times, 22)} {step.number}. {step.text}".rstrip()


def _line(title: str, text: str) -> str:
    return f"  {pad(title, _LABEL)} {text}".rstrip()


def _verdict(verdict: CauseVerdict, title: str) -> str:
    glyph, word = _VERDICTS[verdict]
    return f"{glyph} {_(word)}: {title}" if title else f"{glyph} {_(word)}"


def _confusion(heading: str, cells: Iterable[ConfusionCell]) -> Iterator[str]:
    yield heading
    for cell in cells:
        true = _(", ").join(titles(cell.true.split("+"))) if cell.true else _("nothing was wrong")
        cause = titles([cell.given])[0] if cell.given else _("undecided")
        mark = glyphs.DONE if cell.given and cell.given in cell.true.split("+") else " "
        yield f"  {mark} {cell.count:>4}  {true} → {cause}"
