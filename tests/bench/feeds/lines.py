"""Lines in bunyan's form for lnav; growing files hold no Japanese, on which lnav 0.12 aborts in seconds."""

import hashlib
import json

EVERY = 4  # Every fourth line carries its number, so that the screen shows how old its newest line is

_JAPANESE = "施設予約の受付を完了しました"
_ENGLISH = "reservation accepted and queued for the mailer"


def _template(index: int, japanese: bool) -> bytes:
    trace = hashlib.sha256(str(index).encode()).hexdigest()
    fields = {
        "name": "staff-api",
        "hostname": "ip-10-0-3-21",
        "pid": 1,
        "level": 50 if index % 97 == 0 else 40 if index % 31 == 0 else 30,
        "time": "2025-11-25T00:00:00.000Z",
        "v": 0,
        "msg": f"@@@@@@@@@ {_JAPANESE if japanese and index % 5 == 0 else _ENGLISH}",
        "traceId": trace,
        "status": 200 if index % 97 else 503,
        "durationMs": index % 900,
    }
    line = json.dumps(fields, ensure_ascii=False).encode()
    return line[:-1] + b', "pad": "' + b"x" * max(0, 300 - len(line) - 12) + b'"}\n'


_LINES = {kind: [_template(index, kind) for index in range(1000)] for kind in (False, True)}
_PARTS = {kind: [line.split(b"@@@@@@@@@") for line in lines] for kind, lines in _LINES.items()}
_PLAIN = {kind: [line.replace(b"@" * 9, b"-" * 9) for line in lines] for kind, lines in _LINES.items()}


def block(first: int, count: int, *, japanese: bool = False) -> bytes:
    parts, plain = _PARTS[japanese], _PLAIN[japanese]
    lines = []
    for number in range(first, first + count):
        if number % EVERY:
            lines.append(plain[number % 1000])
        else:
            head, tail = parts[number % 1000]
            lines.append(b"%bq%08d%b" % (head, number, tail))
    return b"".join(lines)
