import json


def json_object(text: str | bytes) -> dict[str, object] | None:
    if text[:1] not in ("{", b"{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
