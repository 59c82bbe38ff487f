"""The AWS CLI's spelling of the API's names: `DescribeDBInstances` is `describe-db-instances`.

A test compares it with the SDK's own for every operation and parameter that the console uses.
"""

import re
from functools import cache

_PLURAL = re.compile(r"[A-Z]{2,}s$")
_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_END = re.compile(r"([a-z0-9])([A-Z])")
_ONE_WORD = (("OAuth", "Oauth"), ("OTel", "Otel"))
_SERVICES = {"s3": "s3api"}
"""Services whose operations have another name in the CLI; `aws s3` itself is the high-level command."""


@cache
def kebab(name: str) -> str:
    """An operation or a parameter as the CLI spells it."""
    for written, read in _ONE_WORD:
        name = name.replace(written, read)
    if plural := _PLURAL.search(name):
        name = f"{name[: plural.start()]}-{plural[0].lower()}"
    return _END.sub(r"\1-\2", _WORD.sub(r"\1-\2", name)).lower()


def cli_service(service: str) -> str:
    """A service, given as the SDK names it."""
    return _SERVICES.get(service, service)
