import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo

from rich.cells import cell_len

from services.i18n import _, plural
from services.logs.export.rendering import csv_line, masked_names
from services.logs.insights.insights_wording import state_words
from services.logs.masking.mask import Masker
from services.models.amounts import size_words, yen_words
from services.models.date_text import period_text, with_zone
from services.models.insights_queries import (
    InsightsQuery,
    QueryEstimate,
    QueryLanguage,
    QueryProgress,
    QueryRows,
)
from services.models.query_answer import QueryAnswer
from services.models.query_cells import holds_times, local_time, zone_name
from services.models.text import clean, clean_block
from widgets.drawing.format import crop, pad

WIDEST = 60  # Cells of a column at most, on a terminal
MEASURED = 1_000  # Rows that decide how wide the columns of a table are


def head_lines(
    query: InsightsQuery, final: QueryProgress, zone: tzinfo, yen: float, saved_yen: float
) -> list[str]:
    span = with_zone(period_text(query.span.start, query.span.end, zone), query.span.end, zone)
    groups = ", ".join(clean(group) for group in query.groups)
    rows = plural("{count} row", "{count} rows", len(final.rows.rows), count=f"{len(final.rows.rows):,}")
    counts = _("{rows}; {matched} of {scanned} events match; {size}: {yen}").format(
        rows=rows,
        matched=f"{final.matched:,}",
        scanned=f"{final.scanned:,}",
        size=size_words(final.bytes),
        yen=yen_words(yen),
    )
    if final.skipped:
        text = _("field indexes saved {size}: {yen}")
        counts = f"{counts}; " + text.format(size=size_words(final.skipped), yen=yen_words(saved_yen))
    lines = [
        *(f"# {line}" for line in clean_block(query.text.strip()).split("\n")),
        "# " + "  ".join(filter(None, [query.language.label, groups, span])),
        f"# {counts}",
    ]
    if not final.is_whole:
        lines.append(
            "# " + _("{state}: the rows are partial; do not judge by them", state=state_words(final))
        )
    return lines


def masked_rows(table: QueryRows, masker: Masker) -> QueryRows:
    columns = tuple(masked_names(table.columns, masker.mask).values())
    rows = tuple(
        tuple(text and masker.cell(name, text) for name, text in zip(table.columns, row, strict=True))
        for row in table.rows
    )
    return replace(table, columns=columns, rows=rows)


def table_lines(table: QueryRows, zone: tzinfo) -> Iterator[str]:
    """The rows in columns, times in the system's zone; on a terminal cut to its width, else whole."""
    if not table.columns:
        return
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    most = shutil.get_terminal_size((120, 0)).columns if is_terminal else None
    times = {place for place in range(len(table.columns)) if holds_times(table, place)}
    heads = [
        f"{name} ({zone_name(table, place, zone)})" if place in times else name
        for place, name in enumerate(table.columns)
    ]
    measured = [_texts(row, times, zone) for row in table.rows[:MEASURED]]
    widths = [max(cell_len(text) for text in column) for column in zip(heads, *measured, strict=True)]
    if most is not None:
        widths = [min(width, WIDEST) for width in widths]
    for texts in [heads, *(_texts(row, times, zone) for row in table.rows)]:
        line = "  ".join(pad(text, width) for text, width in zip(texts, widths, strict=True)).rstrip()
        yield line if most is None else crop(line, most)


def csv_lines(table: QueryRows) -> Iterator[str]:
    """The rows as comma-separated values with a line of names; times as AWS returns them (UTC)."""
    if not table.columns:
        return
    yield csv_line(table.columns, is_head=True)
    yield from map(csv_line, table.rows)


def answer_of(system: str, region: str, query: InsightsQuery, final: QueryProgress) -> QueryAnswer:
    languages = {QueryLanguage.LOGSQL: "logsql", QueryLanguage.PPL: "ppl", QueryLanguage.SQL: "sql"}
    return QueryAnswer.model_validate(
        {
            "system": system,
            "region": region,
            "query": query.text,
            "language": languages[query.language],
            "groups": query.groups,
            "start": query.span.start,
            "end": query.span.end,
            "state": str(final.state),
            "complete": final.is_whole,
            "columns": final.rows.columns,
            "rows": tuple(
                {name: text for name, text in zip(final.rows.columns, row, strict=True) if text is not None}
                for row in final.rows.rows
            ),
            "records_matched": final.matched,
            "records_scanned": final.scanned,
            "bytes_scanned": final.bytes,
            "bytes_skipped": final.skipped,
            "yen": 0.0,
            "yen_saved": 0.0,
            "yen_estimated": None,
            "seconds": round(final.seconds, 1),
        }
    )


def _texts(row: tuple[str | None, ...], times: set[int], zone: tzinfo) -> list[str]:
    return [
        local_time(text, zone) if place in times and text else text or "" for place, text in enumerate(row)
    ]


def price_line(estimate: QueryEstimate | None) -> str:
    if estimate is None:
        return _("Price: unknown")
    if estimate.skippable:
        return _(
            "Price: {least} to {most} for {size}; the index on {fields} may save the difference",
            least=yen_words(estimate.least_yen),
            most=yen_words(estimate.yen),
            size=size_words(estimate.bytes),
            fields=", ".join(estimate.indexed),
        )
    text = _("Price: about {size}, {yen}", size=size_words(estimate.bytes), yen=yen_words(estimate.yen))
    if not estimate.unknown:
        return text
    return text + " " + _("without {groups}, whose size is unknown", groups=", ".join(estimate.unknown))
