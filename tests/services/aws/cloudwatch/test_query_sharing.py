from hypothesis import given
from hypothesis import strategies as st

from services.aws.cloudwatch.metrics.reader import as_queried, without_duplicates
from services.models.base import RawId
from services.models.metrics import MetricQuery, Series


def metric(identity, name="CPU", label="", visible=True, **more):
    return MetricQuery(
        id=identity, namespace=RawId("N"), metric=RawId(name), label=RawId(label), visible=visible, **more
    )


def math(identity, expression):
    return MetricQuery(id=identity, expression=RawId(expression))


def test_the_same_metric_under_two_labels_is_sent_once():
    sent, answered_by = without_duplicates([metric("a", label="CPU 平均"), metric("b", label="ECS CPU")])
    assert [query.id for query in sent] == ["a"]
    assert answered_by == {"b": "a"}
    shared = as_queried(Series(id="a", label="CPU 平均"), metric("b", label="ECS CPU"))
    assert (shared.id, shared.label) == ("b", "ECS CPU")


def test_an_expression_uses_what_is_sent():
    sent, _by = without_duplicates([metric("a"), metric("b", visible=False), math("e", "b/2 + FILL(b, 0)")])
    assert [query.id for query in sent] == ["a", "e"]
    assert sent[1].expression == "a/2 + FILL(a, 0)"


def test_a_hidden_metric_becomes_visible_for_one_that_is_drawn():
    sent, answered_by = without_duplicates(
        [metric("h", visible=False), math("e", "h*2"), metric("v", label="shown")]
    )
    assert [(query.id, query.visible, query.label) for query in sent] == [
        ("h", True, "shown"),
        ("e", True, ""),
    ]
    assert answered_by == {"v": "h"}


def test_what_differs_is_asked_apart():
    queries = [
        metric("a"),
        metric("b", stat="Maximum"),
        metric("c", period=60),
        metric("d", region="us-east-1"),
        metric("e", label="own"),
        metric("f", label="max ${MAX}"),
        metric("g", label="max ${MAX}"),
    ]
    sent, answered_by = without_duplicates(queries)
    assert sent == queries
    assert answered_by == {}


METRICS = st.builds(
    metric,
    st.just(""),
    st.sampled_from(["CPU", "Memory"]),
    st.sampled_from(["", "x", "y", "${LAST}"]),
    st.booleans(),
    stat=st.sampled_from(["Average", "Sum"]),
)


@given(st.lists(METRICS, max_size=12))
def test_every_question_is_answered_by_an_equal_one_and_nothing_is_sent_twice(drawn):
    queries = [query.model_copy(update={"id": f"m{index}"}) for index, query in enumerate(drawn)]
    sent, answered_by = without_duplicates(queries)
    by_id = {query.id: query for query in sent}
    for query in queries:
        answer = by_id[answered_by.get(query.id, query.id)]
        assert (answer.metric, answer.stat) == (query.metric, query.stat)
        assert answer.visible or not query.visible
        if query.visible:
            assert bool(answer.label) == bool(query.label)
    plain = [(q.metric, q.stat, bool(q.label)) for q in sent if "${" not in q.label and q.visible]
    assert len(plain) == len(set(plain))
