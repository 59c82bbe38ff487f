"""The smallest runbook that is one, and what is wrong with it once more stands behind it."""

from services.runbook.loader import RunbookError, loads

SYSTEM = """version = 1
[system]
id = "other"
title = "別のシステム"
environment = "staging"
account = "210987654321"
region = "ap-northeast-1"
"""


def mistakes(text: str, system: str = SYSTEM) -> dict[str, str]:
    try:
        loads(system + text)
    except RunbookError as error:
        return {each.key: each.message for each in error.mistakes}
    return {}
