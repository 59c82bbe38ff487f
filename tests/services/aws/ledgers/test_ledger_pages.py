"""A read of large records ends early, so that a thousand of the largest are never in memory at once."""

from services.aws.ledgers.bucket import LedgerBucket, LedgerFolder
from services.aws.ledgers.table import LedgerPartition, LedgerTable

LARGE, MOST_BYTES = 1 << 20, 16 << 20
LEDGER = "facility-prod"


class Endless:
    def __init__(self):
        self.asked: list[str] = []

    async def append(self, *_params, **_options):
        raise AssertionError

    async def read(self, _service, operation, /, **params):
        self.asked.append(operation)
        if operation == "Query":
            seq = int(params["ExpressionAttributeValues"][":after"]["N"]) + 1
            key = {"ledger": {"S": LEDGER}, "seq": {"N": str(seq)}}
            return {"Items": [{**key, "record": {"S": "x" * LARGE}}], "LastEvaluatedKey": key}
        if operation == "ListObjectsV2":
            first = int(params["StartAfter"].rpartition("/")[2].removesuffix(".json")) + 1
            numbers = range(first, first + params["MaxKeys"])
            keys = [{"Key": f"{LEDGER}/{seq:012d}.json", "Size": LARGE} for seq in numbers]
            return {"Contents": keys, "IsTruncated": True}
        return {"Body": b"x" * LARGE}


async def test_a_read_of_a_table_ends_early():
    session = Endless()
    records = await LedgerTable(session, LedgerPartition("toban-journal", LEDGER)).after(6, 1000)
    assert [seq for seq, _record in records] == list(range(7, 7 + MOST_BYTES // LARGE))
    assert len(session.asked) == len(records)


async def test_a_read_of_a_bucket_ends_early():
    session = Endless()
    records = await LedgerBucket(session, LedgerFolder("toban-journal", "", LEDGER)).after(6, 1000)
    assert [seq for seq, _record in records] == list(range(7, 7 + MOST_BYTES // LARGE))
    assert session.asked.count("GetObject") == len(records)
