"""The screen draws these lines and `toban inspect` prints them, so both show the same."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from rich.cells import cell_len

from services.i18n import _
from services.models.date_text import period_text, with_zone
from services.models.findings import Measure, Recorded
from services.models.verdict import Verdict
from widgets.drawing.format import NOTHING, duration, pad, stamp, wrap
from widgets.drawing.spans import Line, Span
from widgets.drawing.state_styles import VERDICT_STYLES
from widgets.findings.evidence_lines import GAP, LEAST, cell_spans, evidence_lines
from widgets.findings.finding_wording import REFERENCE, cost_words, recorded_spans, verdict_spans

_NOTE, _NOTE_ROWS = 20, 2
"""Minimum cells and maximum rows of a note beside its value; otherwise notes stand below."""
_RAGGED = 4  # One part in so many of a line stays empty where a word does not fit
_NUMBERED = re.compile(r"\d+\. ")


def head_lines(recorded: Recorded, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    finding = recorded.finding
    style = VERDICT_STYLES[finding.leading]
    lines: list[Line] = [[(finding.title, "title"), ("  ", ""), *recorded_spans(recorded)]]
    lines += [
        [(text, style.role if finding.leading is not Verdict.NORMAL else "")]
        for text in wrap(finding.summary, width)
    ]
    return lines + _doubt_lines(recorded, zone, now, width)


_BANDS = {Verdict.ABNORMAL: "alert", Verdict.ATTENTION: "band", Verdict.UNKNOWN: "band"}


def band_lines(
    recorded: Recorded, zone: tzinfo, now: datetime, width: int, *, for_reference: bool = False
) -> list[Line]:
    """The verdict as a coloured band with its sentence; who overrode it and why; what failed. For reference
    it has neither verdict nor colour."""
    finding = recorded.finding
    if for_reference:
        texts = wrap(f"{REFERENCE.text}  {finding.summary}", max(8, width - 2))
        return [[(f" {text}", "strong")] for text in texts] + _doubt_lines(recorded, zone, now, width)
    role = _BANDS.get(finding.leading, "good")
    verdict = "".join(text for text, _role in verdict_spans(finding))
    texts = wrap(f"{verdict}  {finding.summary}", max(8, width - 2))
    lines: list[Line] = [[(pad(f" {text}", width), role)] for text in texts]
    return lines + _doubt_lines(recorded, zone, now, width)


def _doubt_lines(recorded: Recorded, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    finding = recorded.finding
    lines: list[Line] = []
    if recorded.overruled is not None:
        overruling = _("Overridden by {name} at {time}: {reason}").format(
            name=recorded.overruled.by,
            time=stamp(recorded.overruled.at, zone, now),
            reason=recorded.overruled.reason,
        )
        lines += _hang("↳ ", overruling, "caution", width)
    if finding.problem is not None:
        lines += [[(text, "warn")] for text in wrap(finding.problem.detail, width) if text]
        if finding.problem.permission:
            lines += [[(_("Missing permission: {name}", name=finding.problem.permission), "warn")]]
    return lines


def provenance_lines(recorded: Recorded, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    finding = recorded.finding
    facts: list[tuple[str, str]] = []
    if finding.window is not None:
        span = finding.window
        period = with_zone(period_text(span.start, span.end, zone, now), span.end, zone)
        words = _("{time} ({length})", time=period, length=duration((span.end - span.start).total_seconds()))
        facts.append((_("Covers"), words))
    if finding.gap:
        facts.append(("", finding.gap))
    by = f"  {recorded.by}" if recorded.by else ""
    facts.append((_("Read at"), stamp(finding.read_at, zone, now) + by))
    facts.append((_("Cost"), cost_words(recorded)))
    room = max(cell_len(label) for label, _words in facts)
    lines: list[Line] = []
    for label, words in facts:
        lines += _hang_spans([(pad(label, room), "muted"), ("  ", "")], words, "", width)
    return lines


def measure_lines(measures: Sequence[Measure], width: int) -> list[Line]:
    """Each measured value with its limit and verdict, under heads; normal ones are dimmed. Notes come last.
    What is wider than its column goes on below, in its column: nothing is cut, and nothing stands twice."""
    if not measures:
        return []
    heads = (_("Item"), _("Value"), _("Normal range"), _("Verdict"))
    table: list[Sequence[str]] = [heads]
    for measure in measures:
        word = VERDICT_STYLES[measure.verdict].word if measure.verdict is not None else ""
        table.append((measure.title, measure.shown or NOTHING, measure.allowed or NOTHING, word))
    if not any(each.verdict for each in measures):
        table = [row[:3] for row in table]
    sizes = _measure_sizes(table, width - 2)
    room = width - 2 - sum(sizes) - GAP * len(sizes)
    beside = all(len(wrap(each.note, room)) <= _NOTE_ROWS for each in measures) if room >= _NOTE else False
    lines: list[Line] = [[("  ", ""), *cell_spans(table[0], sizes, "head")]]
    for measure, row in zip(measures, table[1:], strict=True):
        note = wrap(measure.note, room) if beside and measure.note else []
        lines += _measure_row(measure, row, sizes, note)
        if measure.note and not beside:
            lines += [[("    ", ""), (text, "muted")] for text in wrap(measure.note, max(8, width - 4))]
    return lines


def _measure_sizes(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Widths of the columns: natural if there is room, otherwise those with the fewest lines; the verdict's stays."""
    cells = [[cell_len(row[at]) for row in rows] for at in range(len(rows[0]))]
    natural = [max(column) for column in cells]
    room = width - GAP * (len(natural) - 1) - sum(natural[3:])
    if sum(natural[:3]) <= room:
        return natural
    least = [min(LEAST, size) for size in natural]
    lines = [
        {size: [_lines(cell, size) for cell in column] for size in range(least[at], natural[at] + 1)}
        for at, column in enumerate(cells[:3])
    ]
    best, fewest = least[:3], (sum(natural) * len(rows), 0)
    for title, of_title in lines[0].items():
        for value, of_value in lines[1].items():
            allowed = min(natural[2], room - title - value)
            if allowed < least[2]:
                break
            count = sum(map(max, of_title, of_value, lines[2][allowed]))
            if (count, -title) < fewest:
                best, fewest = [title, value, allowed], (count, -title)
    return [*best, *natural[3:]]


