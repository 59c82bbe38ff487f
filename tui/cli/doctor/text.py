from collections.abc import Iterator

from rich.cells import cell_len

from services.i18n import _, plural
from services.models import glyphs
from services.models.doctor_answer import CheckResult, DoctorAnswer
from services.models.verdict import DISPLAY_ORDER
from widgets.drawing.format import pad
from widgets.drawing.state_styles import VERDICT_STYLES


def lines(answer: DoctorAnswer) -> Iterator[str]:
    states = [_state(each) for each in answer.checks]
    titles = [each.title for each in answer.checks]
    wide = max(map(cell_len, states), default=0), max(map(cell_len, titles), default=0)
    for check, state in zip(answer.checks, states, strict=True):
        yield f"{pad(state, wide[0])}  {pad(check.title, wide[1])}  {check.text}".rstrip()
        yield from (f"    {detail}" for detail in check.details)
        if check.remedy:
            yield f"    → {check.remedy}"
    yield ""
    yield _summary(answer)


def _state(check: CheckResult) -> str:
    """Glyph and word: a terminal without UTF-8 shows every glyph as `?`."""
    if check.verdict is None:
        return f"{glyphs.OFF} {_('not checked')}"
    return VERDICT_STYLES[check.verdict].text


def _summary(answer: DoctorAnswer) -> str:
    verdicts = [each.verdict for each in answer.checks]
    counts = [
        f"{VERDICT_STYLES[each].word} {verdicts.count(each)}" for each in DISPLAY_ORDER if each in verdicts
    ]
    if None in verdicts:
        counts.append(f"{_('not checked')} {verdicts.count(None)}")
    total = plural("{count} check", "{count} checks", len(verdicts), count=len(verdicts))
    return f"{total}: {_(', ').join(counts)}"
