"""Which lines are changed, chosen so that the same lines are chosen in another state of the tree."""

import ast
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.tools.mutants.changes import Line, parse, rank
from tests.tools.mutants.line_map import LineMap
from tests.tools.mutants.trials import Mutant, tests_for

LEFT_OUT = Path("tui/installed")


def product(folders: Sequence[str]) -> list[Path]:
    """The modules that are sampled."""
    files = (file for folder in folders for file in Path(folder).rglob("*.py"))
    return sorted(file for file in files if LEFT_OUT not in file.parents)


def chosen_lines(files: Sequence[Path], size: int, seed: int) -> list[tuple[Line, int]]:
    """As many lines of all, each as likely, with their number in their module. A line's rank depends on its
    text and the name of what holds it, not on its file: it stays chosen when it moves."""
    occurrences: Counter[tuple[str, str]] = Counter()
    ranked = []
    for file in files:
        for index, line in enumerate(parse(file)[1]):
            key = (line.scope, line.text)
            ranked.append((rank(f"{seed}|{line.scope}|{line.text}|{occurrences[key]}"), line, index))
            occurrences[key] += 1
    ranked.sort(key=lambda row: row[0])
    return [(line, index) for _rank, line, index in ranked[:size]]


def mutants(
    files: Sequence[Path], lines: Sequence[tuple[Line, int]], seed: int, line_map: LineMap
) -> list[Mutant]:
    """One mutant a line."""
    importers = _importers(files)
    chosen = []
    for number, (line, index) in enumerate(lines):
        tests, runners, at_import = tests_for(line, line_map, importers[line.file])
        chosen.append(Mutant(number, line, index, line.chosen(seed), tests, runners, at_import))
    return chosen


def _importers(files: Sequence[Path]) -> dict[Path, list[Path]]:
    """The modules that import each module by name."""
    modules = {_module(file): file for file in files}
    importers: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        for name in sorted(_imported(file)):
            if name in modules and modules[name] != file:
                importers[modules[name]].append(file)
    return importers


def _module(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names
