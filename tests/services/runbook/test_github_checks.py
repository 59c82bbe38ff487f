"""What the checks say of `[github]` and of the command that takes a key."""

import pytest

from tests.services.runbook import small

KEYS = '[access_keys]\nusers = ["bob"]\n'
GITHUB = KEYS + '[github]\nuser = "bob"\nrepository = "city/api"\n'


@pytest.mark.parametrize(
    "more",
    [
        "",
        'environment = "production"\nworkflow = "deploy.yml"\n',
        'organisation = "City"\n',
        'key_id_secret = "ID"\nkey_secret = "_KEY2"\n',
    ],
)
def test_a_table_without_mistakes(more):
    assert small.mistakes(GITHUB + more) == {}


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (GITHUB.replace('user = "bob"', 'user = "bop"'), "github.user", 'did you mean "bob"?'),
        (GITHUB.replace("city/api", "https://github.com/city/api.git"), "github.repository", '"city/api"'),
        (GITHUB.replace("city/api", "git@github.com:city/api.git"), "github.repository", '"city/api"'),
        (GITHUB.replace("city/api", "api"), "github.repository", "owner/name"),
        (GITHUB + 'environment = "p"\norganisation = "city"\n', "github.environment", "not both"),
        (GITHUB + 'organisation = "town"\n', "github.organisation", "belongs to city"),
        (GITHUB + 'organisation = "city hall"\n', "github.organisation", "address"),
        (GITHUB + 'workflow = ".github/workflows/deploy.yml"\n', "github.workflow", "deploy.yml"),
        (GITHUB + 'key_secret = "AWS_ACCESS_KEY_ID"\n', "github.key_secret", "two secrets"),
        (GITHUB + 'key_secret = "GITHUB_KEY"\n', "github.key_secret", "GITHUB_"),
        (KEYS + 'hand_over = ["store-key"]\n', "access_keys.hand_over[0]", "absolute path"),
    ],
)
def test_what_is_refused(text, key, words):
    messages = small.mistakes(text)
    assert list(messages) == [key]
    assert words in messages[key]
