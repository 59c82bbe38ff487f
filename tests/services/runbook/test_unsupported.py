import pytest

from services.runbook.loader import loads
from tests.services.runbook.small import SYSTEM

ALB, RDS = '[alb]\nload_balancer = "{}"\n', '[rds]\ninstance = "d"\nengine = "{}"\n'


@pytest.mark.parametrize(
    ("table", "name", "words"),
    [
        (ALB, "app/a/1", ""),
        (ALB, "", ""),
        (ALB, "net/a/1", "of a network load balancer are not judged"),
        (ALB, "gwy/a/1", "of a gateway load balancer are not judged"),
        (RDS, "postgres", ""),
        (RDS, "mysql", "the logs and slow queries of mysql are not judged"),
        (RDS, "aurora-postgresql", "a member of a cluster, which is not judged"),
    ],
)
def test_what_is_not_supported_is_said(table, name, words):
    cautions = loads(SYSTEM + table.format(name)).cautions
    assert len(cautions) == bool(words)
    assert all(words in str(caution) for caution in cautions)