def _lines(cells: int, width: int) -> int:
    return 1 if cells <= width else -(-(cells + width // _RAGGED) // width)


def _measure_row(
    measure: Measure, row: Sequence[str], sizes: Sequence[int], note: Sequence[str]
) -> list[Line]:
    style = VERDICT_STYLES[measure.verdict] if measure.verdict is not None else None
    is_bad = style is not None and measure.verdict is not Verdict.NORMAL
    mark: Span = (f"{style.mark} ", style.role) if style is not None else ("  ", "")
    role = style.role if style is not None else ""
    roles = ("strong", role, "limit", role) if is_bad else ("muted", "", "muted", role)
    columns = [wrap(text, size) for text, size in zip(row, sizes, strict=True)]
    lines: list[Line] = []
    for at in range(max(len(note), *map(len, columns))):
        spans: list[Span] = [mark if at == 0 else ("  ", "")]
        for index, (column, size) in enumerate(zip(columns, sizes, strict=True)):
            text = column[at] if at < len(column) else ""
            spans += [*([(" " * GAP, "")] if index else []), (pad(text, size), roles[index])]
        if at < len(note):
            spans += [(" " * GAP, ""), (note[at], "muted")]
        lines.append(spans)
    return lines


def marked_lines(texts: Iterable[str], mark: str, role: str, width: int) -> list[Line]:
    lines: list[Line] = []
    for text in texts:
        # A step that has a number needs no mark.
        lines += _hang("  " if _NUMBERED.match(text) else mark, text, role, width)
    return lines


def finding_lines(recorded: Recorded, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    """The whole finding, for output without blocks."""
    finding = recorded.finding
    parts = [
        head_lines(recorded, zone, now, width),
        measure_lines(finding.measures, width),
        *(evidence_lines(each, width, now.astimezone(zone).year) for each in finding.evidence),
        marked_lines(finding.advice, "→ ", "strong", width),
        marked_lines(finding.remarks, "· ", "muted", width),
        provenance_lines(recorded, zone, now, width),
    ]
    lines: list[Line] = []
    for part in parts:
        if part:
            lines += [*([[]] if lines else []), *part]
    return lines


def _hang(mark: str, text: str, role: str, width: int) -> list[Line]:
    return _hang_spans([(mark, role)], text, role, width)


def _hang_spans(first: Line, text: str, role: str, width: int) -> list[Line]:
    indent = sum(cell_len(words) for words, _role in first)
    rows = wrap(text, max(8, width - indent)) or [""]
    return [[*(first if at == 0 else [(" " * indent, "")]), (words, role)] for at, words in enumerate(rows)]
