"""Reading the SDK's API models: the SDK takes 70 ms for five services, so they are read another way, in a thread."""

import gc
import gzip
import os
import threading
from collections.abc import Iterable
from typing import Any

import orjson
from botocore.loaders import JSONFileLoader, Loader


class ModelFiles(JSONFileLoader):  # type: ignore[misc]  # the SDK ships no types
    """Decodes with orjson, in a third of the time."""

    def load_file(self, file_path: str) -> Any:
        """The content of `file_path` with `.json` or `.json.gz` behind it; None when there is no such file."""
        for suffix, opened in ((".json", open), (".json.gz", gzip.open)):
            try:
                with opened(file_path + suffix, "rb") as file:
                    return orjson.loads(file.read())
            except FileNotFoundError:
                continue
        return None


class ModelLoader(Loader):  # type: ignore[misc]  # the SDK ships no types
    """The session's `data_loader`."""

    FILE_LOADER_CLASS = ModelFiles

    def list_available_services(self, type_name: str) -> list[str]:
        """The folders of services; the SDK also looks into each of four hundred before it reads one."""
        return sorted(
            {name for path in self.search_paths if os.path.isdir(path) for name in os.listdir(path)}
        )


_READING = threading.Lock()
"""One at a time: two readers of one file would both decode it, in the interpreter's one thread."""


def load_models(loader: Loader, services: Iterable[str]) -> None:
    """Read the API models of `services` into `loader`; run it in a thread. What is there is not read again."""
    for name in ("_retry", "endpoints", "partitions", "sdk-default-configuration"):
        with _READING:
            loader.load_data_with_path(name)
    for service in services:
        for kind in ("service-2", "endpoint-rule-set-1"):
            with _READING:
                loader.load_service_model(service, kind)


def warm_up(loader: Loader, services: Iterable[str]) -> None:
    """`load_models` at start; the collector rests, or it would walk the growing models again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        load_models(loader, services)
    finally:
        if collecting:
            gc.enable()
