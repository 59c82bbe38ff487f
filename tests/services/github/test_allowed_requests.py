"""Without a grant nothing but the listed reads reaches GitHub; with one, exactly the secret that it names."""

import inspect
from datetime import timedelta

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.errors import Refused
from services.demo.github import KEY_ID, SCOPES, SECRET
from services.github.client import GithubClient, may_read, written_path
from services.github.scope import runs_path, scope_path
from services.models.base import Github
from tests.services.github.github_world import client, grant

SPEC = Github(user="ci-cd-user", repository="facility-city/staff-api", workflow="deploy.yml")
SPECS = (
    SPEC,
    SPEC.model_copy(update={"environment": "production 1/2"}),
    SPEC.model_copy(update={"organisation": "facility-city"}),
)
READS = {"sealing_key", "secret", "runs"}
WRITES = {"put_secret"}


@pytest.fixture
def aws(empty_aws):
    return empty_aws


@pytest.fixture
def methods(monkeypatch):
    sent: list[str] = []
    request = ClientSession.request

    def noted(self, method, *rest, **options):
        sent.append(method)
        return request(self, method, *rest, **options)

    monkeypatch.setattr(ClientSession, "request", noted)
    return sent


def test_these_are_all_the_requests_of_the_client():
    public = {
        name for name, _method in inspect.getmembers(GithubClient, inspect.isfunction) if name[0] != "_"
    }
    assert public == READS | WRITES
    assert "permit" in inspect.signature(GithubClient.put_secret).parameters


async def test_reads_are_gets(aws, methods):
    github = client(aws)
    for scope in SCOPES:
        await github.sealing_key(scope)
        await github.secret(scope, SECRET)
    await github.runs(runs_path(SPEC), aws.clock.now() - timedelta(days=1))
    assert methods
    assert set(methods) == {"GET"}


@pytest.mark.parametrize(
    "path",
    ["", "user", "repos/a/b", "repos/a/b/contents/secrets/x", "orgs/a/actions/secrets", "repos/../b/actions/runs",
     "repos/a/b/actions/secrets/X/../../../keys", "repos/a/b/actions/runs/1/cancel", "https://example.org/"],
)  # fmt: skip
async def test_no_other_path_is_read(path, aws, methods):
    with pytest.raises(Refused):
        await client(aws).runs(path, aws.clock.now())
    assert methods == []


@pytest.mark.parametrize(
    ("scope", "name", "operation", "service"),
    [
        (SCOPES[1], SECRET, "DeleteSecret", "github"),
        (SCOPES[1], SECRET, "PutSecret", "ecs"),
        (SCOPES[1], "public-key", "PutSecret", "github"),
        (SCOPES[1], "../../keys", "PutSecret", "github"),
        ("user", SECRET, "PutSecret", "github"),
    ],
)
async def test_no_other_grant_writes(scope, name, operation, service, aws, methods):
    with pytest.raises(Refused):
        await client(aws).put_secret(grant(scope, name, operation, service), {})
    assert methods == []


async def test_a_grant_writes_its_secret_and_no_other(aws, methods):
    github = client(aws)
    key = await github.sealing_key(SCOPES[1])
    from services.aws.client.secret import Secret
    from services.github.sealing import sealed

    body = {"encrypted_value": sealed(key, Secret("value")), "key_id": key.id}
    await github.put_secret(grant(SCOPES[1], SECRET), body)
    assert methods == ["GET", "PUT"]
    assert SECRET in aws.world.github.secrets[SCOPES[1]]
    assert KEY_ID not in aws.world.github.secrets[SCOPES[1]]


@pytest.mark.parametrize("spec", SPECS, ids=scope_path)
def test_the_paths_of_every_runbook_are_allowed(spec):
    scope = scope_path(spec)
    assert may_read(f"{scope}/secrets/public-key")
    assert may_read(f"{scope}/secrets/{SECRET}")
    assert may_read(f"{scope}/secrets/{SECRET}/repositories")
    assert may_read(runs_path(spec))
    assert written_path(grant(scope, SECRET)) == f"{scope}/secrets/{SECRET}"


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_name_leads_to_another_path(owner, name):
    path = written_path(grant(f"repos/{owner}/{name}/actions", SECRET))
    assert path.count("/") in (0, 5)
    assert ".." not in path.split("/")
    assert path.isascii()
