"""Which hosts the value of an environment variable names; nothing else of it is kept.

A value may be a secret, so a part counts only where it can be nothing but a host: what is ambiguous names none.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address

MOST = 10
"""Most hosts of one value."""
_LONGEST = 4096
_SECRET = frozenset(
    {"APIKEY", "CREDENTIAL", "CREDENTIALS", "KEY", "PASS", "PASSWD", "PASSWORD", "PWD", "SECRET", "TOKEN"}
)
"""Words of a name whose value is not looked into."""
_HOST = frozenset(
    {"ADDR", "ADDRESS", "BROKER", "BROKERS", "CACHE", "DOMAIN", "ENDPOINT", "ENDPOINTS", "HOST", "HOSTNAME"}
    | {"HOSTS", "NODE", "NODES", "SERVER", "SERVERS", "URI", "URL", "URLS"}
)
"""Words of a name whose value is a host, though it has no scheme."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_PLACE = re.compile(rf"(?P<host>{_LABEL}(?:\.{_LABEL})*)\.?(?::(?P<port>\d{{1,5}}))?")
_OWN_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".internal", ".local")


def hosts_of(name: str, value: str) -> tuple[str, ...]:
    """`host` or `host:port` of each host that the value of this variable names, without repetition."""
    words = {word.upper() for word in _WORDS.findall(name)}
    if words & _SECRET or len(value) > _LONGEST:
        return ()
    return tuple(dict.fromkeys(_hosts(value.strip(), is_named=bool(words & _HOST))))[:MOST]


def _hosts(value: str, *, is_named: bool) -> Iterator[str]:
    _scheme, slashes, rest = value.partition("://")
    if slashes:
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        # A user's password may contain a slash; then what follows the @ may be the rest of it.
        if "@" in rest[len(authority) :]:
            return
        places = authority.rpartition("@")[2]
    else:
        places = value
    for text in places.split(","):
        place = _PLACE.fullmatch(text.strip())
        if place is None or len(place["host"]) > 253:
            continue
        host = place["host"].lower()
        is_host = is_named or (_is_address(host) or host.endswith(_OWN_SUFFIXES))
        # `user:1234` without a host looks like a host with its port.
        if is_host or (slashes and ("." in host or "@" in authority)):
            yield f"{host}:{place['port']}" if place["port"] else host


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
