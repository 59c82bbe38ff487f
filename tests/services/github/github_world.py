"""The console's client, connected to the GitHub of an embedded AWS."""

from typing import Any

from services.aws.client.secret import Secret
from services.aws.client.write_grants import WriteGrant
from services.demo.launch import PREFIX, TOKEN
from services.github.client import GithubClient
from services.github.sealing import sealed
from services.github.settings import GithubSettings
from services.models.aws_calls import aws_call
from tests.conftest import Embedded


def client(aws: Embedded, token: str = TOKEN) -> GithubClient:
    return GithubClient(GithubSettings(Secret(token), f"{aws.url}{PREFIX}"), aws.clock)


async def write(aws: Embedded, scope: str, name: str, text: str, **more: Any) -> None:
    github = client(aws)
    key = await github.sealing_key(scope)
    body = {"encrypted_value": sealed(key, Secret(text)), "key_id": key.id, **more}
    await github.put_secret(grant(scope, name), body)


def grant(scope: str, name: str, operation: str = "PutSecret", service: str = "github") -> WriteGrant:
    return WriteGrant(aws_call(service, operation, "", {"Scope": scope, "SecretName": name}))
