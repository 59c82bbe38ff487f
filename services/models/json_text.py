"""JSON objects in log lines."""

import json


def json_object(text: str | bytes) -> dict[str, object] | None:
    """The JSON object that a whole line is; None for any other line."""
    if text[:1] not in ("{", b"{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
