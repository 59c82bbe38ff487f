"""The generated parts of the documentation's pages, and the man pages: `update` writes them, `check` fails where they differ.

    python -m tests.tools.docs update
    python -m tests.tools.docs check

A part stands between `<!-- part: NAME -->` and `<!-- end -->`. What the code has in English only is translated in
japanese.toml beside this file.
"""

import sys

from tests.tools.docs import pages
from tests.tools.man import page as manual


def main() -> int:
    """The command."""
    if sys.argv[1:] == ["update"]:
        pages.update()
        manual.update()
    errors = [*pages.mistakes(), *(f"{path}: run `make docs-tables`" for path in manual.stale())]
    print("\n".join(errors) or "the pages say what the code says")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
