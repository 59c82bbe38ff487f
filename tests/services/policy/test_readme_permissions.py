import re
from pathlib import Path

from services.policy.documents import document
from services.runbook.loader import load_builtin
from tests.services.policy.iam import allowed_actions
from tui.panel_registry import PANELS

README = Path(__file__).parents[3] / "README.md"
UNLISTED = {"sts"}
"""Needs no permission, or one of the person's own."""
_SERVICE = re.compile(r"(?:^|(?<= ))([a-z0-9][a-z0-9-]*):\s")
_ACTION = re.compile(r"\b[A-Z][a-z]+(?:[A-Z]+[a-z0-9]*)+s?\b")


def listed_actions(text: str) -> set[str]:
    """Each action of a list such as `logs: FilterLogEvents, StopQuery (…)`, whose lines may be continued."""
    actions, service = set(), ""
    for line in re.sub(r"\([^)]*\)", "", text).splitlines():
        _before, *parts = _SERVICE.split(f"{service}: {line}")
        for service, names in zip(parts[::2], parts[1::2], strict=True):
            actions |= {f"{service}:{name}" for name in _ACTION.findall(names)}
    return actions


def test_the_readme_lists_what_the_policy_for_reading_allows():
    section = README.read_text("utf-8").partition("\n## Permissions\n")[2]
    listed = {
        action
        for action in listed_actions(section.split("```")[1])
        if action.partition(":")[0] not in UNLISTED
    }
    calls = tuple(call for panel in PANELS for call in panel.calls)
    allowed = {
        action
        for action in allowed_actions(document("read", load_builtin("facility-prod"), panels=calls))
        if action.partition(":")[0] not in UNLISTED
    }
    assert listed == allowed
