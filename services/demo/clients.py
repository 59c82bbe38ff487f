"""boto3 clients of a world: botocore checks each request, and the handler of the front carries it out in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.session import Session
from moto.core import loaders, utils

from services.demo import names
from services.demo.account import ACCOUNT, REGION
from services.demo.registry import HANDLERS, Call, WorldView

_WORLD: ContextVar[WorldView] = ContextVar("_WORLD")
_LOADER = loaders.create_loader()
# A service's model takes long to read: once for the clients, and for moto behind the front.
utils.create_loader = lambda: _LOADER


@contextmanager
def of(world: WorldView) -> Iterator[None]:
    """Within it, requests of the clients are put to this world."""
    token = _WORLD.set(world)
    try:
        yield
    finally:
        _WORLD.reset(token)


@cache
def client(service: str) -> Any:
    """A client that signs with the deployments' key; it asks the world of `of`."""
    core = Session()
    core.register_component("data_loader", _LOADER)
    session = boto3.Session(names.USER_KEY, "demo", region_name=REGION, botocore_session=core)
    sdk_client = session.client(service, endpoint_url="http://embedded-aws")

    def keep(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params

    def carry_out(model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        world = _WORLD.get()
        call = Call(service, model.name, context["asked"], REGION, ACCOUNT, world, names.USER_KEY)
        return SimpleNamespace(status_code=200), HANDLERS[service, model.name](call)

    sdk_client.meta.events.register("before-parameter-build", keep)
    sdk_client.meta.events.register("before-call", carry_out)
    return sdk_client
