import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.client.write_grants import NOWHERE, AppendTarget
from services.clock import ManualClock
from tests.faults.server import FaultServer, fault_server
from tests.faults.time_limits import TimeLimits

NOW = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)


@pytest.fixture
def aws_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name)
    folder = tmp_path / ".aws"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFIRST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-tests")
    return folder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> TimeLimits:
    return TimeLimits(monkeypatch)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with fault_server() as running:
        yield running


@pytest.fixture
async def open_session(
    aws_home: Path, server: FaultServer, clock: ManualClock
) -> AsyncIterator[Callable[..., AwsSession]]:
    sessions: list[AwsSession] = []

    def make(
        *, meter: UsageMeter | None = None, wall: Any = None, journal: AppendTarget = NOWHERE, **settings: Any
    ) -> AwsSession:
        settings = {"region": "ap-northeast-1", "endpoint_url": server.url, **settings}
        session = AwsSession(
            AwsSettings(**settings), clock=clock, meter=meter or UsageMeter(clock), wall=wall, journal=journal
        )
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        await session.close()


@pytest.fixture
def session(open_session: Callable[..., AwsSession]) -> AwsSession:
    return open_session()
