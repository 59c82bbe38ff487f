"""Where the tests put ledgers: one class an engine, each with a real server of its own behind it."""

import itertools
import json
import socket
from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import Any

import botocore.session
import pytest

from services.clock import Clock, SystemClock
from services.journal.ledger import Ledger
from services.journal.ledgers.registry import open_ledger, parse
from services.journal.ledgers.tables import printed_table
from tests.conftest import REGION
from tests.tools.moto_server import EmulatorServer, ministack_program, moto_server
from tests.tools.postgresql import PostgresqlServer

_names = itertools.count()


class Place(ABC):
    name: str

    def __init__(self) -> None:
        self.stack = ExitStack()
        try:
            self.set_up()
        except BaseException:
            self.stack.close()
            raise

    @abstractmethod
    def set_up(self) -> None:
        """Start the server, which ends with `stack`, and create the place."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Of the place for ledgers, as the console signs in there."""

    @property
    @abstractmethod
    def missing(self) -> str:
        """Of a place that nobody created, on the same server."""

    @property
    @abstractmethod
    def unreachable(self) -> str:
        """Of a server that is not there."""

    def ledger(self, name: str = "", *, address: str = "", clock: Clock | None = None) -> Ledger:
        """A ledger opened anew, as another console would; a new one without a name."""
        return open_ledger(parse(address or self.address), name or self.new_name(), clock or SystemClock())

    def new_name(self) -> str:
        return f"system-{next(_names)}"


class PostgresqlPlace(Place):
    """A database whose table was created by the printed statements, used with the rights that they grant."""

    name = "postgresql"

    def set_up(self) -> None:
        self.server = self.stack.enter_context(PostgresqlServer())
        self.server.sql("CREATE ROLE toban LOGIN; CREATE DATABASE empty;")
        self.server.sql(printed_table(self.address))

    @property
    def address(self) -> str:
        return self.server.address(user="toban", options="poll=0.1")

    @property
    def missing(self) -> str:
        return self.server.address("empty", user="toban")

    @property
    def unreachable(self) -> str:
        return f"postgresql://toban@127.0.0.1:{closed_port()}/postgres"


class AwsPlace(Place):
    """A table or a bucket as the printed CloudFormation template has it, on an emulator."""

    scheme: str
    place = "toban-journal"

    def set_up(self) -> None:
        self.server = self.stack.enter_context(self.emulator())
        self.create(json.loads(printed_table(self.address))["Resources"])

    def emulator(self) -> EmulatorServer:
        return moto_server()

    @abstractmethod
    def create(self, resources: dict[str, Any]) -> None:
        """Create what the template describes; moto's CloudFormation needs libraries that the project does not have."""

    def client(self, service: str) -> Any:
        """A client of the SDK, without any of the console's gates."""
        session = botocore.session.Session()
        session.set_credentials("AKIATESTTESTTESTTEST", "test")
        return session.create_client(service, region_name=REGION, endpoint_url=self.server.url)

    @property
    def address(self) -> str:
        return self._address(self.place)

    @property
    def missing(self) -> str:
        return self._address("toban-elsewhere")

    @property
    def unreachable(self) -> str:
        return f"{self.scheme}://{self.place}?region={REGION}&endpoint_url=http://127.0.0.1:{closed_port()}"

    def _address(self, place: str) -> str:
        return f"{self.scheme}://{place}?region={REGION}&endpoint_url={self.server.url}&poll=0.1"


class DynamodbPlace(AwsPlace):
    name = scheme = "dynamodb"

    def create(self, resources: dict[str, Any]) -> None:
        properties = resources["JournalTable"]["Properties"]
        recovery = properties.pop("PointInTimeRecoverySpecification")
        properties["SSESpecification"] = {"Enabled": properties["SSESpecification"]["SSEEnabled"]}
        client = self.client("dynamodb")
        client.create_table(**properties)
        client.update_continuous_backups(
            TableName=properties["TableName"], PointInTimeRecoverySpecification=recovery
        )


class SecondDynamodbPlace(DynamodbPlace):
    """A table of an emulator that shares no code with moto."""

    name = "dynamodb-ministack"

    def emulator(self) -> EmulatorServer:
        return second_emulator()


class S3Place(AwsPlace):
    name = scheme = "s3"
    place = "toban-journal/kept/here"

    def create(self, resources: dict[str, Any]) -> None:
        properties = resources["JournalBucket"]["Properties"]
        client = self.client("s3")
        client.create_bucket(
            Bucket=properties["BucketName"],
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectLockEnabledForBucket=properties["ObjectLockEnabled"],
        )
        client.put_object_lock_configuration(
            Bucket=properties["BucketName"], ObjectLockConfiguration=properties["ObjectLockConfiguration"]
        )


class SecondS3Place(S3Place):
    """A bucket of the second emulator."""

    name = "s3-ministack"

    def emulator(self) -> EmulatorServer:
        return second_emulator()


def second_emulator() -> EmulatorServer:
    """An emulator that shares no code with moto; skips the test where it is not installed."""
    program = ministack_program()
    if program is None:
        pytest.skip("ministack is not installed: make emulators")
    return EmulatorServer((str(program),), {"GATEWAY_PORT": "{port}", "BIND_HOST": "127.0.0.1"})


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PLACES: dict[str, type[Place]] = {
    place.name: place
    for place in (PostgresqlPlace, DynamodbPlace, SecondDynamodbPlace, S3Place, SecondS3Place)
}
