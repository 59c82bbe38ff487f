"""`python -m tests.tools.man update` writes the man pages; `check` fails where they are not those of the registries."""

import sys

from tests.tools.man.page import stale, update

if sys.argv[1:] == ["update"]:
    update()
paths = stale()
print(
    "\n".join(f"{path}: run `make readme`" for path in paths) or "the man pages are those of the registries"
)
sys.exit(1 if paths else 0)
