import time

from services.logs.masking.mask import Masker
from tests.bench.rows import Row, against

GROUP = "masking"
SIZE = 32_000
LIMIT = 50.0  # Milliseconds for one line
UNITS = (
    *("password ", 'password="', "password: ", '"password":', "password=>", "パスワードは「", "http://a:", "eyJ", "a:b@"),
    *('\\"', '"', "'\"", "{", "(", "<password>", "&quot;", "%22", "%25", "\\u0022", "Authorization: Bearer ", "漢"),
    *('{"name":"password","value":', "password\t", "a,password\na,b\n", "mysql -p", "-----BEGIN PRIVATE KEY-----"),
)  # fmt: skip


def run(quick: bool) -> list[Row]:
    masker = Masker()
    masker.masked("password=x")
    slowest = max((_milliseconds(masker, unit), unit) for unit in UNITS)
    figure = f"a line of 32 kB of {slowest[1]!r}"
    return [against(GROUP, figure, slowest[0], "ms", "limit", LIMIT, "<= 1")]


def _milliseconds(masker: Masker, unit: str) -> float:
    line = (unit * SIZE)[:SIZE]
    began = time.process_time()
    masker.masked(line)
    return 1000 * (time.process_time() - began)
