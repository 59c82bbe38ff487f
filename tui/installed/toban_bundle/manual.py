"""The man pages, linked to where `man` looks for those of a command: `share/man` beside its folder `bin`."""

import os
from contextlib import suppress

from .folders import MARK, make_link

PAGES = ("share/man/man1/toban.1", "share/man/ja/man1/toban.1")
"""In an installation, and beside a folder `bin`."""


def link_pages(folder: str, link: str) -> None:
    """Make the pages beside the command `link` lead to those of the installation in `folder`.

    Another program's pages stay, and a failure is left alone: Toban runs without them.
    """
    bin_folder = os.path.dirname(link)
    for page in PAGES if os.path.basename(bin_folder) == "bin" else ():
        path = os.path.join(os.path.dirname(bin_folder), page)
        if _is_own(path, page) or not os.path.exists(path):
            with suppress(OSError):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                make_link(os.path.join(folder, page), path)


def _is_own(path: str, page: str) -> bool:
    folder = os.path.realpath(path)[: -len(page)]
    return os.path.islink(path) and os.path.exists(os.path.join(folder, MARK))
