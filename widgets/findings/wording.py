"""Short texts about findings: a mark and a word, and the progress of running inspections."""

from services.i18n import _, plural
from services.models.findings import DutyFindings, Finding, Recorded, RunningInspection
from services.models.verdict import Tally, Verdict
from widgets.drawing.lines import Span
from widgets.drawing.state_styles import VERDICT_STYLES


def verdict_cell(findings: DutyFindings | None) -> list[Span]:
    """`● normal`, `… 1/3` while findings are missing, [] for a duty without inspections."""
    if findings is None:
        return []
    verdict = findings.verdict
    if findings.running or not findings.complete:
        count = len({each.finding.inspection for each in findings.recorded})
        text = f"{count}/{len(findings.expected)}"
        worse = (
            [] if verdict is None else [(f" {VERDICT_STYLES[verdict].mark}", VERDICT_STYLES[verdict].role)]
        )
        if len(findings.tally) > 1:
            worse = [(" ", ""), *tally_spans(findings.tally)]
        return [(f"… {text}", "muted"), *worse] if findings.running or findings.recorded else []
    if verdict is None:
        return []
    style = VERDICT_STYLES[verdict]
    if findings.settled and verdict.value != "normal":
        return [(_("overridden"), "muted")]
    return tally_spans(findings.tally) if len(findings.tally) > 1 else [(style.text, style.role)]


def tally_spans(counts: Tally) -> list[Span]:
    """`■1 ▲2 ?3`: counts of bad measures, then of those that could not be judged."""
    spans: list[Span] = []
    for verdict, count in counts:
        style = VERDICT_STYLES[verdict]
        spans += [(" ", "")] if spans else []
        spans.append((f"{style.mark}{count}", style.role))
    return spans


def verdict_spans(finding: Finding, *, muted: bool = False) -> list[Span]:
    """`? not judged ▲1`: the verdict, and the counts that it does not include."""
    style = VERDICT_STYLES[finding.verdict]
    unknown = finding.verdict is Verdict.UNKNOWN
    beside = tuple(
        (verdict, count) for verdict, count in finding.tally if (verdict is not Verdict.UNKNOWN) is unknown
    )
    spans: list[Span] = [(style.text, style.role), *([(" ", "")] if beside else []), *tally_spans(beside)]
    return [(text, "muted") for text, _role in spans] if muted else spans


def recorded_spans(recorded: Recorded) -> list[Span]:
    """`■ abnormal`; muted, and with the name of the person who overrode it."""
    spans = verdict_spans(recorded.finding, muted=recorded.overruled is not None)
    if recorded.overruled is not None:
        spans.append((" " + _("overridden by {name}").format(name=recorded.overruled.by), "caution"))
    return spans


def cost_words(recorded: Recorded) -> str:
    """`12 requests, ¥0.21`, and the gigabytes that queries scanned."""
    cost = recorded.finding.cost
    words = plural("{calls} request, ¥{yen:.2f}", "{calls} requests, ¥{yen:.2f}", cost.calls).format(
        calls=cost.calls, yen=cost.yen
    )
    if cost.bytes_scanned:
        words += _(", {size} scanned").format(size=size_words(cost.bytes_scanned))
    return words


def size_words(size: int) -> str:
    """`1.2 GB`, counted as in AWS's price lists."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def running_words(running: RunningInspection) -> str:
    """`checking… ap-southeast-2: 150 events (3/5)`."""
    progress = running.progress
    words = [_("checking…")]
    if progress.text:
        words.append(progress.text)
    if progress.total:
        words.append(f"({progress.done}/{progress.total})")
    return " ".join(words)
