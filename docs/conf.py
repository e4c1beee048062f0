"""Settings of Sphinx, which builds the documentation offline:

sphinx-build -W -n docs docs/_build
"""

import inspect
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs"), str(ROOT / "docs" / "_extensions")]

from make_inventories import PROJECTS  # noqa: E402

import skdigits  # noqa: E402

# Builds a model, so that skdigits starts TensorFlow, without log output.
skdigits.CNNClassifier(image_shape=(8, 8)).summary()

project = "skdigits"
author = "The skdigits developers"
copyright = author
release = version = skdigits.__version__
repository = "https://github.com/skdigits/skdigits"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "sphinx.ext.intersphinx",
    "sphinx.ext.linkcode",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "sphinx_design",
    "myst_parser",
    "literal_links",
    "example_figure",
    "package_map",
]
exclude_patterns = ["_build", "_extensions", "_templates"]
templates_path = ["_templates"]
default_role = "autolink"
nitpicky = True
# Targets in type descriptions of numpydoc and in inherited docstrings.
nitpick_ignore_regex = [
    (r"py:.*", r"(sklearn|numpy|optuna|keras|pandas|matplotlib|tensorflow)(\..*)?"),
    (r"py:class", r".*"),
    (r"py:obj", r"study|best_params|best_estimator"),  # fields of TuningResult
    (r"std:ref", r"accuracy_score|df_output_transform|sphx_glr_.*_set_output\.py"),
]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
toc_object_entries_show_parents = "hide"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
autodoc_typehints = "none"  # they are in the lists of parameters

# The inventories are in the repository, so that a build needs no network.
intersphinx_mapping = {
    name: (address, f"inventories/{name}.inv")
    for name, (address, *_) in PROJECTS.items()
}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "remove_config_comments": True,
    "capture_repr": ("_repr_html_",),  # a Display is its plot
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skdigits",),
    "reference_url": {"skdigits": None},
    "thumbnail_size": (480, 360),
}
suppress_warnings = ["config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_show_sourcelink = False
html_sidebars = {
    page: []
    for page in [
        "benchmarks",
        "changelog",
        "citing",
        "development",
        "from_other_libraries",
        "from_the_notebook",
        "index",
        "quick_start",
    ]
}
html_theme_options = {
    "logo": {
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo.svg",
        "text": "skdigits",
        "alt_text": "skdigits, home",
    },
    "github_url": repository,
    "navbar_start": ["navbar-logo", "version"],
    "navbar_align": "left",
    "header_links_before_dropdown": 5,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "show_nav_level": 1,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")


def linkcode_resolve(domain, info):
    """Return the address of the source of an object, for the links "[source]"."""
    found = sys.modules.get(info["module"])
    try:
        for part in info["fullname"].split("."):
            found = getattr(found, part)
        found = inspect.unwrap(getattr(found, "fget", None) or found)
        path = Path(inspect.getsourcefile(found)).relative_to(ROOT)
        lines, first = inspect.getsourcelines(found)
    except (AttributeError, TypeError, ValueError):  # inherited, or no code
        return None
    return f"{repository}/blob/main/{path}#L{first}-L{first + len(lines) - 1}"


def skip_fields(app, what, name, found, skip, options):
    """Skip the fields of a named tuple, which are in the list of parameters."""
    return True if type(found).__name__ == "_tuplegetter" else skip


def setup(app):
    app.connect("autodoc-skip-member", skip_fields)
