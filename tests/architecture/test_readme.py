import re
from pathlib import Path

import pytest

from services import i18n
from services.i18n import _
from tui.modes import ALL_MODES

ROOT = Path(__file__).parents[2]
MOST_LINES = 350  # What else a reader needs stands on a page of `docs/site`, in both languages


@pytest.mark.parametrize(("name", "language"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_a_readme_is_short_and_lists_the_modes(name, language):
    text = (ROOT / name).read_text("utf-8")
    before = i18n.language()
    i18n.use(language)
    try:
        modes = [(mode.key, _(mode.title)) for mode in ALL_MODES]
    finally:
        i18n.use(before)
    assert re.findall(r"^\| `(.)` \| (\S+) \|", text, re.MULTILINE) == modes
    assert len(text.splitlines()) <= MOST_LINES
