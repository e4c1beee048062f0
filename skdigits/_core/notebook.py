"""Text in a notebook that changes while the work goes on, and stays when it is done.

It needs no widgets, and an exported notebook has what it said last.
"""

import time
import uuid

INTERVAL = 0.5  # seconds between two changes that need not be seen


class NotebookText:
    """The output of a cell: one text, replaced as often as there is news."""

    def __init__(self):
        self._display_id = uuid.uuid4().hex
        self._is_shown = False
        self._last = 0.0

    def show(self, lines, *, at_once=True):
        """Replace the text.

        Parameters
        ----------
        lines : list of str
        at_once : bool, default=True
            Whether it is shown however short a time ago the last change was.
        """
        from IPython.display import display

        now = time.monotonic()
        if not at_once and now - self._last < INTERVAL:
            return
        text = {"text/plain": "\n".join(lines)}
        display(text, raw=True, display_id=self._display_id, update=self._is_shown)
        self._is_shown, self._last = True, now
