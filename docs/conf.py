"""Sphinx builds the documentation offline:

sphinx-build -W -n docs docs/_build
"""

import os
import sys
import warnings

sys.path.insert(0, os.path.abspath(".."))

import skdigits
import skdigits._keras  # starts TensorFlow in silence

project = "skdigits"
author = "The skdigits developers"
copyright = author
release = version = skdigits.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "myst_parser",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
default_role = "autolink"
nitpicky = True
# What numpydoc's type descriptions and inherited docstrings refer to is elsewhere.
nitpick_ignore_regex = [
    (r"py:.*", r"(sklearn|numpy|optuna|keras|pandas|matplotlib|tensorflow)(\..*)?"),
    (r"py:class", r".*"),
]
myst_heading_anchors = 3
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "remove_config_comments": True,
    "capture_repr": ("_repr_html_",),  # a Display is its picture
}
suppress_warnings = ["config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_align": "left",
}

warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
