"""A runbook with one alarm and one duty, so that a day can be all normal."""

_TEXT = """version = 1
[system]
id = "{id}"
title = "{title}"
environment = "test"
account = "123456789012"
region = "ap-northeast-1"
[[alarms]]
name = "cpu-high"
title = "CPU"
[[duties]]
id = "evening"
title = "夕方の確認"
rule = "FREQ=DAILY"
at = ["17:00"]
inspections = ["alarms"]
"""


def small_runbook(id: str, title: str) -> str:
    """The runbook's TOML for a system of this id and title."""
    return _TEXT.format(id=id, title=title)
