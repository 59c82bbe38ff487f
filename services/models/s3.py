"""Source: ListObjectsV2 (Amazon S3 API reference)."""

from datetime import datetime

from services.models.base import Clean, Model


class StoredObject(Model):
    key: Clean
    size: int
    """Size as stored, in bytes."""
    modified: datetime


class ObjectListing(Model):
    objects: tuple[StoredObject, ...] = ()
    """Sorted by key."""
    complete: bool
    """Whether these are all objects; False: there are more than were requested."""
    pages: int
    """Number of requests made."""
