import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_place_that_the_guide_names_exists():
    text = (ROOT / "docs/guide.md").read_text("utf-8")
    places = re.findall(r"`((?:services|tui|widgets|tests)/[\w/]*(?:\.py)?)`", text)
    assert len(places) > 30
    assert [place for place in places if not (ROOT / place).exists()] == []
