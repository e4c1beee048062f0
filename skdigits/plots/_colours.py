"""Colours of the plots."""

# Told apart by the colour-blind, and in print by the styles that go with them.
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"

FRAME = "#b4bcc6"  # around an image
# From the paper of a grey image to its ink. The paper is not white, so that one sees
# where an image ends on a white page.
PAPER, INK = "#eef1f5", "#0b1d33"
