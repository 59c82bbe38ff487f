"""Objects in S3.

Source: ListObjectsV2 (Amazon S3 API reference).
"""

from datetime import datetime

from services.models.base import Clean, Model


class StoredObject(Model):
    """One object in S3."""

    key: Clean
    size: int
    """Size as stored, in bytes."""
    modified: datetime


class ObjectListing(Model):
    """The objects under one prefix."""

    objects: tuple[StoredObject, ...] = ()
    """Sorted by key."""
    complete: bool
    """Whether these are all objects; False: there are more than were requested."""
    pages: int
    """Number of requests made."""
