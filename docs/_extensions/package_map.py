"""Sphinx extension: the directive ``package-map`` lists the modules of a package.

    ```{package-map} skdigits
    ```

Each line has a file and the first line of its docstring.
"""

import ast
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]


def package_map(folder, depth=0):
    """Yield a line for a package and for each module below it."""
    modules = sorted(folder.glob("*.py"))  # __init__.py comes first
    packages = sorted(path.parent for path in folder.glob("*/__init__.py"))
    for path in modules:
        is_package = path.name == "__init__.py"
        name = f"{folder.name}/" if is_package else path.name
        summary = ast.get_docstring(ast.parse(path.read_bytes())).splitlines()[0]
        indent = "  " * (depth if is_package else depth + 1)
        yield f"{indent + name:26} {summary}"
    for package in packages:
        yield from package_map(package, depth + 1)


class PackageMap(SphinxDirective):
    """Literal block with the modules of the package in the argument."""

    required_arguments = 1

    def run(self):
        folder = ROOT / self.arguments[0]
        for path in folder.rglob("*.py"):
            self.env.note_dependency(str(path))
        text = "\n".join(package_map(folder))
        return [nodes.literal_block(text, text, language="text")]


def setup(app):
    app.add_directive("package-map", PackageMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
