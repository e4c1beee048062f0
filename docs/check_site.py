"""Check a site that Sphinx built: each internal link, anchor and picture is there.

    python docs/check_site.py docs/_build

Files that a page loads (scripts, styles, its icon) count as links, and so do the links
of README.md to the published site and to files of the repository. The pictures need a
text for those who do not see them, and a page needs a title and one heading of level 1.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

README = Path(__file__).parents[1] / "README.md"
ADDRESSES = {  # where README.md's absolute links lead
    "https://skdigits.readthedocs.io/en/stable/": "site",
    "https://raw.githubusercontent.com/skdigits/skdigits/main/": "repository",
    "https://github.com/skdigits/skdigits/blob/main/": "repository",
}
LINKS = {"a": "href", "img": "src", "link": "href", "script": "src", "source": "src"}


class Page(HTMLParser):
    """What a page links to, what it shows, and the anchors that it has."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.without_alt = [], {""}, []
        self.tags = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        self.anchors |= {attributes.get("id"), attributes.get("name")}
        target = attributes.get(LINKS.get(tag))
        if target:
            self.links.append(target)
        for source in (attributes.get("srcset") or "").split(","):
            self.links += source.split()[:1]
        if tag == "img" and "alt" not in attributes:
            self.without_alt.append(target)


def check_readme(site):
    """Give a line for each link of README.md that leads nowhere."""
    text = README.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not link.startswith("https://"):
            yield f"README.md: {link} is not absolute, as PyPI needs it"
        for start, place in ADDRESSES.items():
            if link.startswith(start):
                path = unquote(urlsplit(link.removeprefix(start)).path)
                root = site if place == "site" else README.parent
                if not (root / path).exists():
                    yield f"README.md: {link} is not there"


def check(site):
    """Give a line for each thing that is wrong."""
    found = (path for path in site.rglob("*.html") if "_static" not in path.parts)
    pages = {path: Page(path) for path in found}
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name}: {image} has no alt text" for image in page.without_alt)
        if "title" not in page.tags or page.tags.count("h1") > 1:
            yield f"{name}: needs a title, and one heading of level 1"
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("#"):
                continue
            target = path
            if parts.path:
                target = (path.parent / unquote(parts.path)).resolve()
            if not target.exists():
                yield f"{name}: {link} is not there"
            elif (
                target in pages and unquote(parts.fragment) not in pages[target].anchors
            ):
                yield f"{name}: {link} has no such anchor"
    if not pages:
        yield f"{site} has no pages"
    yield from check_readme(site)


if __name__ == "__main__":
    wrong = sorted(set(check(Path(sys.argv[1]).resolve())))
    print("\n".join(wrong) or "Every internal link and picture is there.")
    sys.exit(bool(wrong))
