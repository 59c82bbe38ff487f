from datetime import timedelta
from pathlib import Path

import pytest

from services.aws.client.allowed_operations import READS
from services.aws.client.errors import AwsError, Refused
from services.models.aws_calls import aws_call
from tests.services.report.ledger import Ledger
from tests.tui.cli.mcp.client import written
from tui.start_options import StartOptions
from tui.startup.reading import reads_only

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)
BOOK = Path("services/runbook/facility-prod.toml")
STREAM = {"logGroupName": "/toban/journal", "logStreamName": "facility-prod"}


def with_everything(tmp_path: Path) -> StartOptions:
    """A system whose console may append to a log stream, and has a role for writing."""
    book = tmp_path / "book.toml"
    book.write_text(
        BOOK.read_text("utf-8")
        + f'\n[journal]\nlog_group = "{STREAM["logGroupName"]}"\nlog_stream = "{STREAM["logStreamName"]}"\n',
        "utf-8",
    )
    config = tmp_path / "config.toml"
    config.write_text('[arming]\nrole_arn = "arn:aws:iam::123456789012:role/toban-write"\n', "utf-8")
    return StartOptions(runbook=str(book), config=str(config), journal=str(tmp_path / "journal.db"))


def journals(folder: Path) -> list[Path]:
    return list(folder.glob("*.db*"))


async def test_no_write_can_be_had(embedded, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded.url)
    async with reads_only(with_everything(tmp_path)) as services:
        session = services.session
        assert session.write_role is None
        with pytest.raises(Refused, match="read-only"):
            await services.engine.arm("a try", timedelta(minutes=5))
        assert services.engine.permits.armed is None
        call = aws_call("ecs", "UpdateService", services.region, {"service": "staff-api"})
        with pytest.raises(Refused, match="read-only"):
            services.engine.permits.issue(call, str(services.runbook.system.account))
        appended = {"logEvents": [{"timestamp": 0, "message": "x"}], **STREAM}
        for service, operation, params in (
            ("logs", "PutLogEvents", appended),
            ("ecs", "UpdateService", {"service": "staff-api"}),
        ):
            assert (service, operation) not in READS
            with pytest.raises(AwsError, match="read-only"):
                await session.read(service, operation, **params)
    assert written(embedded) == set()
    assert journals(tmp_path) == []


async def test_a_preview_needs_a_journal_to_read_and_none_to_write(embedded_now, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded_now.url)
    ledger = Ledger(tmp_path / "journal.db")
    ledger.began("2026-01-06 09:00")
    before = ledger.path.read_bytes()
    parameters = {"max": "10", "revert": "duty", "revert_at": "2030-01-07 17:00"}
    async with reads_only(StartOptions(journal=str(ledger.path))) as services:
        preview = await services.engine.plan("task-limit", "staff-api", parameters, is_preview=True)
        assert not any("journal" in refusal for refusal in preview.refusals)
        assert preview.steps
        plan = await services.engine.plan("task-limit", "staff-api", parameters)
        assert "Without the journal nothing can be changed" in plan.refusals[-1]
    assert ledger.path.read_bytes() == before
    assert written(embedded_now) == set()
