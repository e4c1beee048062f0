"""Sphinx extension: the directive ``example-figure`` shows a figure of the gallery.

    ```{example-figure} what_it_gets_wrong 2
    :alt: Six digits, each with the label that was predicted and the true one
    ```

The first argument is the end of the example's file name, the second counts its figures.
A build that does not run the examples (-D plot_gallery=0) leaves the figure out.
"""

from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)


class ExampleFigure(SphinxDirective):
    """Figure with a link to the example below it."""

    required_arguments = 2
    option_spec = {"alt": str}

    def run(self):
        example, number = self.arguments
        source = Path(self.env.srcdir)
        pattern = f"plot_*{example}_{int(number):03}.png"
        found = sorted(source.glob(f"auto_examples/images/sphx_glr_{pattern}"))
        if len(found) != 1:
            if self.config.sphinx_gallery_conf["plot_gallery"]:
                logger.warning(
                    "%d figures of the gallery are called %s, not one",
                    len(found),
                    pattern,
                    location=self.get_location(),
                )
            return []
        name = found[0].name.removeprefix("sphx_glr_").rpartition("_")[0]
        image = nodes.image(
            uri=f"/auto_examples/images/{found[0].name}", alt=self.options["alt"]
        )
        caption = nodes.caption()
        content, _ = self.parse_inline(f"Drawn by {{doc}}`/auto_examples/{name}`.")
        caption += content
        return [nodes.figure("", image, caption, classes=["example-figure"])]


def setup(app):
    app.add_directive("example-figure", ExampleFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
