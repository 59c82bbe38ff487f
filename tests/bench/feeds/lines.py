"""Log lines for the benchmarks: 300 bytes of JSON, a fifth with Japanese, some carrying a number to look for.

In bunyan's form, which lnav understands as JSON, too.
"""

import hashlib
import json

EVERY = 10
"""Every tenth line carries its number, so that what is on the screen tells how old it is."""

_JAPANESE = "施設予約の受付を完了しました"
_ENGLISH = "reservation accepted and queued for the mailer"


def _template(index: int) -> bytes:
    trace = hashlib.sha256(str(index).encode()).hexdigest()
    fields = {
        "name": "staff-api",
        "hostname": "ip-10-0-3-21",
        "pid": 1,
        "level": 50 if index % 97 == 0 else 40 if index % 31 == 0 else 30,
        "time": "2025-11-25T00:00:00.000Z",
        "v": 0,
        "msg": f"@@@@@@@@@ {_JAPANESE if index % 5 == 0 else _ENGLISH}",
        "traceId": trace,
        "status": 200 if index % 97 else 503,
        "durationMs": index % 900,
    }
    line = json.dumps(fields, ensure_ascii=False).encode()
    return line[:-1] + b', "pad": "' + b"x" * max(0, 300 - len(line) - 12) + b'"}\n'


TEMPLATES = [_template(index) for index in range(1000)]
_PARTS = [line.split(b"@@@@@@@@@") for line in TEMPLATES]
_PLAIN = [line.replace(b"@@@@@@@@@", b"---------") for line in TEMPLATES]


def block(first: int, count: int) -> bytes:
    """Lines `first` to `first + count`; every tenth says its number as `q00000000`."""
    lines = []
    for number in range(first, first + count):
        if number % EVERY:
            lines.append(_PLAIN[number % 1000])
        else:
            head, tail = _PARTS[number % 1000]
            lines.append(b"%bq%08d%b" % (head, number, tail))
    return b"".join(lines)
