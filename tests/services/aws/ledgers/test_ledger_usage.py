import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.prices import (
    USD_PER_DYNAMODB_READ,
    USD_PER_DYNAMODB_WRITE,
    USD_PER_S3_GET,
    USD_PER_S3_LIST,
    USD_PER_S3_PUT,
)
from services.journal.ledgers.registry import parse
from services.journal.place import JournalPlace
from tests.faults.server import answer

USD_JPY = 150.0


@pytest.fixture
def meter(clock):
    return UsageMeter(clock, usd_jpy=USD_JPY)


def place(server, scheme, tmp_path):
    address = parse(f"{scheme}://toban-journal?region=ap-northeast-1&endpoint_url={server.url}")
    return JournalPlace("facility-prod", tmp_path / "copy.db", address)


def dollars(meter):
    return meter.yen_today / USD_JPY


async def test_puts_are_charged_by_the_kilobyte_and_polls_as_one_unit(server, clock, meter, tmp_path):
    server.by_operation({"PutItem": answer({}), "Query": answer({"Items": []})})
    ledger = place(server, "dynamodb", tmp_path).ledger(clock, meter)
    await ledger.put(1, b"{}")
    await ledger.put(2, b"x" * 3000)
    for _poll in range(5):
        await ledger.read(2)
    await ledger.close()
    assert {row.name: row.calls for row in meter.snapshot().rows} == {
        "dynamodb.PutItem": 2,
        "dynamodb.Query": 5,
    }
    assert dollars(meter) == pytest.approx((1 + 3) * USD_PER_DYNAMODB_WRITE + 5 * USD_PER_DYNAMODB_READ)


async def test_a_month_of_polls_costs_what_it_costs(clock, meter):
    # A request's price is below a millionth of a dollar, so nothing may be rounded to that.
    for _poll in range(1000):
        meter.count("dynamodb", "Query")
        meter.count("s3", "GetObject")
        meter.count("s3", "PutObject")
        meter.count("s3", "ListObjectsV2")
    price = USD_PER_DYNAMODB_READ + USD_PER_S3_GET + USD_PER_S3_PUT + USD_PER_S3_LIST
    assert dollars(meter) == pytest.approx(1000 * price)
