"""The corpus and its judge: what they say of a masker that leaves everything, and of one that leaves nothing."""

import json
from pathlib import Path

from services.logs.masking.mask import Masker
from tests.services.logs.masking.corpus import HARMLESS, SECRETS, half, harmless, secrets
from tests.services.logs.masking.judge import (
    ALL,
    LEAST_GONE,
    MOST_CHANGED,
    judge_harmless,
    judge_secrets,
    leaks,
    wrong_count,
)


def test_judge_sees_every_secret_that_is_left_and_none_that_is_gone() -> None:
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


def test_the_same_seed_makes_the_same_corpus_and_half_of_the_forms_is_unseen() -> None:
    assert list(secrets(7, 50)) == list(secrets(7, 50))
    assert list(harmless(7, 50)) == list(harmless(7, 50))
    assert {item["form"] for item in secrets(8, 1_000, half(SECRETS))} == set(half(SECRETS)) < set(SECRETS)
    assert {item["nesting"] for item in secrets(8, 200)} == {0, 1, 2, 3, 4}
    assert 0.5 <= len(half(HARMLESS)) / len(HARMLESS) < 0.6


def test_a_count_belongs_to_a_change() -> None:
    assert wrong_count("a", "a", {"password": 1})
    assert wrong_count("a", "***", {})
    assert wrong_count("password => hunter2", "password =*** hunter2", {"password": 1}, ["hunter2"])
    assert not wrong_count("password hunter2", "password ***", {"password": 1}, ["hunter2"])


def test_a_sample_is_masked_and_what_is_harmless_stays(tmp_path: Path) -> None:
    """Of the forms that the author may see; `judge.py` says more of larger files."""
    lines, texts = tmp_path / "secrets.jsonl", tmp_path / "harmless.txt"
    sample = secrets(21, 1_500, half(SECRETS))
    lines.write_text("".join(json.dumps(item) + "\n" for item in sample), "utf-8")
    texts.write_text("".join(line + "\n" for line in harmless(22, 5_000, half(HARMLESS))), "utf-8")
    forms, miscounted = judge_secrets(lines, Masker())
    every = forms[ALL]
    assert every.left <= every.secrets * (1 - LEAST_GONE), [form.examples for form in forms.values()]
    assert every.lost <= every.stays * MOST_CHANGED * 2
    total, changed, miscounted_harmless = judge_harmless(texts, Masker())
    assert len(changed) <= total * MOST_CHANGED, changed
    assert (miscounted, miscounted_harmless) == ([], 0)
