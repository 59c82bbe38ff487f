"""Explains a filter pattern while it is typed into a log pane, and tries it on the lines on the screen."""

from services.aws.client.errors import AwsError
from services.i18n import _
from services.logs.filter_patterns.explain import explain
from services.models.problem import ProblemKind
from services.system import Services
from widgets.logs.pane.pane import LogPane
from widgets.logs.pane.prompt import Ask

PAUSE = 0.4
"""Seconds without a key after which CloudWatch Logs is asked."""


def mistake_in(text: str) -> str:
    """What is wrong with a typed pattern, and where; "" if nothing is."""
    meaning = explain(text)
    return "" if meaning.error_at is None else meaning.words


async def show_hint(pane: LogPane, text: str, services: Services) -> None:
    """Show what the typed text means at once, and after a pause how many lines on the screen it matches."""
    meaning = explain(text)
    if not _is_typing(pane, text):
        return
    pane.prompt.show_hint(meaning.words, error=meaning.error_at is not None)
    if not meaning.pattern or meaning.error_at is not None:
        return
    await services.clock.sleep(PAUSE)
    if not _is_typing(pane, text):
        return
    rows, _skip = pane.lines.scroller.window()
    lines = [pane.store.line(row).text for row in rows]
    try:
        matches, tried = await services.pattern_trial.count(meaning.pattern, lines)
    except AwsError as error:
        if error.problem.kind is ProblemKind.INVALID and _is_typing(pane, text):
            refused = _("CloudWatch Logs refuses it: {reason}")
            pane.prompt.show_hint(
                refused.format(reason=error.problem.detail or error.problem.summary), error=True
            )
        return  # whatever else is wrong with AWS, the pane itself shows
    if tried and _is_typing(pane, text):
        count = _("matches {count} of {lines} lines on the screen").format(count=matches, lines=tried)
        pane.prompt.show_hint(_("{first} · {second}").format(first=count, second=meaning.words))


def _is_typing(pane: LogPane, text: str) -> bool:
    """Whether the text is still the one in the prompt, and still a filter pattern."""
    prompt = pane.prompt
    return bool(prompt.display) and prompt.ask is Ask.PATTERN and prompt.entry.value == text
