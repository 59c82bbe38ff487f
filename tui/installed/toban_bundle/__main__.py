"""What Python runs of a bundle: it lies at the archive's root, and any Python can read it, also Python 2."""

import os
import sys

if sys.version_info < (3, 6):
    sys.exit("Toban needs Python 3.11 or newer; run: python3 " + sys.argv[0])
if os.name != "posix":
    sys.exit(
        "Toban runs on Linux and macOS. On Windows, use WSL: https://learn.microsoft.com/windows/wsl/install"
    )
if os.environ.get("PYTHONPATH") and sys.executable and not sys.flags.isolated:
    # Any folder in it comes before the standard library, and an empty entry is the current folder: modules that somebody
    # laid there must not run, least of all as root.
    os.execv(sys.executable, [sys.executable, "-I"] + sys.argv)  # noqa: RUF005  Python 2 reads this file

from toban_bundle.installer import main

sys.exit(main())
