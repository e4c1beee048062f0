"""Colours of the plots."""

# Colour-blind readers can distinguish these; line styles and hatches do so in print.
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"

FRAME = "#b4bcc6"  # around an image
# The colours of the background and of the ink of a grey image. The background is not
# white, so that the edge of an image can be seen on a white page.
PAPER, INK = "#eef1f5", "#0b1d33"
