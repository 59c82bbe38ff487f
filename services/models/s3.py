"""Objects in S3.

Source: ListObjectsV2 (Amazon S3 API reference).
"""

from datetime import datetime

from services.models.base import Clean, Model


class StoredObject(Model):
    """One object."""

    key: Clean
    size: int
    """Bytes, as stored."""
    modified: datetime


class ObjectListing(Model):
    """The objects under one prefix."""

    objects: tuple[StoredObject, ...] = ()
    """By key."""
    complete: bool
    """False: there are more than were asked for."""
    pages: int
    """Requests it took."""
