import ast
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
    "services/aws/client/sdk/role_sessions.py": "names the errors of connections",
    "services/aws/client/sdk/error_translation.py": "names the errors of connections",
    "services/aws/client/single_attempt.py": "the SDK's own session",
}


def test_only_the_sdk_leads_to_aws():
    def connecting(path):
        modules: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules |= {f"{node.module}.{alias.name}" for alias in node.names}
        own = {
            name
            for name in modules
            if name.partition(".")[0] in NETWORK and not name.startswith("urllib.parse")
        }
        return own | {
            name for name in modules if name.startswith(("botocore.httpsession", "aiobotocore.httpsession"))
        }

    files = {
        str(path.relative_to(ROOT)) for path in (ROOT / "services/aws").rglob("*.py") if connecting(path)
    }
    assert files == set(MAY_CONNECT)
