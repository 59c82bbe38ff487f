"""Handlers that create, deactivate and delete access keys.

Source: CreateAccessKey, UpdateAccessKey, DeleteAccessKey (IAM API reference). AWS deletes an active key without
complaint.
"""

from typing import Any

from services.demo.errors import AwsErrorResponse
from services.demo.iam.model import KEYS_PER_USER, AccessKey, AccessKeyStore
from services.demo.registry import Call, op


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
    """Activate or deactivate a key."""
    _user, key = _existing(call)
    key.active = call.params["Status"] == "Active"
    return {}


@op("iam", "DeleteAccessKey")
def delete_access_key(call: Call) -> dict[str, Any]:
    """Delete a key, whatever its status."""
    _user, key = _existing(call)
    call.component(AccessKeyStore).remove(key.id)
    return {}


def _existing(call: Call) -> tuple[str, AccessKey]:
    id = call.params["AccessKeyId"]
    entry = call.component(AccessKeyStore).find(id)
    if entry is None or call.params.get("UserName", entry[0]) != entry[0]:
        raise AwsErrorResponse("NoSuchEntity", f"The Access Key with id {id} cannot be found.", 404)
    return entry
