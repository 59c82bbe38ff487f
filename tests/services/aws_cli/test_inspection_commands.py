import asyncio
from datetime import timedelta

import botocore.session
import pytest
from botocore.config import Config

from services.aws.client.allowed_operations import READS
from services.aws.client.settings import AwsSettings
from services.aws_cli.shell import argv
from services.inspections.registry import INSPECTIONS, make
from services.models.metrics import TimeSpan
from services.runbook.loader import load_builtin
from tests.conftest import REGION
from tests.services.aws_cli.read_back import read_back
from tests.services.inspections.running_world import context

HOURS = 3


async def commands_of(embedded, id, runbook=None):
    async with context(embedded, runbook=runbook) as inspected:
        now = embedded.clock.now()
        span = TimeSpan(start=now - timedelta(hours=HOURS), end=now)
        return list(make(inspected, id).cli_commands(span))


class Shell:
    def __init__(self, embedded):
        self.embedded = embedded
        self.variables: dict[str, str] = {}
        self.settings = AwsSettings(endpoint_url=embedded.url)
        self._session = botocore.session.Session()

    def run(self, command):
        variable, values = command.repeats
        printed = []
        for value in values or ("",):
            self.variables |= {variable: value} if variable else {}
            request = read_back(argv(command, self.settings, REGION), self.variables)
            request.check()
            answer = self._answer(request)
            while answer.get("QueryExecution", {}).get("Status", {}).get("State") in ("QUEUED", "RUNNING"):
                answer = self._answer(request)
            printed.append(request.printed(answer))
        if command.stores:
            assert isinstance(printed[0], str), f"nothing to store in {command.stores}"
            self.variables[command.stores] = printed[0]
            # A query needs a moment of the world's time.
            self.embedded.advance(60)
        return printed

    def _answer(self, request):
        client = self._session.create_client(
            request.service,
            region_name=request.options["--region"],
            endpoint_url=request.options["--endpoint-url"],
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )
        operation = {value: key for key, value in client.meta.method_to_api_mapping.items()}[
            request.operation
        ]
        return getattr(client, operation)(**request.params)


@pytest.mark.parametrize("id", [entry.id for entry in INSPECTIONS])
@pytest.mark.slow
async def test_the_embedded_aws_answers_every_command(embedded, id):
    commands = await commands_of(embedded, id)
    shell = Shell(embedded)
    for command in commands:
        assert not command.writes
        await asyncio.to_thread(shell.run, command)


@pytest.mark.parametrize("id", [entry.id for entry in INSPECTIONS])
async def test_every_command_reads_and_says_what_normal_looks_like(embedded, id):
    commands = await commands_of(embedded, id)
    assert commands, f"{id} has no commands: add `cli_commands`"
    for command in commands:
        names = dict.fromkeys(("QUERY_ID", "WEB_ACL", "ACCESS_KEY", "EVENT", "REGION"), "x")
        request = read_back(argv(command, AwsSettings(), REGION), names)
        assert (request.service, request.operation) in READS
        assert command.purpose
    assert any("ormal" in command.purpose for command in commands)


async def test_a_web_acl_of_cloudfront_is_read_in_its_region(embedded):
    book = load_builtin("facility-prod")
    waf = book.waf.model_copy(update={"scope": "cloudfront", "web_acl": "it's mine"})
    commands = await commands_of(embedded, "waf-blocks", book.model_copy(update={"waf": waf}))
    assert [command.region for command in commands[:3]] == ["us-east-1"] * 3
    assert commands[0].query == "WebACLs[?Name=='it\\'s mine'].ARN|[0]"


async def test_the_sign_ins_show_the_address_that_the_event_contains(embedded):
    commands = await commands_of(embedded, "sign-ins")
    shell = Shell(embedded)
    (lookup,) = [command for command in commands if "AttributeKey=EventSource" in " ".join(command.arguments)]
    month = timedelta(days=30)
    start = embedded.clock.now() - month
    arguments = tuple(
        type(word)(f"{start:%Y-%m-%dT%H:%M:%SZ}") if before == "--start-time" else word
        for before, word in zip(("", *lookup.arguments), lookup.arguments, strict=False)
    )
    printed = await asyncio.to_thread(shell.run, lookup.model_copy(update={"arguments": arguments}))
    events = [event for region in printed for (event,) in region]
    assert events
    assert all('"sourceIPAddress"' in event for event in events)
    assert "us-east-1" in lookup.repeats[1]


@pytest.mark.scenario("forced-patch")
async def test_the_pending_maintenance_has_its_dates(embedded):
    command = (await commands_of(embedded, "maintenance"))[0]
    (rows,) = await asyncio.to_thread(Shell(embedded).run, command)
    assert rows
    assert all(row[0] for row in rows)
