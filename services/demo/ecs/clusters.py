from hashlib import sha256
from typing import Any

from services.demo.ecs.model import Service
from services.demo.ecs.records import Image


class Clusters:
    def __init__(self) -> None:
        self.clusters: dict[str, float] = {}
        """By name: when it was created."""
        self.services: dict[tuple[str, str], Service] = {}
        """By (cluster, service)."""
        self.definitions: dict[str, list[dict[str, Any]]] = {}
        """Task definitions by family, revision 1 first."""
        self.digests: dict[str, str] = {}
        """Digest by image name, where its tag was moved."""

    def advance(self, at: float) -> None:
        for service in self.services.values():
            service.advance(at)

    def definition(self, name: str) -> dict[str, Any] | None:
        """A task definition by `family:revision`, or the newest active one by `family`; None if there is none."""
        family, _, number = name.partition(":")
        definitions = self.definitions.get(family, [])
        if not number:
            return next((each for each in reversed(definitions) if each["status"] == "ACTIVE"), None)
        return next((each for each in definitions if str(each["revision"]) == number), None)

    def images_of(self, definition: str) -> tuple[Image, ...]:
        containers = (self.definition(definition) or {}).get("containerDefinitions", ())
        return tuple(Image(each["name"], each["image"], self.digest_of(each["image"])) for each in containers)

    def digest_of(self, image: str) -> str:
        if "@" in image:
            return image.partition("@")[2]
        return self.digests.get(image) or f"sha256:{sha256(image.encode()).hexdigest()}"
