"""Ends of the colour map of numbers, as scanpy takes them: numbers, percentiles, functions of the values."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import Normalize, TwoSlopeNorm

from spamca.pl._arguments import is_list, is_number

Bound = float | str | Callable[[np.ndarray], float] | None
"""A number, ``"p"`` and a percentile, a function of the values, or None for what is usual."""

LOW, HIGH = "p1", "p99"
"""Usual ends, so that outliers cost no contrast."""


@dataclass(frozen=True)
class Ends:
    """Ends and middle of the colour map of one colouring, or the norm that takes their place; ValueError if they are none."""

    vmin: Bound = None
    vmax: Bound = None
    vcenter: Bound = None
    norm: Normalize | None = None

    def __post_init__(self) -> None:
        for name in ("vmin", "vmax", "vcenter"):
            _check_bound(name, getattr(self, name))
        if not isinstance(self.norm, (Normalize, type(None))):
            msg = f"norm must be a norm of matplotlib.colors, such as LogNorm(), or None, got {self.norm!r}"
            raise TypeError(msg)
        if self.norm is not None and any(end is not None for end in (self.vmin, self.vmax, self.vcenter)):
            msg = "norm takes the place of vmin, vmax and vcenter; give the ends to the norm: Normalize(vmin=..., vmax=...)"
            raise ValueError(msg)
        numbers = [one for one in (self.vmin, self.vcenter, self.vmax) if is_number(one)]
        if not all(np.diff(np.asarray(numbers, dtype=np.float64)) > 0):
            msg = f"vmin, vcenter and vmax must rise, got vmin={self.vmin!r}, vcenter={self.vcenter!r}, vmax={self.vmax!r}"
            raise ValueError(msg)

    def scale(self, values: np.ndarray, name: str = "values") -> Normalize:
        """The norm of values (n,), of which those that are not finite do not count; ``name`` is theirs in messages.

        Percentiles that fall together give way to the range, as of probabilities that are nearly all one.
        """
        known = values[np.isfinite(values)]
        if self.norm is not None:
            norm = copy(self.norm)  # the caller's keeps its open ends for other values
            if len(known):
                norm.autoscale_None(known)
            return norm
        if not len(known):
            return Normalize(0, 1)
        low, high = _value(self.vmin, known, LOW), _value(self.vmax, known, HIGH)
        if np.isclose(low, high, rtol=1e-3, atol=0):
            low = float(known.min()) if self.vmin is None or isinstance(self.vmin, str) else low
            high = float(known.max()) if self.vmax is None or isinstance(self.vmax, str) else high
        if low == high:
            low, high = (low if is_number(self.vmin) else low - 0.5), (high if is_number(self.vmax) else high + 0.5)
        if low > high:
            msg = (
                f"vmin={self.vmin!r} is {low:g} and vmax={self.vmax!r} is {high:g} for {name!r}; vmin must be the lower"
            )
            raise ValueError(msg)
        if self.vcenter is None:
            return Normalize(low, high)
        return self._about(low, _value(self.vcenter, known, HIGH), high, name)

    def _about(self, low: float, center: float, high: float, name: str) -> Normalize:
        """The norm with a middle; an end that is no number is moved to its other side where it is not there."""
        reach = max(high - center, center - low)
        if low >= center and not is_number(self.vmin):
            low = center - reach
        if high <= center and not is_number(self.vmax):
            high = center + reach
        if not low < center < high:
            msg = (
                f"vcenter={self.vcenter!r} is {center:g} for {name!r}, which does not lie between {low:g} and {high:g}"
            )
            raise ValueError(msg)
        return TwoSlopeNorm(center, low, high)


def find_ends(n: int, vmin: Any, vmax: Any, vcenter: Any, norm: Any) -> list[Ends]:
    """Ends of each of n colourings, from one for all or a list with one for each (TypeError, ValueError)."""
    given = {"vmin": vmin, "vmax": vmax, "vcenter": vcenter, "norm": norm}
    for name, value in given.items():
        if not is_list(value):
            given[name] = [value] * n
        elif len(value) != n:
            msg = f"{name} has {len(value)} entries, but there are {n} colours; give each one, or one for all, got {value!r}"
            raise ValueError(msg)
    return [Ends(**{name: value[i] for name, value in given.items()}) for i in range(n)]


def scale_about_zero(values: np.ndarray) -> Normalize:
    """Ends of a colour map whose middle is at zero, as far apart as all but the most extreme values reach."""
    known = np.abs(values[np.isfinite(values)])
    reach = float(np.percentile(known, 98)) if len(known) else 1.0
    return Normalize(-(reach or 1.0), reach or 1.0)


def _check_bound(name: str, value: Any) -> None:
    if value is None or callable(value) or is_number(value) or _percentile(value) is not None:
        return
    msg = f"{name} must be a number, a percentile such as 'p1' or 'p99.5', a function of the values, or None, got {value!r}"
    raise ValueError(msg)


def _percentile(value: Any) -> float | None:
    """The percentile that a text names, None where it names none."""
    if not isinstance(value, str) or not value.startswith("p"):
        return None
    try:
        number = float(value[1:])
    except ValueError:
        return None
    return number if 0 <= number <= 100 else None


def _value(bound: Bound, known: np.ndarray, usual: str) -> float:
    """A bound as a number, of values (n,)."""
    bound = usual if bound is None else bound
    if callable(bound):
        found = bound(known)
        if not is_number(found) or not np.isfinite(found):
            msg = f"a function that gives an end of the colours must give a finite number, got {found!r}"
            raise ValueError(msg)
        return float(found)
    percentile = _percentile(bound)
    return float(bound if percentile is None else np.percentile(known, percentile))
