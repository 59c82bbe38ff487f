"""Reading the SDK's API models: 130 to 190 ms for a dozen services, so it is done in a thread."""

import gc
from collections.abc import Iterable

from botocore.loaders import Loader


def load_models(loader: Loader, services: Iterable[str]) -> None:
    """Read the API models of `services` into `loader`; run it in a thread. What is there is not read again."""
    for name in ("_retry", "endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data_with_path(name)
    for service in services:
        loader.load_service_model(service, "service-2")
        loader.load_service_model(service, "endpoint-rule-set-1")


def warm_up(loader: Loader, services: Iterable[str]) -> None:
    """`load_models` at start; the collector rests, or it would walk the growing models again and again."""
    gc.disable()
    try:
        load_models(loader, services)
        gc.freeze()
    finally:
        gc.enable()
