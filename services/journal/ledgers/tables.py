"""What a ledger's administrator runs once, as text: Toban itself has no right to create anything."""

import json
from typing import Any

from services.journal.ledgers.registry import LedgerAddress, parse

_STATEMENTS = """\
-- The journal of Toban, for: {address}
-- Run as the owner of the database, never as the user that the consoles sign in as.
CREATE TABLE IF NOT EXISTS toban_journal (
    ledger text NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 0),
    record text NOT NULL,
    PRIMARY KEY (ledger, seq)
);

-- Nothing that was recorded is changed or deleted. (Aurora DSQL has no triggers: leave these two out there.)
CREATE OR REPLACE FUNCTION toban_journal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'toban_journal is append-only: % is not allowed', TG_OP;
END
$$;
CREATE OR REPLACE TRIGGER toban_journal_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON toban_journal
    FOR EACH STATEMENT EXECUTE FUNCTION toban_journal_append_only();

-- The consoles read and append, and nothing else.
REVOKE ALL ON toban_journal FROM PUBLIC;
REVOKE ALL ON toban_journal FROM {user};
GRANT SELECT, INSERT ON toban_journal TO {user};
"""
DEFAULT_USER = "toban"
RETENTION_YEARS = 3  # How long the bucket's objects are locked


def printed_table(address: LedgerAddress | str) -> str:
    """SQL for PostgreSQL, a CloudFormation template for DynamoDB and S3. Raises BadAddress."""
    place = parse(address) if isinstance(address, str) else address
    return {"postgresql": table_sql, "dynamodb": table_template, "s3": bucket_template}[place.scheme](place)


def table_sql(address: LedgerAddress) -> str:
    name = (address.user or DEFAULT_USER).replace('"', '""')
    return _STATEMENTS.format(address=address, user=f'"{name}"')


def table_template(address: LedgerAddress) -> str:
    """The CloudFormation template for the table: on demand, with recovery to any second and deletion protection."""
    return _template(
        f"The journal of Toban, for: {address}",
        {
            "JournalTable": {
                "Type": "AWS::DynamoDB::Table",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {
                    "TableName": address.place,
                    "BillingMode": "PAY_PER_REQUEST",
                    "DeletionProtectionEnabled": True,
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                    "SSESpecification": {"SSEEnabled": True},
                    "AttributeDefinitions": [
                        {"AttributeName": "ledger", "AttributeType": "S"},
                        {"AttributeName": "seq", "AttributeType": "N"},
                    ],
                    "KeySchema": [
                        {"AttributeName": "ledger", "KeyType": "HASH"},
                        {"AttributeName": "seq", "KeyType": "RANGE"},
                    ],
                },
            }
        },
    )


def bucket_template(address: LedgerAddress) -> str:
    """The CloudFormation template for the bucket: versioned and locked, and it refuses a put without the condition."""
    bucket, _slash, prefix = address.place.partition("/")
    objects = f"arn:aws:s3:::{bucket}/{prefix}/*" if prefix else f"arn:aws:s3:::{bucket}/*"
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return _template(
        f"The journal of Toban, for: {address}",
        {
            "JournalBucket": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {
                    "BucketName": bucket,
                    "VersioningConfiguration": {"Status": "Enabled"},
                    "ObjectLockEnabled": True,
                    "ObjectLockConfiguration": {
                        "ObjectLockEnabled": "Enabled",
                        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": RETENTION_YEARS}},
                    },
                    "PublicAccessBlockConfiguration": {
                        "BlockPublicAcls": True,
                        "BlockPublicPolicy": True,
                        "IgnorePublicAcls": True,
                        "RestrictPublicBuckets": True,
                    },
                },
            },
            "JournalBucketPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {
                    "Bucket": {"Ref": "JournalBucket"},
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Sid": "OnlyNewRecords",
                                "Effect": "Deny",
                                "Principal": "*",
                                "Action": "s3:PutObject",
                                "Resource": objects,
                                "Condition": {"Null": {"s3:if-none-match": "true"}},
                            },
                            {
                                "Sid": "NothingIsDeleted",
                                "Effect": "Deny",
                                "Principal": "*",
                                "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
                                "Resource": objects,
                            },
                            {
                                "Sid": "OnlyEncrypted",
                                "Effect": "Deny",
                                "Principal": "*",
                                "Action": "s3:*",
                                "Resource": everything,
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            },
                        ],
                    },
                },
            },
        },
    )


def _template(description: str, resources: dict[str, Any]) -> str:
    document = {"AWSTemplateFormatVersion": "2010-09-09", "Description": description, "Resources": resources}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
