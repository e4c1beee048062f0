"""Check a site that Sphinx built: each internal link, anchor and picture is there.

python docs/check_site.py docs/_build
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, what it shows, and the anchors that it has."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.without_alt = [], {""}, []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes.get("id"), attributes.get("name")}
        target = attributes.get({"a": "href", "img": "src", "link": "href"}.get(tag))
        if target:
            self.links.append(target)
        if tag == "img" and "alt" not in attributes:
            self.without_alt.append(target)


def check(site):
    """Give a line for each thing that is wrong."""
    found = (path for path in site.rglob("*.html") if "_static" not in path.parts)
    pages = {path: Page(path) for path in found}
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name}: {image} has no alt text" for image in page.without_alt)
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


if __name__ == "__main__":
    wrong = sorted(set(check(Path(sys.argv[1]).resolve())))
    print("\n".join(wrong) or "Every internal link and picture is there.")
    sys.exit(bool(wrong))
