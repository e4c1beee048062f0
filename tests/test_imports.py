"""Who may import whom: the layers of `docs/development.md`, read from the source."""

import ast
import functools
import graphlib
from pathlib import Path

import pytest

import skdigits

PACKAGE = Path(skdigits.__file__).parent

# A file, or any file of a folder, imports from layers below its own, and from its own
# folder. "" is skdigits/__init__.py.
LAYERS = [
    {"", "_core", "_presets"},
    {"_images"},
    {"_augment", "_vision"},
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
    """Yield the imports that are run, inside functions too.

    What stands under ``if TYPE_CHECKING`` points up: the names of the package come
    from its top. It is for type checkers alone.
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
    """Give the full names that a file of ours imports."""
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


def ours(module):
    """Give the files of ours that a file imports."""
    files = set()
    for name in imported_by(module):
        owner = name if name in FILES else name.rpartition(".")[0]
        if owner in FILES and owner != module:
            files.add(owner)
    return files


def test_the_reader_of_imports_reads_them():
    assert {"skdigits._engine.schedules", "skdigits._engine.keras.weights"} <= ours(
        "skdigits._engine.keras.callbacks"
    )
    assert "skdigits._engine.keras.train" in ours(
        "skdigits._engine.fit"
    )  # inside a function
    assert ours("skdigits") == set()  # its names are imported when they are used


@pytest.mark.parametrize("module", FILES)
def test_imports_point_down(module):
    unit = unit_of(module)
    assert unit in LEVELS, f"{module} belongs to no layer"
    for imported in ours(module):
        other = unit_of(imported)
        assert other == unit or LEVELS[other] < LEVELS[unit], (
            f"{module} imports {imported}, which is not below it"
        )


def test_no_files_import_each_other_in_a_circle():
    graph = {module: ours(module) for module in FILES}
    graphlib.TopologicalSorter(graph).prepare()  # a circle raises


@pytest.mark.parametrize("module", FILES)
def test_only_one_folder_loads_tensorflow(module):
    roots = set()
    # Every import there is, whether or not it is run.
    for node in ast.walk(ast.parse(FILES[module].read_bytes())):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            roots.add(node.module.split(".")[0])
    if not module.startswith("skdigits._engine.keras"):
        assert not roots & IN_KERAS_ONLY


@pytest.mark.parametrize("module", FILES)
def test_only_one_file_names_what_scikit_learn_may_change(module):
    fragile = {
        name
        for name in imported_by(module)
        if name.startswith("sklearn")
        and ("._" in name or name.rpartition(".")[0] in VERSION_DEPENDENT)
    }
    assert not fragile or module == "skdigits._core.sklearn_compat"
