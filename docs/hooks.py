"""For the site: pages link to files of the repository, which are not on it."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#]*|[\w/]+\.(?:py|json))(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Show a link to a file that is not on the site as the file's name."""
    depth = page.file.src_uri.count("/")

    def shown(match: re.Match[str]) -> str:
        text, target = match[1], match[2]
        if target.count("../") <= depth and target.endswith((".md", ".png")):
            return match[0]
        return f"`{text}`" if not text.startswith("`") else text

    return _OUTSIDE.sub(shown, markdown)
