"""The page to look through the pictures: filters, and two of them side by side; needs nothing but a browser."""

import json
import re
from pathlib import Path

from tests.tools.screens.shots.registry import SHOTS

_NAME = re.compile(
    r"(?P<shot>.+)-(?P<language>[a-z]{2})-(?P<size>\d+x\d+)-(?P<palette>\w+)-(?P<theme>\w+)\.svg"
)
_PAGE = Path(__file__).with_name("index.html")


def write_index(folder: Path) -> None:
    """Write `index.html` for the pictures that are in `folder`."""
    names = sorted(path.name for path in folder.glob("*.svg") if _NAME.fullmatch(path.name))
    shots = [{"name": shot.name, "screen": shot.screen.__name__} for shot in SHOTS]
    data = json.dumps({"shots": shots, "pictures": names})
    (folder / "index.html").write_text(_PAGE.read_text("utf-8").replace("{{data}}", data), "utf-8")
