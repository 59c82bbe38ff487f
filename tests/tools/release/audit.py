"""Whether a known weakness is in what is locked (pip-audit)."""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.tools.release.steps import Failure


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit came to."""

    count: int
    unaudited: str = ""  # Why nothing, or not everything, was audited; "" if all was

    def __str__(self) -> str:
        return (
            f"NOT AUDITED: {self.unaudited}"
            if self.unaudited
            else f"{self.count} packages, no known weakness"
        )


def audit(locks: Iterable[Path], accepted: Iterable[str], *, is_release: bool) -> Audit:
    """Ask the weaknesses of every locked package. Raises Failure for one, and in a release if not all could be asked."""
    command = [
        *(
            sys.executable,
            "-m",
            "pip_audit",
            "--require-hashes",
            "--no-deps",
            "--disable-pip",
            "--format",
            "json",
        ),
        *("--progress-spinner", "off"),
        *(option for lock in locks for option in ("-r", str(lock))),
        *(option for each in accepted for option in ("--ignore-vuln", each)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    result = judge(done.stdout, done.stderr)
    if result.unaudited and is_release:
        raise Failure(f"The lock files were not audited: {result.unaudited}")
    return result


def judge(output: str, errors: str) -> Audit:
    """Read what pip-audit wrote. Raises Failure if a package has a known weakness."""
    try:
        packages = json.loads(output)["dependencies"]
    except ValueError:
        last = (errors.strip().splitlines() or ["pip-audit printed nothing"])[-1]
        return Audit(
            0, f"the service could not be asked ({last.strip()}). Run it where the internet can be reached."
        )
    weak = [
        f"{package['name']} {package['version']}: {each['id']}"
        + (f", mended in {', '.join(each['fix_versions'])}" if each["fix_versions"] else ", not mended yet")
        for package in packages
        for each in package.get("vulns", [])
    ]
    if weak:
        raise Failure(
            "\n  ".join(["The lock files hold known weaknesses:", *weak])
            + "\nWrite newer ones: make lock. If one does not concern Toban: make release RELEASE='--accept ID', and say why in SECURITY.md."
        )
    skipped = [package for package in packages if package.get("skip_reason")]
    if skipped:
        return Audit(
            len(packages),
            f"the service knows nothing of {len(skipped)} of {len(packages)} packages, such as {skipped[0]['name']}. "
            "Run it where the package index's own service can be reached, not a mirror.",
        )
    return Audit(len(packages))
