"""Finds and renames ids in metric math without touching strings, numbers or functions. Two widgets may both
use the id `m1`; to request both in one GetMetricData, every id gets its widget's prefix, also inside
expressions. Source: "Using math expressions with CloudWatch metrics"."""

import re
from collections.abc import Mapping, Sequence

from services.models.base import RawId
from services.models.metrics import MetricQuery

_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)"""
    r"""|(?P<metrics>\bMETRICS\s*\(\s*(?P<filter>"[^"]*"|'[^']*')?\s*\))"""
    r"""|(?P<number>(?<![\w.])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"""
    r"""|(?P<word>[A-Za-z_]\w*)(?P<call>\s*\()?""",
    re.DOTALL | re.ASCII,
)


def is_sql(expression: str) -> bool:
    return expression.lstrip()[:7].upper().rstrip() == "SELECT"


def references(expression: str, ids: frozenset[str]) -> frozenset[str]:
    """The subset of `ids` that an expression uses; METRICS() uses all."""
    if is_sql(expression):
        return frozenset()
    uses: set[str] = set()
    for token in _TOKEN.finditer(expression):
        if token["metrics"] is not None:
            return ids
        if token["word"] in ids and token["call"] is None:
            uses.add(token["word"])
    return frozenset(uses)


def rename(expression: str, names: Mapping[str, str], metrics: Sequence[str]) -> str:
    """The expression with every id of `names` replaced. `METRICS()` and `METRICS("part")` become the list of
    the widget's own metrics (`metrics`, old ids): a shared call has others, too."""
    if is_sql(expression):
        return expression

    def replace(token: re.Match[str]) -> str:
        if token["metrics"] is not None:
            part = (token["filter"] or "")[1:-1]
            return "[" + ", ".join(names[each] for each in metrics if part in each) + "]"
        if token["word"] in names and token["call"] is None:
            return names[token["word"]]
        return token[0]

    return _TOKEN.sub(replace, expression)


def prefixed(queries: Sequence[MetricQuery], prefix: str) -> tuple[MetricQuery, ...]:
    names = {query.id: prefix + query.id for query in queries}
    metrics = [query.id for query in queries if query.metric]
    return tuple(
        query.model_copy(
            update={
                "id": names[query.id],
                "expression": RawId(rename(query.expression, names, metrics))
                if query.expression
                else RawId(""),
            }
        )
        for query in queries
    )


def packed(queries: Sequence[MetricQuery], size: int) -> list[list[MetricQuery]]:
    """Calls of at most `size` queries that keep expressions together with the queries they use. A larger
    group is not split: AWS rejects it. A call has at most one Metrics Insights query."""
    calls: list[list[MetricQuery]] = []
    has_sql: list[bool] = []
    for group in _groups(queries):
        sql = any(is_sql(query.expression) for query in group)
        for index, call in enumerate(calls):
            if len(call) + len(group) <= size and not (sql and has_sql[index]):
                call += group
                has_sql[index] |= sql
                break
        else:
            calls.append(list(group))
            has_sql.append(sql)
    return calls


def _groups(queries: Sequence[MetricQuery]) -> list[list[MetricQuery]]:
    ids = frozenset(query.id for query in queries)
    leader = {identity: identity for identity in ids}

    def find(identity: str) -> str:
        while leader[identity] != identity:
            leader[identity] = leader[leader[identity]]
            identity = leader[identity]
        return identity

    for query in queries:
        if query.expression:
            for used in references(query.expression, ids):
                leader[find(used)] = find(query.id)
    groups: dict[str, list[MetricQuery]] = {}
    for query in queries:
        groups.setdefault(find(query.id), []).append(query)
    return list(groups.values())
