"""Redirects, which are not followed: AWS's regions are named, and anybody else's answer is nobody's business."""

from services.models.text import clean

_NOT_MODIFIED = 304


class Redirected(Exception):
    """A response was a redirect, which is not followed."""

    def __init__(self, status: int, location: str) -> None:
        self.location = clean(location, 200)
        """The Location header, cleaned; "" if missing."""
        super().__init__(f"{status}: {self.location}")


def is_redirect(status: int) -> bool:
    """Whether an HTTP status is a redirect (3xx except 304)."""
    return 300 <= status < 400 and status != _NOT_MODIFIED
