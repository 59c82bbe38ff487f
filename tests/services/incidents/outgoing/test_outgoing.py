"""Whatever leaves the console about an incident is true at its moment: histories × texts × both languages.
With OUTGOING_SEED in the environment the histories of that seed are judged, too; nobody who writes the texts
knows it."""

import os
import re
from collections import Counter

import pytest

from services import i18n
from tests.services.incidents.outgoing import sentences
from tests.services.incidents.outgoing.claim import Claim, phase
from tests.services.incidents.outgoing.recording import Console
from tests.services.incidents.outgoing.sentences import parts, untrue
from tests.services.incidents.outgoing.states import histories
from tests.services.incidents.outgoing.surfaces import texts

OPEN = tuple(histories("2026", 200))
SEALED = tuple(histories(os.environ["OUTGOING_SEED"], 100)) if os.environ.get("OUTGOING_SEED") else ()
SAMPLE = tuple({(each.begin, phase(Claim(each, each.now, (), {}))): each for each in OPEN}.values())
"""One history for each beginning and each way in which it stands."""


async def judged(every, folder, snapped=None):
    """(sentences, those that are untrue with the fact that does not hold); adds to `snapped` each text under its number."""
    count, wrong = 0, []
    for number, history in enumerate(every):
        world = await Console(history, folder / f"{number}.db").run()
        for text in texts(world):
            if snapped is not None and not text.surface.startswith("mcp"):
                # A new journal has an identity by chance.
                snapped[f"{number} {text.surface} {text.at:%H:%M}"] = re.sub(
                    r"\b[0-9a-f]{8}\b", "‹hash›", text.text
                )
            for verdict, sentence in untrue(history, world.steps, text.surface, text.at, text.text):
                count += 1
                wrong += (
                    [f"{verdict}: {history.index} {text.surface}: {sentence}"] if verdict != "true" else []
                )
    return count, wrong


def classes(wrong):
    counts = Counter(line.partition(" ")[0] + " " + line.split()[2] for line in wrong)
    return "\n".join([*(f"{count} × {name}" for name, count in counts.most_common()), *wrong[:40]])


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_one_history_of_each_kind_says_nothing_untrue_and_the_snapshot(tmp_path, snapshot, language):
    i18n.use(language)
    snapped = {}
    count, wrong = await judged(SAMPLE, tmp_path, snapped)
    assert count > 100 * len(SAMPLE)
    assert not wrong, classes(wrong)
    if language == "en":
        assert snapped == snapshot


async def test_the_judge_notices_another_time(tmp_path):
    # Of what is true little stays true when the last digit of its time changes.
    i18n.use("en")
    count, unnoticed = 0, []
    for number, history in enumerate(SAMPLE):
        world = await Console(history, tmp_path / f"{number}.db").run()
        for text in texts(world):
            for kind, part in parts(text.surface, text.text) if not text.surface.startswith("mcp") else ():
                changed = re.sub(
                    r"(?<=:\d)\d(?!.*\d\d:\d\d)", lambda match: str((int(match[0]) + 5) % 10), part
                )
                facts = history, text.at, world.steps, kind
                if changed != part and "Signal" not in part and sentences.judged(*facts, part) == "true":
                    count += 1
                    unnoticed += [changed] if sentences.judged(*facts, changed) == "true" else []
    assert count > 200
    assert len(unnoticed) <= count // 50, unnoticed


@pytest.mark.slow
@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("every", [OPEN, SEALED], ids=["open", "sealed"])
async def test_no_history_says_anything_untrue(every, tmp_path, language):
    i18n.use(language)
    count, wrong = await judged(every, tmp_path)
    print(f"{len(every)} histories, {count} sentences, {len(wrong)} untrue")
    assert not wrong, classes(wrong)
