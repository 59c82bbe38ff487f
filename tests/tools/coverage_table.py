"""Prints which statements the tests ran, by folder, then the files with most left, then the total (`make coverage`).

python -m tests.tools.coverage_table
python -m tests.tools.coverage_table services/journal tui/cli
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).parents[2]
WORST = 20  # Files that are listed
_NAME_WIDTH = 52


@dataclass(frozen=True, slots=True)
class Count:
    """Statements of a file, or of all files of a folder."""

    name: str
    statements: int
    missing: int
    files: int = 1

    @property
    def percent(self) -> float:
        """How much of it was run; 100 for what has no statement."""
        return 100.0 * (1 - self.missing / self.statements) if self.statements else 100.0


def files_of(coverage: Coverage, folders: Sequence[str]) -> list[Count]:
    """Each measured file that lies below one of the folders; without folders, each."""
    counts = []
    for path in sorted(coverage.get_data().measured_files()):
        name = Path(path).relative_to(ROOT).as_posix()
        if not folders or any(name == folder or name.startswith(f"{folder}/") for folder in folders):
            _file, statements, _excluded, missing, _text = coverage.analysis2(path)
            counts.append(Count(name, len(statements), len(missing)))
    return counts


def folder_of(name: str) -> str:
    """The floor and the folder below it: `services/journal` of all that lies there, `services` of what lies beside."""
    return "/".join(name.split("/")[:-1][:2])


def summed(name: str, counts: Iterable[Count]) -> Count:
    """The counts as one."""
    listed = list(counts)
    return Count(
        name,
        sum(count.statements for count in listed),
        sum(count.missing for count in listed),
        sum(count.files for count in listed),
    )


def table(files: Sequence[Count]) -> Iterator[str]:
    """The lines to print."""
    by_folder = defaultdict(list)
    for count in files:
        by_folder[folder_of(count.name)].append(count)
    yield f"{'folder':{_NAME_WIDTH}} files  statements  not run      "
    for folder in sorted(by_folder):
        total = summed(folder, by_folder[folder])
        yield f"{folder:{_NAME_WIDTH}} {total.files:5}  {total.statements:10}  {total.missing:7} {total.percent:5.1f}%"
    worst = sorted((count for count in files if count.missing), key=lambda count: (count.missing, count.name))
    yield f"\n{f'the {WORST} files with most statements not run':{_NAME_WIDTH}}"
    for count in worst[-WORST:]:
        yield f"{count.name:{_NAME_WIDTH}}        {count.statements:10}  {count.missing:7} {count.percent:5.1f}%"
    total = summed("total", files)
    yield f"\n{total.name:{_NAME_WIDTH}} {total.files:5}  {total.statements:10}  {total.missing:7} {total.percent:5.1f}%"


def main(folders: Sequence[str]) -> None:
    """Print the table of what `coverage combine` left."""
    coverage = Coverage()
    coverage.load()
    files = files_of(coverage, [folder.rstrip("/") for folder in folders])
    if not files:
        sys.exit("Nothing was measured there.")
    print("\n".join(table(files)))


if __name__ == "__main__":
    main(sys.argv[1:])
