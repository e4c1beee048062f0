"""Sphinx extension: a name in ``code`` is linked to the page that documents it.

In Markdown one writes `CNNClassifier`, `GridSearchCV` or `tune(model, X, y)`, and the
literal becomes a link if the name is documented here or in an inventory of intersphinx.
Classes and functions are found by the last part of their name, methods by their last
two. Names of this project take precedence; a name that two objects share is not linked.
Headings and the gallery are not changed.
"""

import re

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform

CALL = re.compile(r"([A-Za-z_][\w.]*)(\(.*\))?", re.S)
MEMBERS = {"method", "classmethod", "staticmethod", "attribute", "property"}


def endings(name, kind):
    """List the ends of the full name of an object, each of which may stand for it."""
    parts = name.split(".")
    if kind == "data":
        return [name]
    shortest = 2 if kind in MEMBERS else 1
    return [".".join(parts[-n:]) for n in range(shortest, len(parts) + 1)]


def by_ending(objects):
    """Index {full name: kind} by the endings that only one object has."""
    found = {}
    for name, kind in objects.items():
        for ending in endings(name, kind):
            found.setdefault(ending, set()).add(name)
    return {ending: names.pop() for ending, names in found.items() if len(names) == 1}


class LinkLiterals(SphinxPostTransform):
    """Transform that wraps literals in references before Sphinx resolves them."""

    default_priority = 5

    def run(self):
        if self.env.docname.startswith(("auto_examples/", "generated/")):
            return
        known = self.known()
        for literal in list(self.document.findall(nodes.literal)):
            call = CALL.fullmatch(literal.astext())
            if call and call[1] in known and not self.is_elsewhere(literal):
                self.link(literal, *known[call[1]])

    def known(self):
        """Index all documented names: ending -> (full name, address or None)."""
        here = self.env.domaindata["py"]["objects"]
        own = by_ending(
            {name: entry.objtype for name, entry in here.items() if not entry.aliased}
        )
        others = {}
        for kind, entries in getattr(self.env, "intersphinx_inventory", {}).items():
            if kind.startswith("py:"):
                for name, item in entries.items():
                    others[name] = kind.removeprefix("py:"), item.uri
        foreign = by_ending({name: kind for name, (kind, _) in others.items()})
        return {
            **{ending: (name, others[name][1]) for ending, name in foreign.items()},
            **{ending: (name, None) for ending, name in own.items()},
        }

    def is_elsewhere(self, literal):
        parent = literal.parent
        while parent is not None:
            if isinstance(parent, nodes.reference | nodes.title | pending_xref):
                return True
            parent = parent.parent
        return False

    def link(self, literal, name, uri):
        if uri is None:
            link = pending_xref(
                "",
                literal.deepcopy(),
                refdomain="py",
                reftype="obj",
                reftarget=name,
                refexplicit=True,
                refdoc=self.env.docname,
                refwarn=True,
            )
        else:
            link = nodes.reference(
                "", "", literal.deepcopy(), internal=False, refuri=uri, reftitle=name
            )
        literal.replace_self(link)


def setup(app):
    app.add_post_transform(LinkLiterals)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
