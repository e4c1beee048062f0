"""Layers of the package: imports point down, read from the source."""

import ast
import functools
import graphlib
from pathlib import Path

import skdigits

PACKAGE = Path(skdigits.__file__).parent

# A file, or any file of a folder, imports from layers below its own, and from its own
# folder. "" is skdigits/__init__.py.
LAYERS = [
    {"", "_core", "_presets"},
    {"_images"},
    {"_vision"},
    {"_augment"},
    {"_engine"},
    {"baselines", "datasets", "submission"},
    {"_augmenter", "_classifier", "_normalizer"},
    {"pipelines"},
    {"_recognition", "persistence", "tuning"},
    {"plots"},
    {"_cli"},
    {"__main__"},
]
LEVELS = {unit: level for level, layer in enumerate(LAYERS) for unit in layer}

IN_KERAS_ONLY = {"keras", "scikeras", "tensorflow"}
VERSION_DEPENDENT = {"sklearn.callback", "sklearn.experimental"}


def module_name(path):
    parts = ["skdigits", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def unit_of(module):
    return [*module.split("."), ""][1]


def run_imports(tree):
    """Yield the imports that are run, also those inside functions.

    Imports under ``if TYPE_CHECKING`` are for type checkers only and may point up.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for other in node.orelse:
                yield from run_imports(ast.Module([other], []))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        else:
            yield from run_imports(node)


@functools.cache
def imported_by(module):
    """Return the full names that a module of the package imports."""
    path = FILES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in run_imports(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
            continue
        above = package.split(".")
        above = above[: len(above) + 1 - node.level] if node.level else []
        base = ".".join([*above, *filter(None, [node.module])])
        found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def within(module):
    """Return the modules of the package that one of them imports."""
    files = set()
    for name in imported_by(module):
        owner = name if name in FILES else name.rpartition(".")[0]
        if owner in FILES and owner != module:
            files.add(owner)
    return files


def test_imports_are_read():
    """Also imports inside functions; the package imports its names when used."""
    assert "skdigits._engine.schedules" in within("skdigits._engine.keras.callbacks")
    assert "skdigits._engine.keras.train" in within("skdigits._engine.training")
    assert within("skdigits") == set()


def test_imports_point_down():
    units = {unit_of(module) for module in FILES}
    assert units <= LEVELS.keys(), "LAYERS lacks a module or a folder"
    pointing_up = [
        f"{module} imports {imported}"
        for module in FILES
        for imported in within(module)
        if unit_of(imported) != unit_of(module)
        and LEVELS[unit_of(imported)] >= LEVELS[unit_of(module)]
    ]
    assert pointing_up == []


def test_imports_have_no_circles():
    graph = {module: within(module) for module in FILES}
    graphlib.TopologicalSorter(graph).prepare()  # raises for a circle


def test_one_folder_imports_tensorflow():
    wrong = set()
    for module, path in FILES.items():
        if module.startswith("skdigits._engine.keras"):
            continue
        # All imports, also those for type checkers.
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            else:
                continue
            roots = {name.split(".")[0] for name in names}
            wrong |= {(module, root) for root in roots & IN_KERAS_ONLY}
    assert wrong == set()


def is_internal(name):
    return name.startswith("sklearn") and (
        "._" in name or name.rpartition(".")[0] in VERSION_DEPENDENT
    )


def test_internals_of_dependencies_are_imported_in_one_module_each():
    users = {
        package: {module for module in FILES if any(map(test, imported_by(module)))}
        for package, test in {
            "sklearn": is_internal,
            "scikeras": lambda name: name.startswith("scikeras"),
            "keras.src": lambda name: name.startswith("keras.src"),
        }.items()
    }
    assert users == {
        "sklearn": {"skdigits._core.sklearn_compat"},
        "scikeras": {"skdigits._engine.keras.trainer"},
        "keras.src": set(),
    }


def test_modules_have_a_summary_for_the_map_of_the_package():
    for module, path in FILES.items():
        docstring = ast.get_docstring(ast.parse(path.read_bytes()))
        assert docstring and docstring.splitlines()[0].endswith("."), module
