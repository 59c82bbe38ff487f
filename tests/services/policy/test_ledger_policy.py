"""What a console may do with its ledger: read and append its own system's records, and nothing else."""

import json

import pytest

from services.journal.ledgers.registry import ENGINES, parse
from services.models.runbook import JournalSpec
from services.policy.documents import document
from services.policy.ledgers import grants, iam_statements
from services.runbook.loader import load_builtin
from tests.services.policy.iam import allowed_actions, is_allowed

BOOK = load_builtin("facility-prod")
TABLE = "dynamodb://toban-journal"
BUCKET = "s3://city-journals/toban"
TABLE_ARN = "arn:aws:dynamodb:ap-northeast-1:123456789012:table/toban-journal"
OBJECT_ARN = "arn:aws:s3:::city-journals/toban/facility-prod/000000000007"


def policy(address, **options):
    return document("journal", BOOK, ledger=parse(address), **options)


def test_a_table_is_read_and_appended_to_and_nothing_else():
    printed = policy(TABLE)
    assert allowed_actions(printed) == {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}
    assert is_allowed(printed, "dynamodb:PutItem", TABLE_ARN)
    assert not is_allowed(printed, "dynamodb:PutItem", f"{TABLE_ARN}-other")
    everything = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
    beside = {"Statement": [everything, *printed["Statement"]]}
    for action in (
        "UpdateItem",
        "DeleteItem",
        "DeleteTable",
        "UpdateTable",
        "BatchWriteItem",
        "PartiQLDelete",
    ):
        assert not is_allowed(beside, f"dynamodb:{action}", TABLE_ARN)
    assert is_allowed(beside, "dynamodb:UpdateItem", f"{TABLE_ARN}-other")


def test_the_records_of_another_system_are_out_of_reach():
    # ForAllValues is true of no values, so the key must be there, too (Amazon DynamoDB Developer Guide).
    (allow, _deny) = policy(TABLE)["Statement"]
    assert allow["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["facility-prod"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


def test_an_object_is_put_only_where_there_is_none():
    printed = policy(BUCKET)
    puts = [each for each in printed["Statement"] if "s3:PutObject" in each["Action"]]
    assert [each["Condition"] for each in puts] == [{"Null": {"s3:if-none-match": "false"}}]
    assert is_allowed(printed, "s3:PutObject", OBJECT_ARN)
    assert is_allowed(printed, "s3:GetObject", OBJECT_ARN)
    for other in ("toban/other/000000000001", "facility-prod/1", "toban/facility-prod-2/1"):
        assert not is_allowed(printed, "s3:PutObject", f"arn:aws:s3:::city-journals/{other}")
        assert not is_allowed(printed, "s3:GetObject", f"arn:aws:s3:::city-journals/{other}")
    assert not is_allowed(printed, "s3:DeleteObject", OBJECT_ARN)
    (listing,) = [each for each in printed["Statement"] if "s3:ListBucket" in each["Action"]]
    assert listing["Resource"] == ["arn:aws:s3:::city-journals"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "toban/facility-prod/*"}}


def test_a_bucket_without_a_prefix():
    assert is_allowed(
        policy("s3://city-journals"), "s3:PutObject", "arn:aws:s3:::city-journals/facility-prod/1"
    )


@pytest.mark.parametrize(
    ("address", "region", "arn"),
    [
        (f"{TABLE}?region=eu-west-1", "", "arn:aws:dynamodb:eu-west-1:123456789012:table/toban-journal"),
        (TABLE, "cn-north-1", "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/toban-journal"),
        (
            f"{TABLE}?role_arn=arn:aws:iam::210987654321:role/Journal",
            "",
            "arn:aws:dynamodb:ap-northeast-1:210987654321:table/toban-journal",
        ),
    ],
)
def test_a_ledger_elsewhere(address, region, arn):
    assert is_allowed(policy(address, region=region), "dynamodb:Query", arn)


def test_the_users_of_a_database_read_and_insert():
    address = parse("postgresql://console@db.example/journals")
    assert list(iam_statements(address, BOOK)) == []
    lines = grants(address).splitlines()
    assert lines[-1] == 'GRANT SELECT, INSERT ON toban_journal TO "console";'
    assert 'DATABASE "journals"' in lines[0]
    assert not [line for line in lines if "UPDATE" in line or "DELETE" in line]


def test_a_name_cannot_end_its_quotes():
    assert 'TO "a""; DROP";' in grants(parse("postgresql://a%22%3B%20DROP@db.example/journals"))


@pytest.mark.parametrize("scheme", ENGINES)
def test_every_engine_has_rights(scheme):
    address = parse(ENGINES[scheme].example)
    assert list(iam_statements(address, BOOK)) or grants(address)


def test_the_checkpoints_are_in_the_same_policy_and_the_others_stay_as_they_are():
    book = BOOK.model_copy(update={"journal": JournalSpec(log_group="/toban", log_stream="hashes")})
    printed = document("journal", book, ledger=parse(TABLE))
    assert {"logs:PutLogEvents", "dynamodb:PutItem"} <= allowed_actions(printed)
    ids = [each["Sid"] for each in printed["Statement"]]
    assert len(ids) == len(set(ids))
    assert "dynamodb" not in json.dumps(document("read", BOOK, ledger=parse(TABLE)))
