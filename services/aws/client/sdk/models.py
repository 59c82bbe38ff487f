"""Loads the SDK's API models in a thread with a faster decoder; the SDK takes 70 ms for five services."""

import gzip
import os
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any

import orjson
from botocore.loaders import JSONFileLoader, Loader, instance_cache

from services.aws.client.sdk.garbage import no_collection


class ModelFiles(JSONFileLoader):
    """Decodes with orjson, in a third of the SDK's time."""

    def load_file(self, file_path: str) -> Any:
        """The content of `file_path` with the suffix `.json` or `.json.gz`; None if there is no such file."""
        for suffix, opened in ((".json", open), (".json.gz", gzip.open)):
            try:
                with opened(file_path + suffix, "rb") as file:
                    return orjson.loads(file.read())
            except FileNotFoundError:
                continue
        return None


class ModelLoader(Loader):
    FILE_LOADER_CLASS = ModelFiles

    @instance_cache
    def list_available_services(self, type_name: str) -> list[str]:
        """The service directories; the SDK would also list the contents of all four hundred."""
        return sorted(
            {name for path in self.search_paths if os.path.isdir(path) for name in os.listdir(path)}
        )


@cache
def shared_loader() -> ModelLoader:
    """The loader of all sessions of this process: a console of fifty systems holds each API model once."""
    return ModelLoader()


_READING = threading.Lock()
"""Serializes loading: two readers of one file would both decode it, and the GIL allows no parallel decoding."""


def load_models(loader: Loader, services: Iterable[str]) -> None:
    """Load the API models of `services` into `loader`, which caches them; run it in a thread."""
    for name in ("_retry", "endpoints", "partitions", "sdk-default-configuration"):
        with _READING:
            loader.load_data_with_path(name)
    for service in services:
        for kind in ("service-2", "endpoint-rule-set-1"):
            with _READING:
                loader.load_service_model(service, kind)


def warm_up(loader: Loader, services: Iterable[str]) -> None:
    """`load_models` at startup, with garbage collection off so that it does not traverse the growing models."""
    with no_collection():
        load_models(loader, services)
