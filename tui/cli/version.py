from pathlib import Path

_COMMIT = Path(__file__).parents[1] / "commit.txt"
"""Written by the build (tui/installed/build_hook.py); missing in a checkout."""
_ROOT = Path(__file__).parents[2]
_DIGITS = 12  # Of the commit; enough to be unique, few enough to be read aloud
_WHOLE = 40


def version_text() -> str:
    """In every language `toban 0.2.0 (commit 1f2e3d4c5b6a, journal schema 9)`; without git and outside a build, no commit."""
    from importlib.metadata import version

    from services.journal.schema import VERSION

    commit = _commit()
    built = f"commit {commit[:_DIGITS]}{commit[_WHOLE:]}, " if commit else ""
    return f"toban {version('toban')} ({built}journal schema {VERSION})"


def _commit() -> str:
    """The commit in 40 hex digits; "" if it is not known. A build whose files differ from it has `+` after it, a checkout never."""
    try:
        return _COMMIT.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return _of_checkout()


def _of_checkout() -> str:
    import subprocess

    from services.host.programs import program

    git = program("git")
    if git is None or not (_ROOT / ".git").exists():
        return ""
    try:
        return subprocess.run(
            [git, "-C", str(_ROOT), "rev-parse", "HEAD"],
            check=True,
            capture_output=True,
            text=True,
            timeout=5,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
