"""How findings read where there is little room: a mark and a word, what is still being looked at."""

from services.i18n import _
from services.models.findings import DutyFindings, Looking, Recorded
from widgets.ink import Span
from widgets.looks import VERDICT_LOOKS


def verdict_cell(found: DutyFindings | None) -> list[Span]:
    """`● normal`, `… 1/3` while looks are missing, nothing for a duty that looks at nothing."""
    if found is None:
        return []
    verdict = found.verdict
    if found.looking or not found.complete:
        done = len({each.finding.inspection for each in found.recorded})
        text = f"{done}/{len(found.expected)}"
        worse = [] if verdict is None else [(f" {VERDICT_LOOKS[verdict].mark}", VERDICT_LOOKS[verdict].role)]
        return [(f"… {text}", "muted"), *worse] if found.looking or found.recorded else []
    if verdict is None:
        return []
    look = VERDICT_LOOKS[verdict]
    if found.settled and verdict.value != "normal":
        return [(_("overruled"), "muted")]
    return [(look.text, look.role)]


def recorded_spans(recorded: Recorded) -> list[Span]:
    """`■ abnormal`; struck by who overruled it."""
    look = VERDICT_LOOKS[recorded.finding.verdict]
    spans: list[Span] = [(look.text, look.role if recorded.overruled is None else "muted")]
    if recorded.overruled is not None:
        spans.append((" " + _("overruled by {name}").format(name=recorded.overruled.by), "caution"))
    return spans


def cost_words(recorded: Recorded) -> str:
    """`12 requests, ¥0.21`; with the gigabytes where a query scanned any."""
    cost = recorded.finding.cost
    words = _("{calls} requests, ¥{yen:.2f}").format(calls=cost.calls, yen=cost.yen)
    if cost.bytes_scanned:
        words += _(", {size} scanned").format(size=size_words(cost.bytes_scanned))
    return words


def size_words(size: int) -> str:
    """`1.2 GB`; as AWS's price lists count."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def looking_words(looking: Looking) -> str:
    """`looking… ap-southeast-2: 150 events (3/5)`."""
    progress = looking.progress
    words = [_("looking…")]
    if progress.text:
        words.append(progress.text)
    if progress.total:
        words.append(f"({progress.done}/{progress.total})")
    return " ".join(words)
