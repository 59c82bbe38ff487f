"""The corpus and its judge: what they say of a masker that leaves everything, and of one that leaves nothing."""

import json

from services.logs.masking.mask import Masker
from tests.services.logs.masking.corpus import SECRETS, harmless, secrets
from tests.services.logs.masking.judge import (
    ALL,
    LEAST_GONE,
    MOST_CHANGED,
    judge_harmless,
    judge_secrets,
    leaks,
    wrong_count,
)

MASKED_WHOLE = {
    "aws-create-secret",
    "aws-secret-string",
    "csv-japanese",
    "dotnet-appsettings",
    "dotnet-user-secrets",
    "git-clone-app-token",
    "go-zap-dsn",
    "header-cookie",
    "header-set-cookie",
    "ja-connection-string",
    "ja-dotenv-comment",
    "ja-secret-key",
    "powershell-secure-string",
    "xml-connection",
    "yaml-plain-words",
}
"""Forms in which more is masked than the secret: connection strings, cookies and JSON within a secret's value."""


def test_judge_sees_every_secret_that_is_left_and_none_that_is_gone():
    for item in secrets(5, 4 * len(SECRETS)):
        assert item["secrets"], item
        assert all(part in item["text"] for part in item["secrets"] + item["stays"]), item
        assert leaks(item, item["text"]) == item["secrets"], item
        masked = item["text"]
        for secret in sorted(item["secrets"], key=len, reverse=True):
            masked = masked.replace(secret, "***")
        assert not leaks(item, masked), item
        first = item["secrets"][0]
        tail = item["text"].replace(first, "***" + first[-4:])
        assert not (len(first) > 4 and first[-4:].isalnum()) or leaks(item, tail), item


def test_the_same_seed_makes_the_same_corpus():
    assert list(secrets(7, 50)) == list(secrets(7, 50))
    assert list(harmless(7, 50)) == list(harmless(7, 50))
    assert {item["nesting"] for item in secrets(8, 200)} == {0, 1, 2, 3, 4}


def test_a_count_belongs_to_a_change():
    assert wrong_count("a", "a", {"password": 1})
    assert wrong_count("a", "***", {})
    assert wrong_count("password => hunter2", "password =*** hunter2", {"password": 1}, ["hunter2"])
    assert not wrong_count("password hunter2", "password ***", {"password": 1}, ["hunter2"])


def test_a_sample_is_masked_and_what_is_harmless_stays(tmp_path):
    lines, texts = tmp_path / "secrets.jsonl", tmp_path / "harmless.txt"
    sample = secrets(21, 5_000)
    lines.write_text("".join(json.dumps(item) + "\n" for item in sample), "utf-8")
    texts.write_text("".join(line + "\n" for line in harmless(22, 20_000)), "utf-8")
    forms, miscounted = judge_secrets(lines, Masker())
    every = forms[ALL]
    lost = {name for name, form in forms.items() if form.lost > form.stays / 5}
    assert every.left <= every.secrets * (1 - LEAST_GONE), [form.examples for form in forms.values()]
    assert {name for name in lost if not name.startswith("(")} <= MASKED_WHOLE
    total, changed, miscounted_harmless = judge_harmless(texts, Masker())
    assert len(changed) <= total * MOST_CHANGED, changed
    assert (miscounted, miscounted_harmless) == ([], 0)
