"""Web addresses as a person gives them."""

from urllib.parse import urlsplit


def is_address(text: str) -> bool:
    """Whether it is one of a web server, with nothing in it that a client would stumble over."""
    try:
        parts = urlsplit(text)
        # Reading the port finds the mistake in it.
        in_range = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        in_range
        and parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and text.isprintable()
        and " " not in text
    )
