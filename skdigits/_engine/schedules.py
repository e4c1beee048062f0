"""Learning-rate schedules by name: progress of the training -> factor of the rate.

Progress is 0 at the first batch and 1 after the last one. "plateau" depends on a metric
in place of the progress; Keras implements it.

References
----------
.. [1] L. N. Smith and N. Topin, "Super-Convergence: Very Fast Training of Neural
   Networks Using Large Learning Rates", 2018, https://arxiv.org/abs/1708.07120
.. [2] I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm
   Restarts", ICLR 2017, https://arxiv.org/abs/1608.03983
"""

import math
from typing import Literal

WARM_UP = 0.25  # fraction of a one-cycle training in which the rate rises
WARM_UP_FROM = 0.1  # the factor that it rises from


def constant(progress):
    """Keep the rate."""
    return 1.0


def linear(progress):
    """Fall in a straight line to zero."""
    return 1.0 - progress


def cosine(progress):
    """Fall along half a cosine to zero [2]_."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def one_cycle(progress):
    """Rise for a quarter of the training, then fall linearly to zero [1]_."""
    if progress < WARM_UP:
        return WARM_UP_FROM + (1.0 - WARM_UP_FROM) * progress / WARM_UP
    return (1.0 - progress) / (1.0 - WARM_UP)


BY_PROGRESS = {
    "constant": constant,
    "cosine": cosine,
    "linear": linear,
    "one_cycle": one_cycle,
}

SCHEDULES = (*BY_PROGRESS, "plateau")

# The same names for type checkers, which cannot read the table.
ScheduleName = Literal["constant", "cosine", "linear", "one_cycle", "plateau"]
