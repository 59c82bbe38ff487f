"""The code of today, run through the sessions of the old journal, writes entries with the same keys and claims."""

import pytest

from services.journal.export import export
from services.models.journal import EntryQuery
from tests.tools.stable import golden, merge_additions, write_journal
from tests.tools.stable_shapes import entries


@pytest.mark.slow
def test_the_same_sessions_write_the_same_entries(tmp_path):
    folder = tmp_path / "journals"
    folder.mkdir(mode=0o700)
    write_journal(folder / "journal.db")
    export(folder / "journal.db", EntryQuery(), tmp_path / "export.jsonl")
    lines = (tmp_path / "export.jsonl").read_text("utf-8").splitlines()
    written = entries(lines)
    # Older versions read past keys that they do not know.
    assert merge_additions(golden("entries.json"), written) == written
