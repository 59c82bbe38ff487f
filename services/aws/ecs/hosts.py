"""Which hosts the value of an environment variable names; nothing else of it is kept.

A value may be a secret, so a part counts only where it can be nothing but a host: what is ambiguous names none.
"""

import re

MOST = 10
"""Most hosts of one value."""
_LONGEST = 4096
_SECRET = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
_HOST = re.compile(r"(HOST|HOSTNAME|ENDPOINT|ADDR|ADDRESS|BROKER|SERVER|NODE)S?", re.IGNORECASE)
"""The last word of a name whose value is a host, though it has no scheme."""
_VALUE = re.compile(
    r"((?P<scheme>[a-z][a-z0-9+.:-]*://)(?P<user>[^/?#]*@)?)?(?P<hosts>[\w.,: -]+)(?P<rest>[/?#][^@]*)?",
    re.IGNORECASE,
)
"""A user's password may contain a slash: an @ further on makes all of it ambiguous."""
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_PLACE = re.compile(rf"({_LABEL}(?:\.{_LABEL}){{0,30}})\.?(:\d{{1,5}})?")


def hosts_of(name: str, value: str) -> tuple[str, ...]:
    """`host` or `host:port` of each host that the value of this variable names, without repetition."""
    parts = _VALUE.fullmatch(value.strip()) if len(value) <= _LONGEST else None
    if parts is None or _SECRET.search(name):
        return ()
    if not parts["scheme"] and (parts["rest"] or not _HOST.search(re.split(r"_", name)[-1])):
        return ()
    places = [_PLACE.fullmatch(text.strip()) for text in parts["hosts"].split(",")]
    # `scheme://user:1234`, which lacks its host, looks like a host with its port.
    is_host = not parts["scheme"] or parts["user"] or parts["rest"]
    hosts = (f"{each[1].lower()}{each[2] or ''}" for each in places if each and (is_host or "." in each[1]))
    return tuple(dict.fromkeys(hosts))[:MOST]
