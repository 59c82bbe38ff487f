"""What is read is judged, or stands on the published list of what is read and not judged (docs: Inspections)."""

from collections import Counter

import pytest

from tests.tools.docs.members import judged, listed, table
from tests.tools.kept_members import members, models
from tests.tools.member_trials import tried


def test_every_member_that_a_reader_keeps_is_judged_or_listed_once():
    in_readers, twice = (
        members(),
        [name for name, count in Counter([*judged(), *listed()]).items() if count > 1],
    )
    assert len(models()) > 80
    assert not twice
    assert in_readers - judged() - set(listed()) == set(), (
        "judge it, or list it: python -m tests.tools.member_trials"
    )
    assert {*judged(), *listed()} - in_readers == set(), "no reader keeps it any more"
    assert all(group["en"] and group["ja"] and group["members"] for group in table()["listed"])


@pytest.mark.slow
async def test_every_bad_value_of_what_is_judged_changes_a_verdict_or_a_sentence(capsys):
    result = await tried(members())
    with capsys.disabled():
        print(
            f"\n{len(members())} members: {len(result)} change a verdict or a sentence, {len(listed())} are listed"
        )
    assert judged() - result.keys() == set(), "no longer judged"
    assert result.keys() & set(listed()) == set(), "judged by now: take it off the list"
