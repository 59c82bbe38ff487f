"""Makes a release (`make release`): checks, wheel, sdist, bundles, SBOM, notes and checksums, in
`dist/VERSION`. Everything is built twice, in two folders under different conditions, and compared byte for
byte. The first failure ends it, and then `dist/VERSION` is not touched."""

import argparse
import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.tools.release import metadata, sbom
from tests.tools.release.audit import audit
from tests.tools.release.build import ROOT, sdist, wheel, wheel_of_sdist
from tests.tools.release.bundle import LOCK, PYTHONS, environment, make, platform_of_this, wheelhouse
from tests.tools.release.lock import read_lock
from tests.tools.release.source import Source, rehearsal, released
from tests.tools.release.steps import Failure, Steps, end

SUMS = "SHA256SUMS"
CONDITIONS: tuple[Mapping[str, str], ...] = (
    {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"},
    {"TZ": "Asia/Tokyo", "LC_ALL": "ja_JP.UTF-8", "PYTHONHASHSEED": "4242"},
)
"""What must not matter to a build; permissions and times of files differ, too."""


def build_twice(source: Source, scratch: Path) -> list[tuple[Path, Path]]:
    """Wheel and sdist, each from an export of its own. Raises Failure if they differ."""
    pairs = []
    for number, condition in enumerate(CONDITIONS):
        tree = source.export(scratch / f"source{' of another name' * number}", is_other=number > 0)
        conditions = {**condition, "SOURCE_DATE_EPOCH": str(source.epoch)}
        dist = scratch / f"dist{number}"
        before = os.umask((0o022, 0o077)[number])
        try:
            pairs.append((wheel(dist, tree, conditions), sdist(dist, tree, conditions)))
        finally:
            os.umask(before)
    for one, other in zip(*pairs, strict=True):
        _compare(one, other)
    again = wheel_of_sdist(pairs[1][1], scratch / "sdist", {"SOURCE_DATE_EPOCH": str(source.epoch)})
    _compare(pairs[0][0], again, "The wheel that the sdist builds differs from that of the commit")
    return pairs


def bundle_twice(tree: Path, built: list[Path], name: str, scratch: Path) -> tuple[Path, dict[str, bytes]]:
    """The bundle for a platform, with wheels fetched twice; and these wheels. Raises Failure if the bundles differ."""
    bundles = []
    wheels: dict[str, bytes] = {}
    for number, own in enumerate(built):
        folder = scratch / f"wheels-{name}-{number}"
        folder.mkdir()
        wheels = dict(wheelhouse(read_lock(tree / LOCK), PYTHONS, name, folder))
        bundles.append(make(scratch / f"dist{number}", own, wheels, name=name, root=tree))
    _compare(*bundles)
    return bundles[0], wheels


def _compare(one: Path, other: Path, difference: str = "Two builds of one commit differ") -> None:
    if not filecmp.cmp(one, other, shallow=False):
        place = Path(tempfile.mkdtemp(prefix="toban-differ-"))
        for number, path in enumerate((one, other), 1):
            shutil.copy(path, place / f"{number}-{path.name}")
        raise Failure(f"{difference}: {one.name}. Both are in {place}; diffoscope shows what differs.")


def checksums(folder: Path) -> str:
    """The text of SHA256SUMS: what `sha256sum` writes of every other file."""
    paths = sorted(path for path in folder.iterdir() if path.name != SUMS)
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths)


