from services.i18n import N_, _, plural
from services.models import glyphs
from services.models.findings import DutyFindings, Finding, Recorded, RunningInspection
from services.models.verdict import Tally, Verdict
from widgets.drawing.spans import Span
from widgets.drawing.state_styles import VERDICT_STYLES, StateStyle

REFERENCE = StateStyle(glyphs.UPCOMING, N_("for reference"), "muted")
"""Style of a finding that helps a person with a duty: it is no verdict on what nobody has done yet."""


def verdict_cell(findings: DutyFindings | None) -> list[Span]:
    """`● normal`, `◆ 1 ? 3`, `▶ inspecting`, `○ for reference`; [] for a duty without inspections, or before the first."""
    if findings is None:
        return []
    if findings.running:
        return [(f"{glyphs.RUNNING} " + _("inspecting"), "strong")]
    if findings.queued:
        return [(f"{glyphs.UPCOMING} " + _("queued"), "muted")]
    if findings.for_reference:
        return [(REFERENCE.text, REFERENCE.role)] if findings.recorded else []
    if findings.complete and findings.settled and findings.verdict is not Verdict.NORMAL:
        return [(_("overridden"), "muted")]
    if findings.recorded and not findings.complete:
        so_far = f"{glyphs.NO_RECORD} {len(findings.recorded)}/{len(findings.expected)}"
        return [(so_far, "muted"), *([(" ", ""), *tally_spans(findings.tally)] if findings.tally else [])]
    return tally_cell(findings)


def tally_cell(findings: DutyFindings) -> list[Span]:
    """`◆ abnormal`, `● normal`, or `◆ 1 ? 3` if there are verdicts of two kinds; [] before the first finding."""
    if findings.verdict is None:
        return []
    style = VERDICT_STYLES[findings.verdict]
    return tally_spans(findings.tally) if len(findings.tally) > 1 else [(style.text, style.role)]


def tally_spans(counts: Tally) -> list[Span]:
    """`◆ 1 ▲ 2 ? 3`: counts of what was measured as bad, then of what could not be judged."""
    spans: list[Span] = []
    for verdict, count in counts:
        style = VERDICT_STYLES[verdict]
        spans += [(" ", "")] if spans else []
        spans.append((f"{style.mark} {count}", style.role))
    return spans


def verdict_spans(finding: Finding, *, muted: bool = False) -> list[Span]:
    """`◆ abnormal 1 ? not judged 3`: what was measured as bad first, and never without what could not be judged."""
    style = VERDICT_STYLES[finding.leading]
    if len(finding.tally) < 2:
        spans: list[Span] = [(style.text, style.role)]
    else:
        spans = []
        for verdict, count in finding.tally:
            style = VERDICT_STYLES[verdict]
            spans += [(" ", "")] if spans else []
            spans.append((f"{style.text} {count}", style.role))
    return [(text, "muted") for text, _role in spans] if muted else spans


def recorded_spans(recorded: Recorded, *, for_reference: bool = False) -> list[Span]:
    if for_reference:
        return [(REFERENCE.text, REFERENCE.role)]
    spans = verdict_spans(recorded.finding, muted=recorded.overruled is not None)
    if recorded.overruled is not None:
        spans.append((" " + _("overridden by {name}", name=recorded.overruled.by), "caution"))
    return spans


def cost_words(recorded: Recorded) -> str:
    """`12 requests, ¥0.21`, and the gigabytes that queries scanned."""
    cost = recorded.finding.cost
    words = plural("{calls} request, ¥{yen:.2f}", "{calls} requests, ¥{yen:.2f}", cost.calls).format(
        calls=cost.calls, yen=cost.yen
    )
    if cost.bytes_scanned:
        words += _(", {size} scanned", size=size_words(cost.bytes_scanned))
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
    """`▶ inspecting ap-southeast-2: 150 events (3/5)`, and who does if another console does."""
    progress = running.progress
    words = [f"{glyphs.RUNNING} " + _("inspecting")]
    if running.by:
        words.append(f"({running.by})")
    if progress.text:
        words.append(progress.text)
    if progress.total:
        words.append(f"({progress.done}/{progress.total})")
    return " ".join(words)


def waiting_span(findings: DutyFindings, id: str) -> Span:
    if id in findings.queued:
        return f"{glyphs.UPCOMING} " + _("about to inspect"), "muted"
    return f"{glyphs.NO_RECORD} " + _("not inspected yet"), "muted"
