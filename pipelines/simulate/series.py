"""How do shocks follow one another over years: stationary autoregressive series."""

import math

import numpy as np

from pipelines.simulate.days import Numbers


def draw_autoregressive(rng: np.random.Generator, series_count: int, length: int, *, correlation: float) -> Numbers:
    """Stationary AR(1) series with mean 0 and SD 1, shape (series_count, length).

    `correlation` is that of neighbouring entries, between -1 and 1.
    """
    series = rng.normal(size=(series_count, length))
    for place in range(1, length):
        series[:, place] = correlation * series[:, place - 1] + math.sqrt(1 - correlation**2) * series[:, place]
    return series
