"""The client writes secrets that GitHub can open, reads dates and runs, and knows which failures wrote nothing."""

from datetime import timedelta

import pytest

from services.aws.client.errors import AccessDenied, AwsError, Invalid, NotFound, Throttled, nothing_done
from services.demo.github import KEY_ID, SCOPES, SECRET
from services.github.client import GithubClient
from services.github.scope import runs_path, scope_path
from services.github.settings import GithubSettings
from services.models.base import Github
from tests.services.github.github_world import client, grant, write

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

SPEC = Github(user="ci-cd-user", repository="facility-city/staff-api", workflow="deploy.yml")
ENVIRONMENT = SPEC.model_copy(update={"environment": "production"})
ORGANISATION = SPEC.model_copy(update={"organisation": "facility-city"})
VALUE = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def aws(empty_aws):
    return empty_aws


@pytest.mark.parametrize(
    ("spec", "scope"), [(ENVIRONMENT, SCOPES[0]), (SPEC, SCOPES[1]), (ORGANISATION, SCOPES[2])]
)
async def test_a_secret_is_sealed_written_and_dated(aws, spec, scope):
    assert scope_path(spec) == scope
    before = await client(aws).secret(scope, SECRET)
    assert before.updated_at is None
    more = {"visibility": "selected", "selected_repository_ids": [7, 9]} if spec.organisation else {}
    await write(aws, scope, SECRET, VALUE, **more)
    assert aws.world.github.secrets[scope][SECRET].value == VALUE
    after = await client(aws).secret(scope, SECRET)
    assert after.updated_at == aws.clock.now().replace(microsecond=0)
    assert (after.visibility, after.repositories) == (("selected", (7, 9)) if spec.organisation else ("", ()))


async def test_the_date_moves_at_every_write(aws):
    await write(aws, SCOPES[1], KEY_ID, "AKIA1")
    first = await client(aws).secret(SCOPES[1], KEY_ID)
    aws.advance(5)
    await write(aws, SCOPES[1], KEY_ID, "AKIA2")
    second = await client(aws).secret(SCOPES[1], KEY_ID)
    assert first.updated_at is not None
    assert second.updated_at == first.updated_at + timedelta(seconds=5)


async def test_runs_newest_first_with_their_ends(embedded):
    began = embedded.clock.now()
    runs = await client(embedded).runs(runs_path(SPEC), began - timedelta(days=10))
    assert [run.number for run in runs] == [5, 4, 3, 2, 1]
    assert all(run.succeeded for run in runs)
    embedded.world.github.put(SCOPES[1], KEY_ID, "AKIA1", began)
    embedded.advance(130)
    running = (await client(embedded).runs(runs_path(SPEC), began))[0]
    assert (running.completed, running.conclusion, running.succeeded) == (False, "", False)
    embedded.advance(180)
    (run,) = await client(embedded).runs(runs_path(SPEC), began)
    assert (run.completed, run.conclusion, run.succeeded) == (True, "failure", False)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"preset": "denied"}, AccessDenied),
        ({"preset": "throttled"}, Throttled),
        ({"preset": "expired"}, AccessDenied),
        ({"code": "x", "status": 404}, NotFound),
        ({"code": "x", "status": 422}, Invalid),
    ],
)
async def test_a_refusal_of_github_proves_that_nothing_was_written(aws, fault, kind):
    aws.fault("github", "PutSecret", **fault)
    with pytest.raises(kind) as caught:
        await write(aws, SCOPES[1], SECRET, VALUE)
    assert nothing_done(caught.value)
    assert aws.world.github.secrets[SCOPES[1]] == {}
    assert VALUE not in str(caught.value.problem)


@pytest.mark.parametrize(
    ("fault", "written"),
    [
        ({"mode": "reset-after"}, True),
        ({"mode": "reset-before"}, False),
        ({"mode": "html"}, False),
        ({"mode": "redirect"}, False),
        ({"mode": "error", "status": 500}, False),
        ({"mode": "error", "status": 502}, False),
    ],
)
async def test_anything_else_proves_nothing(aws, fault, written):
    aws.fault("github", "PutSecret", **fault)
    with pytest.raises(AwsError) as caught:
        await write(aws, SCOPES[1], SECRET, VALUE)
    assert not nothing_done(caught.value)
    assert (SECRET in aws.world.github.secrets[SCOPES[1]]) is written
    assert aws.counts()["github.PutSecret"] == 1


async def test_what_was_never_sent_wrote_nothing(aws):
    unset = GithubClient(GithubSettings(why="set it"), aws.clock)
    closed = GithubClient(GithubSettings(client(aws)._settings.token, "http://127.0.0.1:9"), aws.clock)
    for github in (unset, closed):
        with pytest.raises(AwsError) as caught:
            await github.put_secret(grant(SCOPES[1], SECRET), {})
        assert nothing_done(caught.value)


@pytest.mark.parametrize("mode", ["html", "truncated", "redirect", "empty", "reset-before"])
@pytest.mark.parametrize("operation", ["GetPublicKey", "GetSecret", "ListRuns"])
async def test_a_damaged_answer_is_no_answer(embedded, operation, mode):
    embedded.fault("github", operation, mode=mode)
    github = client(embedded)
    with pytest.raises(AwsError):
        await {
            "GetPublicKey": lambda: github.sealing_key(SCOPES[1]),
            "GetSecret": lambda: github.secret(SCOPES[1], SECRET),
            "ListRuns": lambda: github.runs(runs_path(SPEC), embedded.clock.now()),
        }[operation]()


async def test_a_repository_that_the_token_cannot_see_is_not_a_missing_secret(aws):
    with pytest.raises(NotFound):
        await client(aws).secret("repos/other/one/actions", SECRET)


async def test_a_wrong_token_is_refused(aws):
    with pytest.raises(AccessDenied) as caught:
        await client(aws, "ghp_wrong").secret(SCOPES[1], SECRET)
    assert "TOBAN_GITHUB_TOKEN" in caught.value.problem.message
    assert "ghp_wrong" not in str(caught.value.problem)
