from collections.abc import Iterator

import pytest

from tests.tools.slack_server import SlackServer


@pytest.fixture(scope="module")
def one_server() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def server(one_server: SlackServer) -> SlackServer:
    """A stand-in for Slack in which nothing was posted yet."""
    one_server.reset()
    return one_server
