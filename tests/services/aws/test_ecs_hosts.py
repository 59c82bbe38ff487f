from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.ecs.parsing import hosts_of, task_definition

SECRET = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:prod/db-AbCdEf:password::"


@pytest.mark.parametrize(
    ("name", "value", "hosts"),
    [
        ("DATABASE_URL", "postgres://app:hunter2@db.example.internal:5432/app?sslmode=require", ("db.example.internal:5432",)),
        ("DATABASE_URL", "postgres://app:p@ss:w@rd@db.example.internal/app", ("db.example.internal",)),
        ("DATABASE_URL", "postgres://app:pa/ss@db.example.internal/app", ()),
        ("DATABASE_URL", "postgres://app:pa?ss@db.example.internal/app", ()),
        ("SPRING_DATASOURCE_URL", "jdbc:postgresql://db.example.internal:5432/app?user=app&password=hunter2", ("db.example.internal:5432",)),
        ("MONGO_URL", "mongodb://u:p@a.example:27017,b.example:27017/app", ("a.example:27017", "b.example:27017")),
        ("PAYMENT_API", "https://api.payments.example/v1/token/abc", ("api.payments.example",)),
        ("SENTRY_DSN", "https://0123456789abcdef@o1.ingest.sentry.example/42", ("o1.ingest.sentry.example",)),
        ("REDIS_HOST", "cache", ("cache",)),
        ("REDIS_URL", "redis://cache:6379/0", ("cache:6379",)),
        ("cacheEndpoint", "Cache.abc.ng.0001.apne1.cache.amazonaws.com:6379", ("cache.abc.ng.0001.apne1.cache.amazonaws.com:6379",)),
        ("QUEUE_HOST", "10.0.3.4:5672", ("10.0.3.4:5672",)),
        ("QUEUE", "10.0.3.4:5672", ()),
        ("DATABASE_URL", "postgres://user:1234", ()),
        ("DATABASE_URL", "user:1234", ()),
        ("KAFKA_BROKERS", "b-1.msk.example:9092, b-2.msk.example:9092", ("b-1.msk.example:9092", "b-2.msk.example:9092")),
        ("API_KEY_HOST", "sso.example", ()),
        ("DB_PASSWORD", "db.example.internal", ()),
        ("API_TOKEN", "https://token.example/", ()),
        ("SESSION", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", ()),
        ("BASIC", "admin:1234", ()),
        ("BASIC", "john.smith:4321", ()),
        ("VERSION", "2.14.3", ()),
        ("SPRING_PROFILES_ACTIVE", "prod", ()),
        ("UNIX", "postgresql:///app?host=/run/postgresql", ()),
        ("DATABASE_URL", "", ()),
    ],
)  # fmt: skip
def test_hosts_of_a_value(name, value, hosts):
    assert hosts_of(name, value) == hosts


PRIVATE = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=0, max_size=12).map(
    lambda text: f"PRIVATE{text}PRIVATE"
)


@given(PRIVATE, PRIVATE, PRIVATE, PRIVATE, st.sampled_from(["DATABASE_URL", "X", "HOST"]))
def test_nothing_private_is_told(user, password, path, query, name):
    # Whatever stands in the user, the password, the path and the query, quoted or not.
    for value in (
        f"postgres://{user}:{password}@db.example:5432/{path}?password={query}",
        f"postgres://{user}@db.example/{path}",
        f"https://db.example/{path}?{query}#{path}",
        f"amqp://{user}:{password}@db.example,amqp://{user}:{password}@db.example",
    ):
        assert set(hosts_of(name, value)) <= {"db.example:5432", "db.example"}


def test_a_task_definition_tells_names_and_no_values():
    row: dict[str, Any] = {
        "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/app:7",
        "status": "ACTIVE",
        "taskRoleArn": "arn:aws:iam::1:role/task",
        "executionRoleArn": "arn:aws:iam::1:role/execution",
        "containerDefinitions": [
            {
                "name": "app",
                "image": "app:1",
                "environment": [
                    {"name": "DATABASE_URL", "value": "postgres://app:hunter2@db.example:5432/app"},
                    {"name": "EMPTY"},
                ],
                "secrets": [{"name": "DB_PASSWORD", "valueFrom": SECRET}],
                "repositoryCredentials": {"credentialsParameter": "registry"},
            }
        ],
    }
    definition = task_definition(row)
    (container,) = definition.containers
    assert definition.roles == ("arn:aws:iam::1:role/task", "arn:aws:iam::1:role/execution")
    assert container.hosts == (("DATABASE_URL", "db.example:5432"),)
    assert container.secrets == (("DB_PASSWORD", SECRET), ("", "registry"))
    assert "hunter2" not in definition.model_dump_json()
    assert "app:hunter2" not in definition.model_dump_json()
