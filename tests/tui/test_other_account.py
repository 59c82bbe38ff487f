import os
from datetime import timedelta
from pathlib import Path

import pytest

from services.demo.sts import Session, SessionStore
from services.inspections.base import InspectionRequest
from services.inspections.registry import offered
from services.models.feeds import Freshness
from services.models.journal import EntryKind
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.tools.console import console, screen_text, until, until_later

HERE, OURS = "123456789012", "210987654321"
pytestmark = pytest.mark.slow


@pytest.mark.scenario("alb-5xx", history=600.0)
async def test_another_account_is_never_shown_or_judged(embedded):
    book = load_builtin("facility-prod")
    book = book.model_copy(update={"system": book.system.model_copy(update={"account": OURS})})
    async with console(embedded.url, embedded.clock, size=(160, 48), runbook=book) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.identity.value)
        for _time in range(3):
            text = screen_text(pilot)
            assert HERE in text
            assert OURS in text
            assert app.alarms.value is None, "no row of theirs is ever shown"
            assert app.alarms.problem.kind is ProblemKind.REFUSED
            assert "ecs-cpu-high" not in text
            failures = app.alarms.failures
            await until_later(
                pilot, embedded, lambda failures=failures: app.alarms.failures > failures, step=30
            )
        now = embedded.clock.now()
        request = InspectionRequest(since=now - timedelta(days=1), until=now)
        for inspection in offered(book):
            finding = await app.services.inspection_runner.run(str(inspection.id), request)
            assert finding.verdict is Verdict.UNKNOWN, finding
        # Its hour is other consoles' to inspect.
        entries = await app.services.journal.entries()
        assert {entry.kind for entry in entries} == {EntryKind.STARTED}, entries


def sign_in(key: str) -> None:
    text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = x\n"
    Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).write_text(text)


async def test_rows_of_before_are_stale_once_somebody_signs_in_elsewhere(embedded, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    sign_in("AKIAOURS")
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        app = pilot.app
        # The embedded AWS answers with our ARNs, whoever signs: what names any is read before.
        await until_later(pilot, embedded, lambda: "ec2.DescribeNetworkAcls" in embedded.counts(), step=30)
        read_at = app.alarms.fetched_at
        arn = f"arn:aws:sts::{OURS}:assumed-role/Reader/toban"
        with embedded.world.lock:
            embedded.world.component(SessionStore).sessions["AKIATHEIRS"] = Session(arn)
            embedded.world.alarms.alarms.clear()
        sign_in("AKIATHEIRS")
        app.services.session.renew()
        await until_later(pilot, embedded, lambda: app.alarms.problem, step=30)
        assert app.alarms.problem.kind is ProblemKind.REFUSED
        assert app.alarms.fetched_at == read_at
        assert app.alarms.freshness(embedded.clock.now()) is Freshness.STALE
        sign_in("AKIAOURSAGAIN")
        app.services.session.renew()
        await until_later(pilot, embedded, lambda: app.alarms.problem is None, step=30)
