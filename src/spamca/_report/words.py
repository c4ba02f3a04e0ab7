"""Numbers as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = "\N{EN DASH}"
"""What stands for a missing value."""


def count(number: float) -> str:
    """A whole number: ``"3,484"``."""
    return f"{int(number):,}"


def share(value: float) -> str:
    """A share of 1 in percent: ``"24 %"``, ``"0.4 %"``."""
    percent = 100 * float(value)
    if not np.isfinite(percent):
        return NONE
    percent = percent if abs(percent) >= 0.05 else abs(round(percent, 1))
    return f"{percent:.1f} %" if 0 < percent < 1 or 99 < percent < 100 else f"{percent:.0f} %"


def decimal(value: Any) -> str:
    """A number with three significant digits: ``"0.123"``, ``"-1.5"``, ``"2e-07"``."""
    number = float(value)
    if not np.isfinite(number):
        return NONE
    if number == 0:
        return "0"
    return (
        f"{number:.1e}"
        if not 1e-3 <= abs(number) < 1e6
        else f"{number:,.{max(0, 2 - int(np.floor(np.log10(abs(number)))))}f}"
    )


def number_of(n: int, what: str) -> str:
    """A number of things, their name in the plural where there are not one: ``"1 domain"``, ``"3,484 spots"``."""
    if n == 1:
        return f"1 {what}"
    return f"{count(n)} {what[:-1]}ies" if what.endswith("ty") else f"{count(n)} {what}s"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: ``"a, b and c"``."""
    *first, last = [str(name) for name in names] or [NONE]
    return f"{', '.join(first)} and {last}" if first else last


def plain(value: Any) -> str:
    """Any stored value in a cell of a table."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(plain, value)) if value else NONE
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return NONE if value is None else str(value)
