"""Two ways lead to AWS, the SDK's client and the first reads, and each passes the tests of refusals, limits and faults."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NETWORK = {
    "socket",
    "ssl",
    "http",
    "urllib",
    "aiohttp",
    "httpx",
    "requests",
    "urllib3",
    "asyncio.streams",
    "telnetlib",
}
MAY_CONNECT = {
    "services/aws/client/direct/connections.py": "the first reads",
    "services/aws/client/direct/requests.py": "the TLS context of these",
    "services/aws/client/sdk/error_outcome.py": "names the errors of connections",
    "services/aws/client/sdk/error_translation.py": "names the errors of connections",
    "services/aws/client/single_attempt.py": "the SDK's own session",
}
"""Files below `services/aws` that touch what can open a connection, and why."""


def test_only_two_ways_lead_to_aws() -> None:
    """Another way would not be among SENDERS, whose refusals and limits are tested."""

    def connecting(path: Path) -> set[str]:
        modules: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules |= {f"{node.module}.{alias.name}" for alias in node.names}
        harmless = ("urllib.parse", "urllib.request.getproxies")
        own = {
            name for name in modules if name.partition(".")[0] in NETWORK and not name.startswith(harmless)
        }
        return own | {
            name for name in modules if name.startswith(("botocore.httpsession", "aiobotocore.httpsession"))
        }

    files = {
        str(path.relative_to(ROOT)) for path in (ROOT / "services/aws").rglob("*.py") if connecting(path)
    }
    assert files == set(MAY_CONNECT)


def test_a_sender_has_no_other_way_in_than_the_session() -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "services/aws").rglob("*.py")
        if re.search(r"\b(DirectSender|Connections|Exchange)\(", path.read_text("utf-8"))
    }
    assert users == {
        "services/aws/client/direct/sender.py",
        "services/aws/client/session.py",
    }
