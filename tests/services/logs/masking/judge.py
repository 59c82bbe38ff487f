"""How much of a corpus the masker covers: `python -m tests.services.logs.masking.judge secrets.jsonl harmless.txt [--show N]`."""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.logs.masking.mask import Masker

RUN = 4
ALL = "(all)"
LEAST_GONE, MOST_CHANGED = 0.995, 0.001


@dataclass
class Form:
    secrets: int = 0
    left: int = 0
    stays: int = 0
    lost: int = 0
    examples: list[str] = field(default_factory=list)


def runs(text: str, length: int) -> Counter[str]:
    return Counter(text[start : start + length] for start in range(len(text) - length + 1))


def telling(part: str) -> bool:
    """Not only spaces and backslashes, of which text without a secret has enough."""
    return len(part) < RUN or sum(not (letter.isspace() or letter == "\\") for letter in part) >= 3


def leaks(item: Mapping[str, Any], masked: str) -> list[str]:
    """The secrets of which a run of characters is left beyond those that the rest of the text has anyway."""
    left = []
    for secret in item["secrets"]:
        length = min(RUN, len(secret))
        before, after = runs(item["text"], length), runs(masked, length)
        of_secrets: Counter[str] = sum((runs(each, length) for each in item["secrets"]), Counter())
        if any(
            after[part] > before[part] - of_secrets[part] for part in runs(secret, length) if telling(part)
        ):
            left.append(secret)
    return left


def wrong_count(text: str, masked: str, counts: Mapping[str, int], secrets: Sequence[str] = ()) -> bool:
    """A change without a count, a count without a change, or one that covered no letter of a secret."""
    counted = sum(counts.values()) > 0
    needless = bool(secrets) and all(masked.count(secret) >= text.count(secret) for secret in secrets)
    return counted != (masked != text) or (counted and needless)


def judge_secrets(path: Path, masker: Masker) -> tuple[dict[str, Form], list[str]]:
    forms: dict[str, Form] = defaultdict(Form)
    miscounted = []
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        item = json.loads(line)
        result = masker.masked(item["text"])
        left = leaks(item, result.text)
        lost = [stay for stay in item["stays"] if stay not in result.text]
        for name in (item["form"], f"(nesting {item['nesting']})", f"({item['lang']})", ALL):
            forms[name].secrets += len(item["secrets"])
            forms[name].left += len(left)
            forms[name].stays += len(item["stays"])
            forms[name].lost += len(lost)
        if left or lost:
            example = f"{item['id']} left={left} lost={lost}\n      {item['text']!r}\n   -> {result.text!r}"
            forms[item["form"]].examples.append(example)
        if wrong_count(item["text"], result.text, dict(result.counts), item["secrets"]):
            miscounted.append(item["id"])
    return forms, miscounted


def judge_harmless(path: Path, masker: Masker) -> tuple[int, list[str], int]:
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    miscounted, changed = 0, []
    for text in lines:
        result = masker.masked(text)
        miscounted += wrong_count(text, result.text, dict(result.counts))
        if result.text != text:
            changed.append(f"{text}\n   -> {result.text}")
    return len(lines), changed, miscounted


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("secrets", type=Path)
    parser.add_argument("harmless", type=Path)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="that many examples of each form")
    arguments, masker = parser.parse_args(), Masker()
    forms, miscounted = judge_secrets(arguments.secrets, masker)
    total, changed, miscounted_harmless = judge_harmless(arguments.harmless, masker)
    for name, form in sorted(
        forms.items(), key=lambda pair: (-pair[1].left / pair[1].secrets, -pair[1].lost, pair[0])
    ):
        print(
            f"{1 - form.left / form.secrets:8.2%} gone  {form.left:5} of {form.secrets:5} left  {form.lost:4} stays lost  {name}"
        )
        print(
            *form.examples[: arguments.show], sep="\n", end="\n" if form.examples and arguments.show else ""
        )
    print(*changed[:: max(1, len(changed) // max(1, arguments.show))][: arguments.show], sep="\n")
    every = forms[ALL]
    print(f"secrets gone {1 - every.left / every.secrets:.3%}, stays lost {every.lost} of {every.stays}")
    print(f"harmless changed {len(changed)} of {total} ({len(changed) / total:.3%})")
    print(f"counts wrong: {len(miscounted)} with secrets {miscounted[:5]}, {miscounted_harmless} harmless")
    enough = every.left <= every.secrets * (1 - LEAST_GONE) and len(changed) <= total * MOST_CHANGED
    return 0 if enough and not (every.lost or miscounted or miscounted_harmless) else 1


if __name__ == "__main__":
    sys.exit(main())
