"""Simulated handwriting: the strokes of the ten digits, each with random variation.

The handwriting is European: 1 has an upstroke, 4 is open, and 7 may have a bar.
"""

import numpy as np
from scipy.interpolate import CubicSpline

# Digit -> ways to write it. The points (x, y) on the path of the pen are in hundredths
# of the digit's height, from its upper left corner. "/" is a corner: the curve resumes
# at the point before it. ";" lifts the pen.
SHAPES = {
    0: (
        "40,2 15,17 4,52 15,87 34,99 55,84 63,49 55,15 38,2",
        "30,4 10,22 4,56 14,88 33,99 53,86 60,52 52,18 30,3 22,6",
        "37,3 20,8 6,32 3,60 13,89 31,99 50,88 59,57 57,32 49,15",
    ),
    1: (
        "4,42 22,24 38,0 / 37,50 35,100",
        "2,34 18,20 31,0 / 31,50 30,100",
    ),
    2: (
        "6,24 15,6 34,0 52,11 53,32 34,64 3,98 / 32,97 63,97",
        "7,22 18,4 37,1 53,14 48,40 26,74 7,95 3,90 13,84 34,94 64,95",
    ),
    3: (
        "6,12 28,0 49,12 44,35 22,46 / 48,54 57,76 39,97 17,99 1,87",
        "7,3 55,2 / 28,41 / 51,50 58,72 46,93 23,100 2,88",
    ),
    4: (
        "31,0 19,34 3,66 / 34,65 66,61 ; 50,36 46,70 43,101",
        "20,2 14,34 7,58 / 34,58 62,55 ; 55,4 52,50 48,100",
    ),
    5: (
        "15,4 10,43 / 31,35 53,46 58,70 44,93 22,99 2,90 ; 22,4 40,3 61,1",
        "58,2 17,4 / 12,42 / 34,36 56,51 56,76 38,97 18,98 3,91",
    ),
    6: (
        "50,1 24,22 6,56 9,84 27,99 47,92 54,73 43,58 25,60 9,76",
        "42,0 18,30 5,66 13,93 32,99 49,88 49,68 34,58 17,65 9,80",
    ),
    7: (
        "3,6 30,6 59,3 / 42,38 29,70 22,101 ; 11,53 35,51 60,49",
        "4,15 6,5 / 32,5 59,3 / 43,36 31,68 25,101 ; 13,54 36,51 59,49",
        "2,7 34,6 67,3 / 49,36 35,68 27,101",
    ),
    8: (
        "48,13 31,0 12,12 18,34 44,56 54,78 32,100 8,84 15,61 41,41 50,20 45,9",
        "30,45 12,30 15,9 33,0 48,12 46,31 28,46 9,66 10,90 31,100 52,88 53,66 30,45",
    ),
    9: (
        "51,16 35,2 14,9 6,31 16,48 36,46 51,18 / 50,60 46,101",
        "52,17 37,2 15,9 6,30 17,48 38,45 52,19 55,52 46,84 27,100 8,93",
    ),
}
POINT_SPACING = 0.01  # along a stroke, in heights of a digit


class Hand:
    """Handwriting of one person, with a constant shape, slant and width of the digits.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the person's habits, and of the variation from digit to digit.
    """

    def __init__(self, rng):
        self._rng = rng
        self._shapes = {digit: rng.choice(ways) for digit, ways in SHAPES.items()}
        self._slant = rng.normal(0.08, 0.08)
        self._width = rng.uniform(0.85, 1.1)

    def write(self, digit):
        """Write a digit about 1 high that stands on y = 0, its top at y = -1.

        Returns
        -------
        strokes : list of ndarray of shape (n_points, 3)
            Closely spaced points of each stroke: x, y, and the pen's pressure around 1.
        """
        rng = self._rng
        slant = self._slant + rng.normal(0, 0.025)
        size = rng.normal(1, 0.035)
        width = self._width * size * rng.normal(1, 0.04)
        rise = rng.normal(0, 0.02)
        # One slow wave bends all strokes, so strokes that meet still meet.
        phase, bend = rng.uniform(0, 2 * np.pi, 2), rng.normal(0, 0.012, 2)
        strokes = []
        for stroke in self._shapes[digit].split(";"):
            points = self._curve(stroke) + rng.normal(0, 0.012, 2)
            points += bend * np.sin(3 * points[:, ::-1] + phase)
            x, y = points[:, 0], points[:, 1] - 1
            x = width * x - slant * y
            y = size * y + rise
            strokes.append(np.column_stack([x, y, self._pressure(len(x))]))
        return strokes

    def _curve(self, stroke):
        """Compute a smooth curve through the points of a stroke, moved at random."""
        curve = []
        start = np.empty((0, 2))
        for run in stroke.split("/"):
            points = np.array([pair.split(",") for pair in run.split()], float) / 100
            points += self._rng.normal(0, 0.013, points.shape)
            points = np.vstack([start, points])
            start = points[-1:]
            lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
            distance = np.append(0, np.cumsum(lengths))
            spline = CubicSpline(distance, points, bc_type="natural")
            length = distance[-1]
            n_points = round(length / POINT_SPACING) + 1
            curve.append(spline(np.linspace(0, length, n_points)))
        return np.vstack(curve)

    def _pressure(self, n_points):
        """Compute a pressure that varies along the stroke and falls at its end."""
        knots = max(4, n_points // 40)
        pressure = CubicSpline(np.arange(knots), self._rng.normal(1, 0.1, knots))
        along = np.linspace(0, 1, n_points)
        lifted = 1 - 0.3 * along**6
        return np.clip(pressure(along * (knots - 1)), 0.75, 1.25) * lifted
