"""`python -m tests.tools.casts [STORY] … [--lang en]` records the stories into docs/casts."""

import argparse
import tempfile
from pathlib import Path

from tests.tools.casts.stories import STORIES, record

FOLDER = Path(__file__).parents[3] / "docs/casts"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stories", nargs="*", metavar="STORY", help=", ".join(each.name for each in STORIES))
    parser.add_argument("--lang", choices=["en", "ja"])
    parser.add_argument("--to", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    for story in STORIES:
        for language in ("en", "ja"):
            if story.name in (options.stories or [story.name]) and language in (options.lang or language):
                with tempfile.TemporaryDirectory() as home:
                    cast = record(story, language, Path(home))
                path = options.to / f"{story.name}{'' if language == 'en' else '-ja'}.cast"
                path.write_text(cast.dump(), "utf-8")
                print(
                    f"{path.name}  {cast.events[-1].at:.0f} s  {path.stat().st_size / 1e3:.0f} kB", flush=True
                )


if __name__ == "__main__":
    main()
