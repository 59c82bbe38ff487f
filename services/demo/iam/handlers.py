"""Handlers for IAM users and their access keys; the rest of IAM is moto's.

Source: ListUsers, ListAccessKeys, GetAccessKeyLastUsed, CreateAccessKey, UpdateAccessKey, DeleteAccessKey (IAM API
reference). AWS deletes an active key without complaint.
"""

from datetime import timedelta
from typing import Any

from services.demo.account import REGION
from services.demo.cloudtrail.model import TrailStore
from services.demo.errors import AwsErrorResponse
from services.demo.iam.model import KEYS_PER_USER, AccessKey, AccessKeyStore
from services.demo.identifiers import principal_id
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.scenario_facts import RootFact

PAGE = 100
USER_AGE = timedelta(days=400)
"""Age of every user at the scenario's beginning."""


@op("iam", "GetAccountSummary")
def get_account_summary(call: Call) -> dict[str, Any]:
    """Root's keys and second factor, and the number of users: the entries that the console reads."""
    root = next(iter(call.run.scenario.facts_of(RootFact)), RootFact(kind="root"))
    summary = {
        "Users": len(call.component(AccessKeyStore).users),
        "AccountPasswordPresent": 1,
        "AccountAccessKeysPresent": root.keys,
        "AccountMFAEnabled": int(root.mfa),
    }
    return {"SummaryMap": summary}


@op("iam", "ListUsers")
def list_users(call: Call) -> dict[str, Any]:
    params = call.params
    users = sorted(call.component(AccessKeyStore).users)
    page, more = page_of(users, str, params, params.get("MaxItems") or PAGE, "Marker")
    rows = []
    for user in page:
        row = {
            "Path": "/",
            "UserName": user,
            "UserId": principal_id("AIDA", user),
            "Arn": f"arn:aws:iam::{call.account}:user/{user}",
            "CreateDate": (call.run.began - USER_AGE).replace(microsecond=0),
        }
        signed_in = call.component(TrailStore).last_sign_in(user)
        rows.append(row | ({"PasswordLastUsed": signed_in} if signed_in else {}))
    return {"Users": rows, "IsTruncated": bool(more)} | more


@op("iam", "ListAccessKeys")
def list_access_keys(call: Call) -> dict[str, Any]:
    params = call.params
    user = params.get("UserName")
    if user is None:
        raise AwsErrorResponse(
            "ValidationError", "Must specify userName when calling with non-User credentials", 400
        )
    users = call.component(AccessKeyStore).users
    if user not in users:
        raise AwsErrorResponse("NoSuchEntity", f"The user with name {user} cannot be found.", 404)
    keys = sorted(users[user], key=lambda key: (key.created, key.id))
    size = params.get("MaxItems") or PAGE
    page, more = page_of(keys, lambda key: f"{key.created.isoformat()} {key.id}", params, size, "Marker")
    rows = [
        {
            "UserName": user,
            "AccessKeyId": key.id,
            "Status": "Active" if key.active else "Inactive",
            "CreateDate": key.created,
        }
        for key in page
    ]
    return {"AccessKeyMetadata": rows, "IsTruncated": bool(more)} | more


@op("iam", "GetAccessKeyLastUsed")
def get_access_key_last_used(call: Call) -> dict[str, Any]:
    """When a key was last used and for what; a key that was never used has no date."""
    id = call.params["AccessKeyId"]
    entry = call.component(AccessKeyStore).find(id)
    if entry is None:
        raise AwsErrorResponse("NoSuchEntity", f"The Access Key with id {id} cannot be found", 404)
    user, key = entry
    never = {"ServiceName": "N/A", "Region": "N/A"}
    last = {"LastUsedDate": key.used, "ServiceName": key.service, "Region": REGION}
    return {"UserName": user, "AccessKeyLastUsed": last if key.used else never}


@op("iam", "CreateAccessKey")
def create_access_key(call: Call) -> dict[str, Any]:
    """A new active key; the only answer that ever holds the secret."""
    store, user = call.component(AccessKeyStore), str(call.params.get("UserName"))
    if user not in store.users:
        raise AwsErrorResponse("NoSuchEntity", f"The user with name {user} cannot be found.", 404)
    if len(store.users[user]) >= KEYS_PER_USER:
        raise AwsErrorResponse(
            "LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {KEYS_PER_USER}", 409
        )
    key = store.create(user, call.now)
    return {
        "AccessKey": {
            "UserName": user,
            "AccessKeyId": key.id,
            "Status": "Active",
            "SecretAccessKey": key.secret,
            "CreateDate": key.created,
        }
    }


@op("iam", "UpdateAccessKey")
def update_access_key(call: Call) -> dict[str, Any]:
    _user, key = _existing(call)
    key.active = call.params["Status"] == "Active"
    return {}


@op("iam", "DeleteAccessKey")
def delete_access_key(call: Call) -> dict[str, Any]:
    _user, key = _existing(call)
    call.component(AccessKeyStore).remove(key.id)
    return {}


def _existing(call: Call) -> tuple[str, AccessKey]:
    id = call.params["AccessKeyId"]
    entry = call.component(AccessKeyStore).find(id)
    if entry is None or call.params.get("UserName", entry[0]) != entry[0]:
        raise AwsErrorResponse("NoSuchEntity", f"The Access Key with id {id} cannot be found.", 404)
    return entry
