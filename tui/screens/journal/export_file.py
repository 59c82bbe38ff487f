"""Saving the filtered journal as a file of JSON lines."""

import asyncio
import sqlite3
from pathlib import Path

from services.host.private_files import make_folder
from services.host.state_files import stamped_name, state_folder
from services.i18n import _, plural
from services.journal.export import export
from services.journal.problems import UnusableJournal
from services.logs.masking.mask import Masker
from services.models.journal import EntryQuery
from services.models.text import clean
from widgets.frame.message_line import LineMessage


async def save(journal: Path, query: EntryQuery, masker: Masker) -> LineMessage:
    """Write the matching entries without secrets, oldest first, in a thread; the message says where they are, or why they are not."""
    path = state_folder("exports") / stamped_name("journal", ".jsonl")
    path_text = clean(path)

    def write() -> int:
        make_folder(path.parent)
        return export(journal, query, path, masker)

    try:
        count = await asyncio.to_thread(write)
    except (OSError, sqlite3.Error, UnusableJournal) as error:
        why = _("The entries cannot be saved to {path}: {reason}")
        return LineMessage(why.format(path=path_text, reason=clean(error)), "warning")
    words = plural("{count} entry was saved to {path}", "{count} entries were saved to {path}", count)
    return LineMessage(words.format(count=f"{count:,}", path=path_text))
