"""Passes requests without a handler on to moto. moto raises NotImplementedError for operations it lacks, and
other exceptions for whole services; the stock server answers those with an HTML page."""

import io
import logging
import threading
from collections.abc import Mapping
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from services.demo.errors import ErrorAnswer

_ANSWERING = threading.RLock()
"""moto imports its services on first use, each other's among them: two threads at once end in a deadlock."""


class Moto:
    """moto's own dispatcher, loaded at the first request that needs it."""

    def __init__(self) -> None:
        self._app: Any = None

    def __call__(self, environ: Mapping[str, Any], body: bytes) -> ErrorAnswer | None:
        status, headers = 500, {}

        def start_response(line: str, fields: list[tuple[str, str]], _exc_info: Any = None) -> None:
            nonlocal status, headers
            status, headers = int(line.split()[0]), dict(fields)

        inner = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        inner.pop("HTTP_CONTENT_ENCODING", None)
        try:
            with _ANSWERING:
                if self._app is None:
                    self._app = _load()
                chunks = self._app(inner, start_response)
        except (AttributeError, NotImplementedError, TypeError):
            # A service that moto lacks entirely breaks its dispatcher, outside any Flask application.
            return None
        content = b"".join(chunks)
        html = headers.get("Content-Type", "").startswith("text/html") and b"<!doctype html" in content[:64]
        if html and status in (404, 405, 500):
            return None
        return ErrorAnswer(
            status, {name: value for name, value in headers.items() if name != "Content-Length"}, content
        )


def _load() -> Any:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    def create(service: Any) -> Any:
        app = create_backend_app(service)
        app.debug = False
        # An exception in moto becomes Flask's own error page, recognised above.
        app.config["PROPAGATE_EXCEPTIONS"] = False
        app.logger.handlers = [logging.NullHandler()]
        app.logger.propagate = False
        return app

    return DomainDispatcherApplication(create)


def reset() -> None:
    BackendDict.reset()
    reset_model_data()
