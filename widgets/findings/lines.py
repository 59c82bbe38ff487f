"""A finding as lines: verdict, measured values with their limits, evidence, advice. Pure.

The screen draws these lines and `toban inspect` prints them, so both show the same.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from rich.cells import cell_len

from services.i18n import _
from services.models.findings import Evidence, Measure, Recorded
from services.models.verdict import Verdict
from widgets.drawing.format import NOTHING, crop, duration, pad, stamp, wrap
from widgets.drawing.lines import Line, Span, spread
from widgets.drawing.state_styles import VERDICT_STYLES
from widgets.findings.wording import cost_words, recorded_spans

_TITLE = 34
"""Maximum cells of a measure's title beside its value."""
_ALLOWED = 16
"""Maximum cells of a limit beside a note."""
_GAP = 2
_ROW = 12
"""Maximum lines of one row of evidence."""


def head_lines(recorded: Recorded, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    """Verdict and summary; who overrode it and why; what failed."""
    finding = recorded.finding
    style = VERDICT_STYLES[finding.verdict]
    lines: list[Line] = [[(finding.title, "title"), ("  ", ""), *recorded_spans(recorded)]]
    lines += [
        [(text, style.role if finding.verdict.value != "normal" else "")]
        for text in wrap(finding.summary, width)
    ]
    if recorded.overruled is not None:
        overruling = _("{name} at {time}: {reason}").format(
            name=recorded.overruled.by,
            time=stamp(recorded.overruled.at, zone, now),
            reason=recorded.overruled.reason,
        )
        lines += _hang("↳ ", overruling, "caution", width)
    if finding.problem is not None:
        lines += [[(text, "warn")] for text in wrap(finding.problem.detail, width) if text]
        if finding.problem.permission:
            lines += [[(_("missing permission: {name}").format(name=finding.problem.permission), "warn")]]
    return lines


def provenance_lines(recorded: Recorded, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    """The window, when and by whose console the finding was made, and its cost."""
    finding = recorded.finding
    facts: list[tuple[str, str]] = []
    if finding.window is not None:
        span = finding.window
        words = _("{since} to {until} ({time})").format(
            since=stamp(span.start, zone, name=False),
            until=stamp(span.end, zone),
            time=duration((span.end - span.start).total_seconds()),
        )
        facts.append((_("covers"), words))
    if finding.gap:
        facts.append(("", finding.gap))
    by = f"  {recorded.by}" if recorded.by else ""
    facts.append((_("read at"), stamp(finding.read_at, zone) + by))
    facts.append((_("cost"), cost_words(recorded)))
    room = max(cell_len(label) for label, _words in facts)
    lines: list[Line] = []
    for label, words in facts:
        lines += _hang_spans([(pad(label, room), "muted"), ("  ", "")], words, "", width)
    return lines


def measure_lines(measures: Sequence[Measure], width: int) -> list[Line]:
    """Each verdict with its measured value and its limit."""
    if not measures:
        return []
    title_width = min(_TITLE, max(cell_len(each.title) for each in measures))
    value_width = min(max(14, width // 4), max(cell_len(each.shown or NOTHING) for each in measures))
    limit_width = min(_ALLOWED, max(cell_len(each.allowed) for each in measures))
    lines: list[Line] = []
    for measure in measures:
        style = VERDICT_STYLES[measure.verdict] if measure.verdict is not None else None
        mark: Span = (style.mark, style.role) if style is not None else (" ", "")
        role = style.role if style is not None and style.role != "good" else ""
        cells: list[Span] = [
            mark,
            (" ", ""),
            (pad(crop(measure.title, title_width), title_width), ""),
            ("  ", ""),
            (pad(crop(measure.shown or NOTHING, value_width), value_width), role),
            ("  ", ""),
        ]
        indent = sum(cell_len(text) for text, _role in cells)
        # Limits have a column of their own, except those that are sentences.
        short = (
            pad(measure.allowed, limit_width)
            if measure.note and cell_len(measure.allowed) <= limit_width
            else measure.allowed
        )
        rest = "  ".join(text for text in (short, measure.note) if text)
        rows = wrap(rest, max(12, width - indent)) or [""]
        for at, text in enumerate(rows):
            lead = cells if at == 0 else [(" " * indent, "")]
            lines.append([*lead, (text, "muted")])
    return lines


def evidence_lines(evidence: Evidence, width: int) -> list[Line]:
    """A table with columns as wide as their texts if there is room; the last one takes the rest."""
    lines: list[Line] = [spread([(evidence.title, "heading"), (" ", "")], [], width, fill=("─", "rule"))]
    if not evidence.rows:
        return [*lines, [(_("nothing"), "muted")]]
    sizes = _sizes(evidence, width - _GAP)
    lines.append([("  ", ""), *_cells(evidence.columns, sizes, "head")])
    for row in evidence.rows:
        style = VERDICT_STYLES[row.verdict] if row.verdict is not None else None
        mark: Span = (f"{style.mark} ", style.role) if style is not None else ("  ", "")
        grave = row.verdict not in (None, Verdict.NORMAL)
        lines += _whole_row(mark, row.cells, sizes) if grave else [[mark, *_cells(row.cells, sizes, "")]]
    if evidence.omitted:
        lines.append([("  ", ""), (_("and {count} more").format(count=evidence.omitted), "muted")])
    return lines


def marked_lines(texts: Iterable[str], mark: str, role: str, width: int) -> list[Line]:
    """Advice or remarks, each after `mark`."""
    lines: list[Line] = []
    for text in texts:
        lines += _hang(mark, text, role, width)
    return lines


def finding_lines(recorded: Recorded, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    """The whole finding, for output without blocks."""
    finding = recorded.finding
    parts = [
        head_lines(recorded, zone, now, width),
        measure_lines(finding.measures, width),
        *(evidence_lines(each, width) for each in finding.evidence),
        marked_lines(finding.advice, "→ ", "strong", width),
        marked_lines(finding.remarks, "· ", "muted", width),
        provenance_lines(recorded, zone, now, width),
    ]
    lines: list[Line] = []
    for part in parts:
        if part:
            lines += [*([[]] if lines else []), *part]
    return lines


def _sizes(evidence: Evidence, width: int) -> list[int]:
    rows = [evidence.columns, *(row.cells for row in evidence.rows)]
    count = len(evidence.columns)
    natural = [max(cell_len(row[at]) if at < len(row) else 0 for row in rows) for at in range(count)]
    room = width - _GAP * (count - 1)
    # The widest column shrinks first, so that times and numbers stay complete.
    while sum(natural) > room and max(natural) > 6:
        widest = max(range(count), key=natural.__getitem__)
        natural[widest] -= 1
    return natural


def _cells(cells: Sequence[str], sizes: Sequence[int], role: str) -> list[Span]:
    spans: list[Span] = []
    for text, size in zip(cells, sizes, strict=False):
        spans += [(" " * _GAP, "")] if spans else []
        spans.append((pad(crop(text, size), size), role))
    return spans


def _whole_row(mark: Span, cells: Sequence[str], sizes: Sequence[int]) -> list[Line]:
    """A row that affects the verdict: texts continue below in their columns, up to _ROW lines."""
    columns = [wrap(text, size) for text, size in zip(cells, sizes, strict=False)]
    height = min(_ROW, max((len(column) for column in columns), default=1))
    lines: list[Line] = []
    for at in range(height):
        # The last line takes the rest of the text, so that a cut is visible.
        texts = [
            "".join(column[at:]) if at == height - 1 else column[at] if at < len(column) else ""
            for column in columns
        ]
        lines.append([mark if at == 0 else ("  ", ""), *_cells(texts, sizes, "")])
    return lines


def _hang(mark: str, text: str, role: str, width: int) -> list[Line]:
    return _hang_spans([(mark, role)], text, role, width)


def _hang_spans(first: Line, text: str, role: str, width: int) -> list[Line]:
    indent = sum(cell_len(words) for words, _role in first)
    rows = wrap(text, max(8, width - indent)) or [""]
    return [[*(first if at == 0 else [(" " * indent, "")]), (words, role)] for at, words in enumerate(rows)]
