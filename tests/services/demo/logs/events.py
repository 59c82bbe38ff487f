from typing import Any

from tests.services.demo.client import ask


async def every(url: str, **params: Any) -> tuple[list[dict[str, Any]], int]:
    """All events of a search, and how many pages it took."""
    events: list[dict[str, Any]] = []
    pages = 0
    token: dict[str, str] = {}
    while True:
        page = await ask(url, "logs", "FilterLogEvents", **params, **token)
        events += page["events"]
        pages += 1
        if "nextToken" not in page:
            return events, pages
        token = {"nextToken": page["nextToken"]}
