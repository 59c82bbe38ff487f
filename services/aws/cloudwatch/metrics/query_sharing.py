"""Requests a metric that several curves share only once: AWS charges per metric requested.

Source: "GetMetricData" pricing (Amazon CloudWatch); labels as in "Using dynamic labels".
"""

from collections.abc import Sequence

from services.aws.cloudwatch.metrics.math_ids import is_sql, rename
from services.models.base import RawId
from services.models.metrics import MetricQuery, Series
from services.models.text import clean

_HIDDEN = "hidden"
Key = tuple[object, ...]


def without_duplicates(queries: Sequence[MetricQuery]) -> tuple[list[MetricQuery], dict[str, str]]:
    """(queries to send, the sent query's id by each duplicate's id); expressions refer to sent ids."""
    sent: list[MetricQuery] = []
    positions: dict[Key, int] = {}
    answered_by: dict[str, str] = {}
    for query in queries:
        base = _base(query)
        at = None if base is None else _index_of(positions, base, query, sent)
        if at is not None:
            answered_by[query.id] = sent[at].id
            continue
        if base is not None:
            positions[*base, _kind(query)] = len(sent)
        sent.append(query)
    return _renamed(sent, queries, answered_by), answered_by


def as_queried(series: Series, query: MetricQuery) -> Series:
    """The series of a shared metric, with the id and label of `query`."""
    if series.id == query.id:
        return series
    label = clean(query.label) if query.label else series.label
    return series.model_copy(update={"id": query.id, "label": label})


def _base(query: MetricQuery) -> Key | None:
    """The key by which queries are duplicates; None for a query that cannot be shared."""
    if query.expression or "${" in query.label:
        return None
    dimensions = tuple(sorted(query.dimensions))
    return query.region, query.account, query.namespace, query.metric, dimensions, query.stat, query.period


def _kind(query: MetricQuery) -> object:
    """Whether it is drawn, and with its own label; AWS's default label is known only from the response."""
    return bool(query.label) if query.visible else _HIDDEN


def _index_of(
    positions: dict[Key, int], base: Key, query: MetricQuery, sent: list[MetricQuery]
) -> int | None:
    """Index in `sent` of an equal query; a hidden one becomes visible if `query` is drawn."""
    kinds = (_kind(query),) if query.visible else (True, False, _HIDDEN)
    for kind in kinds:
        if (*base, kind) in positions:
            return positions[*base, kind]
    if query.visible and (*base, _HIDDEN) in positions:
        at = positions[*base, _kind(query)] = positions.pop((*base, _HIDDEN))
        sent[at] = sent[at].model_copy(update={"visible": True, "label": query.label})
        return at
    return None


def _renamed(
    sent: Sequence[MetricQuery], queries: Sequence[MetricQuery], answered_by: dict[str, str]
) -> list[MetricQuery]:
    if not answered_by:
        return list(sent)
    names = {query.id: answered_by.get(query.id, query.id) for query in queries}
    metrics = [query.id for query in queries if query.metric]
    return [
        query.model_copy(update={"expression": RawId(rename(query.expression, names, metrics))})
        if query.expression and not is_sql(query.expression)
        else query
        for query in sent
    ]