def publish(new: Path, target: Path, *, is_release: bool) -> str:
    """Let `target` be `new`, whole or not at all; how they compare, in words. Raises Failure if a release
    would replace other files, or something that is no folder."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise Failure(f"{target} is no folder. Remove it first.")
    beside = target.with_name(f".{target.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    if target.exists():
        different = differences(new, target)
        if different and is_release:
            raise Failure(
                f"{target} holds other files than this run made: {', '.join(different)}. To replace them, remove it first."
            )
        result = (
            f"other files than before: {', '.join(different)}" if different else "the same files as before"
        )
    else:
        result = "new"
    try:
        shutil.copytree(new, beside)
        if target.exists():
            shutil.rmtree(target)
        beside.rename(target)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise Failure(f"{target} cannot be written: {error}") from error
    return f"{target.name}/: {result}"


def differences(one: Path, other: Path) -> list[str]:
    """Names of files that only one of two folders has, or that differ."""
    names = sorted({path.name for folder in (one, other) for path in folder.iterdir()})
    return [
        *filecmp.cmpfiles(one, other, names, shallow=False)[1],
        *filecmp.cmpfiles(one, other, names, shallow=False)[2],
    ]


def call_make(target: str, root: Path) -> Callable[[], str]:
    """A step that is a target of the Makefile."""

    def step() -> str:
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
        }
        if subprocess.run(["make", target], cwd=root, env=clean, check=False).returncode:
            raise Failure(f"make {target} failed.")
        return "passed"

    return step


def release(source: Source, options: argparse.Namespace) -> Path:
    """All steps; the folder of the release. Raises Failure."""
    steps = Steps()
    is_release = not options.rehearsal
    with tempfile.TemporaryDirectory(prefix="toban-release-") as folder:
        scratch, new = Path(folder), Path(folder, "new")
        new.mkdir()
        tree = source.export(scratch / "tree")
        notes = steps.run(
            "notes", source.notes, lambda text: f"{len(text.splitlines())} lines of the changelog"
        )
        (new / "RELEASE-NOTES.md").write_text(notes, "utf-8")
        locks = (tree / "requirements.lock", tree / LOCK)
        steps.run("audit of the lock files", lambda: audit(locks, options.accept, is_release=is_release))
        pairs = steps.run(
            "wheel and sdist, twice", lambda: build_twice(source, scratch), lambda _pairs: "the same bytes"
        )
        steps.run("metadata", lambda: metadata.check(*pairs[0], source))
        wheels = {f"any/{pairs[0][0].name}": pairs[0][0].read_bytes()}
        for name in options.platforms.split(","):
            bundle, more = steps.run(
                f"bundle for {name}, twice",
                lambda name=name: bundle_twice(tree, [pair[0] for pair in pairs], name, scratch),
                lambda result: f"the same bytes, {result[0].stat().st_size / 1e6:.0f} MB",
            )
            wheels |= more
            shutil.copy(bundle, new)
        environments = [
            environment(python, name) for python in PYTHONS for name in options.platforms.split(",")
        ]
        document = new / f"toban-{source.number}.cdx.json"
        steps.run("SBOM", lambda: sbom.write(document, tree / LOCK, tree, wheels, environments, source.epoch))
        for path in pairs[0]:
            shutil.copy(path, new)
        for target in ("lint", "test", "faults"):
            if options.without_tests:
                steps.leave_out(f"make {target}")
            else:
                steps.run(f"make {target}", call_make(target, source.root))
        (new / SUMS).write_text(checksums(new), "utf-8")
        target = options.to / source.number
        steps.run("files", lambda: publish(new, target, is_release=is_release))
    return target


def main() -> int:
    """`python -m tests.tools.release [--rehearsal [--without-tests]] [--platforms NAMES] [--accept ID …] [--to FOLDER]`."""
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument(
        "--rehearsal", action="store_true", help="without a tag; the version ends in +rehearsal"
    )
    parser.add_argument(
        "--without-tests", action="store_true", help="leave lint, test and faults out of a rehearsal"
    )
    parser.add_argument(
        "--platforms", default=platform_of_this(), help="of the bundles, such as linux-x86_64,linux-aarch64"
    )
    parser.add_argument(
        "--accept", action="append", default=[], metavar="ID", help="a weakness that does not concern Toban"
    )
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="where the folder of the version goes")
    options = parser.parse_args()
    if options.without_tests and not options.rehearsal:
        parser.error("only a rehearsal can leave the tests out")
    try:
        source = rehearsal() if options.rehearsal else released()
        kind = "Rehearsal, no release" if options.rehearsal else "Release"
        print(f"{kind}: {source.number} of commit {source.commit[:12]}", flush=True)
        target = release(source, options)
    except (Failure, subprocess.CalledProcessError) as failure:
        return end(failure)
    print(f"\n{target}:")
    for path in sorted(target.iterdir()):
        print(f"  {path.stat().st_size:>11,}  {path.name}")
    print(
        "This was a rehearsal; do not hand these files out."
        if options.rehearsal
        else "Next: git push --tags, and hand these files out."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
