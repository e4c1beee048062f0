"""Check the internal links, anchors and pictures of a site that Sphinx built.

    python docs/check_site.py docs/_build

Files that a page loads (scripts, styles, its icon) count as links, as do the links of
README.md to the published site and to files of the repository. Pictures need an
alternative text, and pages a title and one heading of level 1.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

README = Path(__file__).parents[1] / "README.md"
ADDRESSES = {  # targets of absolute links in README.md
    "https://skdigits.readthedocs.io/en/stable/": "site",
    "https://raw.githubusercontent.com/skdigits/skdigits/main/": "repository",
    "https://github.com/skdigits/skdigits/blob/main/": "repository",
}
LINKS = {"a": "href", "img": "src", "link": "href", "script": "src", "source": "src"}


class Page(HTMLParser):
    """Links, tags and anchors of a page."""

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
    """Yield a line for each broken link of README.md."""
    text = README.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not link.startswith("https://"):
            yield f"README.md: {link} must be absolute, for PyPI"
        for start, target in ADDRESSES.items():
            if link.startswith(start):
                path = unquote(urlsplit(link.removeprefix(start)).path)
                root = site if target == "site" else README.parent
                if not (root / path).exists():
                    yield f"README.md: {link} is missing"


def check(site):
    """Yield a line for each error."""
    found = (path for path in site.rglob("*.html") if "_static" not in path.parts)
    pages = {path: Page(path) for path in found}
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name}: {image} has no alt text" for image in page.without_alt)
        if "title" not in page.tags or page.tags.count("h1") > 1:
            yield f"{name}: must have a title and one heading of level 1"
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("#"):
                continue
            target = path
            if parts.path:
                target = (path.parent / unquote(parts.path)).resolve()
            if not target.exists():
                yield f"{name}: {link} is missing"
            elif (
                target in pages and unquote(parts.fragment) not in pages[target].anchors
            ):
                yield f"{name}: the anchor of {link} is missing"
    if not pages:
        yield f"{site} has no pages"
    yield from check_readme(site)


if __name__ == "__main__":
    wrong = sorted(set(check(Path(sys.argv[1]).resolve())))
    print("\n".join(wrong) or "All internal links and pictures are present.")
    sys.exit(bool(wrong))
