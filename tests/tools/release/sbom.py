"""The software bill of materials: what a bundle holds, which is the wheel with all its extras, and pip
(CycloneDX). `cyclonedx-py` writes the lock file's packages; the wheels add their licences, their files'
SHA-256 and who needs whom."""

import email.message
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tools.release.lock import read_lock
from tests.tools.release.metadata import wheel_metadata
from tests.tools.release.steps import Failure

VERSION = "1.6"
_Environment = dict[str, str]


def write(
    target: Path,
    lock: Path,
    root: Path,
    wheels: Mapping[str, bytes],
    environments: list[_Environment],
    epoch: int,
) -> str:
    """Write the SBOM of `lock` and its wheels; how much it names, in words. Raises Failure."""
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "requirements",
        "--output-reproducible",
        "--sv",
        VERSION,
        "--no-validate",
    ]
    # A lock file also names what only other platforms need.
    needed = [entry.line for entry in read_lock(lock) if any(map(entry.is_for, environments))]
    done = subprocess.run(
        [*command, "--pyproject", str(root / "pyproject.toml"), "-"],
        input="\n".join(needed).encode(),
        check=True,
        capture_output=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(epoch)},
    )
    document = enriched(json.loads(done.stdout), wheels, environments)
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    mistake = _mistake(text)
    if mistake:
        raise Failure(f"The SBOM is not valid CycloneDX {VERSION}: {mistake}")
    target.write_text(text, "utf-8")
    files = sum(len(component["components"]) for component in document["components"])
    return f"{len(document['components'])} packages, {files} files, each with its licence"


def enriched(
    base: dict[str, Any], wheels: Mapping[str, bytes], environments: list[_Environment]
) -> dict[str, Any]:
    """What `cyclonedx-py` wrote, with the wheels' facts and without the addresses of a package index. Raises Failure."""
    metadata = {path: wheel_metadata(content) for path, content in wheels.items()}
    needs = _needs(metadata.values(), environments)
    own = base["metadata"]["component"]
    components = base["components"]
    references = {canonicalize_name(component["name"]): component["purl"] for component in components}
    references[canonicalize_name(own["name"])] = own["bom-ref"]
    for component in components:
        name = canonicalize_name(component["name"])
        paths = [path for path in wheels if canonicalize_name(metadata[path]["Name"]) == name]
        licences = _licences(metadata[paths[0]]) if paths else []
        if not licences:
            raise Failure(f"{name} {component['version']} names no licence, or has no wheel.")
        component |= {
            "bom-ref": component["purl"],
            "licenses": licences,
            "components": [_file(path, wheels[path], component["purl"]) for path in sorted(paths)],
        }
        component.pop("externalReferences", None)
        component.pop("description", None)
    needs.setdefault(canonicalize_name(own["name"]), set()).add("pip")
    base["dependencies"] = [
        {
            "ref": reference,
            "dependsOn": sorted(references[each] for each in needs.get(name, ()) if each in references),
        }
        for name, reference in sorted(references.items())
    ]
    for tool in base["metadata"].get("tools", {}).get("components", []):
        tool.pop("externalReferences", None)
    return base


def _file(path: str, content: bytes, reference: str) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    digest = hashlib.sha256(content).hexdigest()
    return {
        "type": "file",
        "name": name,
        "bom-ref": f"{reference}#{path}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


def _licences(metadata: email.message.Message) -> list[dict[str, Any]]:
    expression = metadata["License-Expression"]
    if expression:
        return [{"expression": expression, "acknowledgement": "declared"}]
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in metadata.get_all("Classifier", [])
        if each.startswith("License ::") and each != "License :: OSI Approved"
    ]
    field = (metadata["License"] or "").strip().split("\n")[0]
    names = classifiers or ([field] if field else [])
    return [{"license": {"name": name, "acknowledgement": "declared"}} for name in names]


def _needs(wheels: Iterable[email.message.Message], environments: list[_Environment]) -> dict[str, set[str]]:
    """Which package needs which, in any of the environments, with the extras that any package asks for."""
    requirements: dict[str, list[Requirement]] = {}
    extras: dict[str, set[str]] = {}
    for metadata in wheels:
        name = canonicalize_name(metadata["Name"])
        requirements[name] = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
        if name == "toban":
            extras[name] = {*metadata.get_all("Provides-Extra", [])} - {"dev", "build"}
        for requirement in requirements[name]:
            extras.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)
    return {
        name: {
            canonicalize_name(requirement.name)
            for requirement in each
            if _holds(requirement, {"", *extras.get(name, ())}, environments)
        }
        for name, each in requirements.items()
    }


def _holds(requirement: Requirement, extras: set[str], environments: list[_Environment]) -> bool:
    marker = requirement.marker
    if marker is None:
        return True
    return any(marker.evaluate({**each, "extra": extra}) for each in environments for extra in extras)


def _mistake(text: str) -> str:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return re.sub(r"\s+", " ", str(error))[:300] if error else ""
