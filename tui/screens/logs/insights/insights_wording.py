from services.i18n import _, plural
from services.logs.insights.insights_wording import state_words
from services.models import glyphs
from services.models.amounts import size_words, yen_words
from services.models.insights_queries import QueryEstimate, QueryProgress
from widgets.drawing.lines import Line


def price_line(estimate: QueryEstimate) -> Line:
    """`about 27.5 MB, ¥0.2  1.2 GB stored in 1 log group, …`."""
    if estimate.skippable:
        text = _("{least} to {most} for {size}; the index on {fields} may save the difference").format(
            least=yen_words(estimate.least_yen),
            most=yen_words(estimate.yen),
            size=size_words(estimate.bytes),
            fields=", ".join(estimate.indexed),
        )
    else:
        text = _("about {size}, {yen}", size=size_words(estimate.bytes), yen=yen_words(estimate.yen))
    line = [(text, "strong"), ("  ", ""), (estimate.basis, "muted")]
    if estimate.unknown:
        groups = _("without {groups}, whose size is unknown", groups=", ".join(estimate.unknown))
        line.insert(1, (f" {glyphs.ATTENTION} {groups}", "warn"))
    return line


def running_line(progress: QueryProgress, yen: float) -> Line:
    """`▶ running  12,400 events scanned, 3.1 MB, ¥0.1  120 rows so far: partial, not judged`."""
    facts = _("{scanned} events scanned, {size}, {yen}").format(
        scanned=f"{progress.scanned:,}", size=size_words(progress.bytes), yen=yen_words(yen)
    )
    rows = len(progress.rows.rows)
    return [
        (f"{glyphs.RUNNING} {state_words(progress)}", "caution"),
        (f"  {facts}", ""),
        (f"  {partial_words(rows)}", "warn"),
    ]


def partial_words(rows: int) -> str:
    text = plural("{count} row so far: partial, not judged", "{count} rows so far: partial, not judged", rows)
    return text.format(count=f"{rows:,}")


def reading_line(progress: QueryProgress) -> Line:
    text = _("reading rows: {read} of {count}")
    return [
        (
            f"{glyphs.RUNNING} {text.format(read=f'{len(progress.rows.rows):,}', count=f'{progress.count:,}')}",
            "caution",
        )
    ]


def final_line(progress: QueryProgress, yen: float, saved_yen: float) -> Line:
    rows = len(progress.rows.rows)
    if not progress.complete:
        why = state_words(progress)
        return [
            (f"{glyphs.ATTENTION} {why}", "bad"),
            (f"  {partial_words(rows)}", "warn"),
            *_cost(progress, yen, saved_yen),
        ]
    text = plural("{count} row", "{count} rows", rows, count=f"{rows:,}")
    matched = _("{matched} of {scanned} events match").format(
        matched=f"{progress.matched:,}", scanned=f"{progress.scanned:,}"
    )
    return [(f"{glyphs.NORMAL} {text}", "good"), (f"  {matched}", ""), *_cost(progress, yen, saved_yen)]


def cancelled_line(progress: QueryProgress, yen: float) -> Line:
    rows = partial_words(len(progress.rows.rows))
    return [
        (f"{glyphs.ATTENTION} {_('cancelled')}", "bad"),
        (f"  {rows}", "warn"),
        *_cost(progress, yen, 0.0),
    ]


def _cost(progress: QueryProgress, yen: float, saved_yen: float) -> Line:
    cost = _("{size} scanned: {yen}", size=size_words(progress.bytes), yen=yen_words(yen))
    line = [("  ", ""), (cost, "strong")]
    if progress.skipped:
        text = _("{yen} saved by indexes ({size} skipped)")
        saved = text.format(yen=yen_words(saved_yen), size=size_words(progress.skipped))
        line += [("  ", ""), (saved, "good")]
    return line
