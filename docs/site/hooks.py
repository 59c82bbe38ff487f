"""What mkdocs does beside rendering the pages: adds pictures, casts and the developers' pages, and links both languages."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

DOCS = Path(__file__).parents[1]
DEVELOPERS = ("guide.md", "screens.md", "log-viewers.md")
"""Pages of `docs/` that both languages show as they are."""
_CAST = re.compile(r"^<!-- cast: ([a-z0-9-]+) -->$", re.MULTILINE)
_FENCES = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
_WIDE = r"[\u3000-\u9fff\uff00-\uffef]"
_BREAK = re.compile(rf"(?<={_WIDE})\n +(?={_WIDE})|(?<={_WIDE})\n(?={_WIDE}|[`\[*][^`])")
"""A line break between Japanese characters, which a browser would show as a space."""
_LINK_OUT = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")
"""A link from `docs/` to a file of the repository that is no page."""


def on_files(files: Any, config: Any) -> Any:
    """Add what stands outside the folder of the pages: pictures and casts of this language, the player, shared pages."""
    japanese = config.theme["language"] == "ja"
    for folder, pattern in (("screens", "*.svg"), ("casts", "*.cast")):
        for path in sorted((DOCS / folder).glob(pattern)):
            if path.stem.endswith("-ja") == japanese:
                files.append(File.generated(config, f"{folder}/{path.name}", abs_src_path=str(path)))
    for name in DEVELOPERS:
        text = _LINK_OUT.sub(r"\1", (DOCS / name).read_text("utf-8"))
        files.append(File.generated(config, name, content=text))
    player = find_spec("mkdocs_asciinema_player")
    if player is not None and player.origin is not None:
        for name in ("asciinema-player.css", "asciinema-player.min.js"):
            path = Path(player.origin).parent / "assets" / name
            files.append(File.generated(config, f"player/{name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Put the player where a page names a cast (one that was not recorded leaves nothing); join Japanese lines."""
    japanese = config.theme["language"] == "ja"
    if japanese:
        parts = _FENCES.split(markdown)
        markdown = "".join(part if number % 2 else _BREAK.sub("", part) for number, part in enumerate(parts))

    def player(match: "re.Match[str]") -> str:
        name = f"{match[1]}-ja.cast" if japanese else f"{match[1]}.cast"
        if files.get_file_from_path(f"casts/{name}") is None:
            return ""
        page.meta["player"] = True
        return f'<div class="cast" data-cast="casts/{name}"></div>\n\n```sh\nasciinema play docs/casts/{name}\n```'

    return _CAST.sub(player, markdown)
