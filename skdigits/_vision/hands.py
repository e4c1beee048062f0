"""Simulated handwriting: the strokes of the ten digits, each with random variation.

The digits are written in the ways of many countries: 1 is a bar, or has an upstroke of
any length or a foot; 4 is open or closed; 7 may have a bar; 0 may have a slash.
"""

import functools
import re

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.linalg import block_diag

# Digit -> ways to write it. The points (x, y) on the path of the pen are in hundredths
# of the digit's height, from its upper left corner. "/" is a corner: the curve resumes
# at the point before it. ";" lifts the pen. "|" separates extremes of one way, between
# which the points of a hand lie.
WAYS = {
    0: (
        "40,2 15,17 4,52 15,87 34,99 55,84 63,49 55,15 38,2"
        "| 36,0 24,14 20,50 25,88 35,100 45,86 48,50 44,14 35,1"
        "| 44,2 8,12 -10,52 8,90 36,99 68,88 82,49 68,12 40,2",
        "30,4 10,22 4,56 14,88 33,99 53,86 60,52 52,18 30,3 22,6"
        "| 52,12 22,4 5,40 10,84 34,100 58,78 60,36 40,0 14,10 4,26",
        "37,3 20,8 6,32 3,60 13,89 31,99 50,88 59,57 57,32 49,15"
        "| 30,0 10,14 -6,36 -2,66 14,94 36,100 60,84 68,56 60,24 30,2",
        "40,2 15,17 4,52 15,87 34,99 55,84 63,49 55,15 38,2 ; 52,22 33,50 14,80"
        "| 40,2 15,17 4,52 15,87 34,99 55,84 63,49 55,15 38,2 ; 72,-4 34,50 -4,104",
        "37,3 14,16 3,50 13,86 34,99 54,86 63,50 54,14 37,2 ; 32,48 33,50 34,52",
    ),
    1: (
        "37,0 37,50 36,100 | 39,0 33,50 37,100",
        "30,9 34,4 38,0 / 37,50 35,100 | 4,42 22,24 38,0 / 37,50 35,100"
        "| 6,28 24,20 38,0 / 38,50 37,100",
        "4,42 22,24 38,0 / 37,50 35,100 | -12,62 14,36 38,0 / 36,50 34,100"
        "| -26,98 8,46 38,0 / 38,50 38,100 | -30,70 4,48 38,0 / 37,50 35,100",
        "22,20 30,11 38,0 / 38,50 37,100 ; 22,100 37,100 52,99"
        "| -6,50 18,26 38,0 / 38,50 37,100 ; 2,101 37,100 70,99"
        "| 30,9 34,4 38,0 / 38,50 37,100 ; 16,98 37,100 60,101",
        "37,0 37,50 37,100 ; 24,100 37,100 50,100"
        "| 38,0 37,50 36,100 ; 6,101 37,100 66,99",
    ),
    2: (
        "6,24 15,6 34,0 52,11 53,32 34,64 3,98 / 32,97 63,97"
        "| 2,18 20,2 44,2 58,18 52,40 28,68 0,96 / 26,90 66,100"
        "| 12,10 22,2 34,0 44,8 44,28 28,62 8,99 / 30,100 52,99",
        "7,22 18,4 37,1 53,14 48,40 26,74 7,95 3,90 13,84 34,94 64,95"
        "| 4,26 12,4 36,0 52,20 44,50 24,84 4,98 -8,84 8,70 32,94 68,92",
        "6,10 24,1 46,4 54,20 44,46 22,76 4,94 / 16,86 40,98 66,88"
        "| 4,16 18,0 40,2 50,18 42,44 22,78 6,97 / 20,92 42,95 70,78",
        "4,6 30,3 58,2 / 32,50 3,98 / 34,98 64,97",
    ),
    3: (
        "6,12 28,0 49,12 44,35 22,46 / 48,54 57,76 39,97 17,99 1,87"
        "| 2,16 26,0 52,16 46,40 34,47 / 56,56 64,78 44,99 16,98 -4,78"
        "| 10,8 28,1 42,12 38,34 10,44 / 40,50 50,76 36,98 18,100 6,94",
        "7,3 55,2 / 28,41 / 51,50 58,72 46,93 23,100 2,88"
        "| 2,4 60,1 / 32,38 / 60,48 66,74 50,96 22,101 -4,92"
        "| 8,2 48,4 / 22,44 / 44,50 50,72 40,92 20,99 4,96",
        "6,12 28,0 48,13 42,34 27,46 16,45 26,42 50,56 56,76 38,98 16,99 2,88"
        "| 2,18 26,0 50,16 40,38 22,52 10,46 24,40 54,58 58,80 36,100 12,98 -4,80",
    ),
    4: (
        "31,0 19,34 3,66 / 34,65 66,61 ; 50,36 46,70 43,101"
        "| 20,2 14,34 7,58 / 34,58 62,55 ; 55,4 52,50 48,100"
        "| 8,0 6,26 4,50 / 30,50 60,50 ; 58,-4 58,50 58,101"
        "| 40,0 18,34 -4,70 / 34,70 72,68 ; 52,46 48,72 46,96",
        "45,0 24,33 3,67 / 36,67 68,66 ; 46,0 46,50 46,101"
        "| 52,0 24,28 0,54 / 34,55 66,54 ; 52,2 48,50 44,101",
        "48,0 24,30 2,64 / 34,62 70,60 ; 40,36 39,66 36,101",
        "16,2 6,28 10,50 28,55 48,46 56,24 / 56,2 / 54,50 50,101"
        "| 10,4 8,36 18,56 36,56 50,46 55,26 / 57,0 / 53,50 47,101",
    ),
    5: (
        "15,4 10,43 / 31,35 53,46 58,70 44,93 22,99 2,90 ; 22,4 40,3 61,1"
        "| 18,8 12,40 / 32,34 52,44 56,70 42,94 20,100 0,94 ; 28,0 46,-2 70,-5"
        "| 14,4 8,48 / 30,42 48,52 52,72 40,94 20,99 6,94 ; 14,4 36,2 52,2",
        "58,2 17,4 / 12,42 / 34,36 56,51 56,76 38,97 18,98 3,91"
        "| 64,-2 20,4 / 10,48 / 34,36 62,52 60,82 36,101 10,98 -6,84"
        "| 48,4 16,4 / 14,40 / 30,40 48,54 48,76 34,96 20,99 8,97",
        "60,2 34,2 18,10 15,34 34,46 54,62 52,84 34,99 16,98 3,90"
        "| 66,4 40,0 16,8 10,30 30,46 46,62 44,86 26,99 10,98 -4,92",
    ),
    6: (
        "50,1 24,22 6,56 9,84 27,99 47,92 54,73 43,58 25,60 9,76"
        "| 60,6 24,12 2,50 6,86 28,100 56,90 62,66 44,52 22,58 4,76"
        "| 34,0 20,28 9,58 10,84 24,99 40,94 47,80 40,68 24,70 11,82",
        "42,0 18,30 5,66 13,93 32,99 49,88 49,68 34,58 17,65 9,80"
        "| 14,0 10,34 6,66 12,92 30,100 48,90 50,70 36,60 18,66 7,80",
        "48,2 24,20 8,54 9,84 28,99 48,90 50,70 34,60 16,70 16,92"
        "| 46,0 30,16 12,48 6,80 22,100 50,92 58,64 36,50 12,66 24,84",
    ),
    7: (
        "3,6 30,6 59,3 / 42,38 29,70 22,101 | 2,7 34,6 67,3 / 49,36 35,68 27,101"
        "| 8,2 30,2 54,2 / 52,36 50,68 48,101 | 2,12 28,2 62,8 / 42,34 24,66 6,98",
        "4,15 6,5 / 32,5 59,3 / 43,36 31,68 25,101"
        "| 2,28 4,4 / 32,4 62,2 / 50,36 42,68 38,101"
        "| 0,20 10,2 / 34,8 66,4 / 40,36 26,68 20,101",
        "3,6 30,6 59,3 / 42,38 29,70 22,101 ; 11,53 35,51 60,49"
        "| 2,4 30,5 64,2 / 50,36 38,68 30,101 ; 24,46 46,46 66,46"
        "| 6,3 30,3 54,2 / 46,36 42,68 40,101 ; 14,56 44,50 72,42",
        "4,15 6,5 / 32,5 59,3 / 43,36 31,68 25,101 ; 13,54 36,51 59,49"
        "| 0,28 4,4 / 32,4 62,2 / 50,36 42,68 38,101 ; 18,50 46,50 72,50",
        "0,14 14,2 32,8 62,2 / 42,34 30,66 28,101 ; 16,52 36,50 60,46",
    ),
    8: (
        "48,13 31,0 12,12 18,34 44,56 54,78 32,100 8,84 15,61 41,41 50,20 45,9"
        "| 54,16 34,0 8,12 14,32 48,58 60,82 32,100 2,86 12,60 46,40 60,14 52,2"
        "| 42,8 30,0 16,14 22,36 40,56 46,80 30,99 14,84 20,60 36,42 44,22 42,10",
        "30,45 12,30 15,9 33,0 48,12 46,31 28,46 9,66 10,90 31,100 52,88 53,66 30,45"
        "| 32,40 10,26 8,8 32,0 56,8 54,28 30,41 0,62 2,90 31,100 62,90 60,64 34,42",
        "52,8 32,0 14,12 20,34 44,56 54,78 32,100 8,84 15,61 38,44 56,26"
        "| 46,2 28,2 12,16 24,36 48,60 52,84 30,100 6,86 14,60 34,46 44,30"
        "| 54,14 36,0 12,8 16,32 44,54 56,80 34,100 10,88 14,64 34,44 40,26",
        "12,10 32,0 50,12 44,34 20,56 10,78 32,100 56,84 49,61 26,44 8,26"
        "| 14,20 36,2 52,14 40,36 16,60 12,84 34,100 58,86 50,60 28,44 18,34",
        "31,1 15,10 15,34 31,46 47,34 47,10 31,1 ; 31,47 9,60 9,88 31,100 53,88 53,60"
        " 31,47 | 33,0 18,12 18,36 33,52 48,36 48,12 33,0 ; 30,50 16,62 16,88 30,100"
        " 44,88 44,62 30,50",
    ),
    9: (
        "51,16 35,2 14,9 6,31 16,48 36,46 51,18 / 50,60 46,101"
        "| 53,10 30,0 4,8 0,34 16,50 40,46 53,14 / 53,56 53,101"
        "| 50,16 36,2 18,6 9,24 16,40 36,38 50,20 / 34,62 18,100",
        "52,17 37,2 15,9 6,30 17,48 38,45 52,19 55,52 46,84 27,100 8,93"
        "| 54,14 34,0 8,8 0,32 14,50 40,46 54,18 62,54 54,92 20,103 -18,80"
        "| 50,14 36,2 18,8 10,26 18,42 36,40 50,20 52,46 46,76 32,96 18,101"
        "| 52,16 36,1 14,8 8,30 20,46 40,42 53,22 58,62 36,96 8,96 6,80",
        "52,14 34,1 12,8 6,28 18,46 42,42 54,16 57,54 50,90 24,101 0,90 2,76"
        "| 52,12 32,0 8,8 2,26 16,42 42,38 54,14 64,54 56,94 16,104 -22,88 -12,70",
        "48,18 34,2 12,8 6,28 16,44 38,40 48,18 / 54,52 58,90 / 34,98 4,98"
        "| 40,14 28,0 8,8 6,26 18,38 34,30 40,14 / 54,48 76,88 / 44,97 12,98"
        "| 50,16 36,0 14,6 6,28 16,46 38,44 50,16 / 62,56 60,86 / 36,92 -4,100",
        "44,6 22,3 8,22 16,46 38,44 54,10 / 54,52 44,86 18,100"
        "| 40,4 16,6 4,32 18,52 42,42 56,2 / 56,54 48,92 4,94",
        "50,26 44,6 26,0 9,14 10,38 30,46 46,34 50,24 / 50,58 42,84 26,100"
        "| 54,30 46,4 24,0 4,14 8,40 32,48 50,34 54,26 / 58,62 40,98 -4,98",
    ),
}
N_WAYS = np.array([len(ways) for ways in WAYS.values()])
MAX_EXTREMES = 4
MAX_POINTS = 20  # of a way
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
        chosen = np.int64(rng.random(10) * N_WAYS)
        self._ways = [WAYS[digit][way] for digit, way in enumerate(chosen)]
        self._mixture = rng.exponential(size=(10, MAX_EXTREMES)) ** 2.5
        self._habits = rng.normal(0, 0.013, (10, MAX_POINTS, 2))
        self._slant = rng.normal(0.08, 0.1)
        self._width = rng.uniform(0.8, 1.15)

    def write(self, digit):
        """Write a digit about 1 high that stands on y = 0, its top at y = -1.

        Returns
        -------
        strokes : list of ndarray of shape (n_points, 3)
            Closely spaced points of each stroke: x, y, and the pen's pressure around 1.
        """
        curves = self.move_pen(digit)
        return [np.column_stack([c, self._pressure(len(c))]) for c in curves]

    def move_pen(self, digit):
        """Write a digit as in `write`, without the pen's pressure."""
        rng = self._rng
        slant = self._slant + rng.normal(0, 0.025)
        size = rng.normal(1, 0.035)
        width = self._width * size * rng.normal(1, 0.04)
        rise = rng.normal(0, 0.02)
        extremes, splines, ends = _parse(self._ways[digit])
        n_points = extremes.shape[1]
        weights = self._mixture[digit, : len(extremes)]
        points = np.einsum("e,epx->px", weights / weights.sum(), extremes)
        points += self._habits[digit, :n_points] + rng.normal(0, 0.01, (n_points, 2))
        points = splines @ points
        # One slow wave bends all strokes, so strokes that meet still meet.
        phase, bend = rng.uniform(0, 2 * np.pi, 2), rng.normal(0, 0.012, 2)
        points += bend * np.sin(3 * points[:, ::-1] + phase)
        shear = np.array([[width, 0], [-slant, size]])
        above = np.array([slant, rise - size])  # the top is 1 above the line
        return [
            (stroke + rng.normal(0, 0.012, 2)) @ shear + above
            for stroke in np.split(points, ends)
        ]

    def _pressure(self, n_points):
        """Compute a pressure that varies along the stroke and falls at its end."""
        along = np.linspace(0, 1, n_points)
        knots = self._rng.normal(1, 0.1, max(4, n_points // 40))
        pressure = np.interp(along, np.linspace(0, 1, len(knots)), knots)
        return np.clip(pressure, 0.75, 1.25) * (1 - 0.3 * along**6)


@functools.cache
def _parse(way):
    """Convert a way to points, and to a matrix that draws smooth curves through them.

    Returns
    -------
    extremes : ndarray of shape (n_extremes, n_points, 2)
        In heights of a digit.
    splines : ndarray of shape (n_curve_points, n_points)
        A natural spline with fixed parameters depends linearly on its points.
    ends : list of int
        Index after each stroke's last point on the curve, but not for the last stroke.
    """
    extremes = [re.split(r"[\s/;]+", extreme.strip()) for extreme in way.split("|")]
    points = np.array([[p.split(",") for p in e] for e in extremes], float) / 100
    middle = points.mean(axis=0)
    splines, start = [], 0
    for stroke in way.split("|")[0].split(";"):
        n_points = len(re.split(r"[\s/]+", stroke.strip()))
        rows, stop = [], start
        for run in stroke.split("/"):
            first, stop = max(stop - 1, start), stop + len(run.split())
            matrix = np.zeros((n_points, stop - first))
            matrix[first - start : stop - start] = np.eye(stop - first)
            rows.append(_spline(middle[first:stop]) @ matrix.T)
        splines.append(np.vstack(rows))
        start = stop
    ends = np.cumsum([len(spline) for spline in splines])[:-1]
    return points, block_diag(*splines), ends.tolist()


def _spline(points):
    """Compute the matrix of a natural spline through points: (n_curve, n_points)."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    distance = np.append(0, np.cumsum(lengths))
    spline = CubicSpline(distance, np.eye(len(points)), bc_type="natural")
    n_curve = round(distance[-1] / POINT_SPACING) + 1
    return spline(np.linspace(0, distance[-1], n_curve))
