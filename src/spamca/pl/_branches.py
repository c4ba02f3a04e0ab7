"""Where the domains of a tree stand: bars as wide as their sizes, children under their parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

GAP = 0.2
"""Share of the width that lies between the domains of the finest level."""


class Bar(NamedTuple):
    """A domain at a level: its left and right end in [0, 1], and the part of the bar of its parent that it comes from."""

    level: int
    domain: str
    left: float
    right: float
    above: tuple[float, float] | None


def bars(nodes: pd.DataFrame) -> list[Bar]:
    """Bars of the nodes of a tree, with columns ``level``, ``domain``, ``parent`` and ``n_spots``, coarsest level first.

    The finest level fills the width, with equal gaps. A domain of another level stands over the middle of the domains that it holds.
    """
    levels = sorted(nodes["level"].unique())
    of_level = {level: nodes[nodes["level"] == level].set_index("domain") for level in levels}
    order = _orders(of_level)
    leaves = of_level[levels[-1]]["n_spots"]
    unit = (1 - GAP * (len(leaves) > 1)) / leaves.sum()
    gap = GAP / max(len(leaves) - 1, 1)
    left = 0.0
    span: dict[str, tuple[float, float]] = {}
    for domain in order[levels[-1]]:
        span[domain] = left, left + unit * leaves[domain]
        left = span[domain][1] + gap
    ends: dict[int, dict[str, tuple[float, float]]] = {}
    for level, finer in zip(reversed(levels), [None, *reversed(levels)], strict=False):
        if finer is not None:
            parents = of_level[finer]["parent"]
            held = {domain: [span[own] for own in order[finer] if parents[own] == domain] for domain in order[level]}
            span = {domain: (own[0][0], own[-1][1]) for domain, own in held.items()}
        ends[level] = {}
        for domain in order[level]:
            centre, half = sum(span[domain]) / 2, unit * of_level[level]["n_spots"][domain] / 2
            ends[level][domain] = float(centre - half), float(centre + half)
    return [bar for level in levels for bar in _level(level, of_level[level], order[level], ends, unit)]


def _level(
    level: int, nodes: pd.DataFrame, order: list[str], ends: dict[int, dict[str, tuple[float, float]]], unit: float
) -> list[Bar]:
    out: list[Bar] = []
    coarser = max((other for other in ends if other < level), default=None)
    begun: dict[str, float] = {} if coarser is None else {domain: left for domain, (left, _) in ends[coarser].items()}
    for domain in order:
        above = None
        if coarser is not None:
            parent = nodes["parent"][domain]
            above = begun[parent], begun[parent] + unit * nodes["n_spots"][domain]
            begun[parent] = above[1]
        out.append(Bar(int(level), domain, *ends[level][domain], above))
    return out


def _orders(of_level: dict[int, pd.DataFrame]) -> dict[int, list[str]]:
    """Domains of each level from left to right: the first by falling size, then each in the place of its parent, which keeps its name."""
    out: dict[int, list[str]] = {}
    before: list[str] = []
    for level, nodes in of_level.items():
        if not before:
            before = list(nodes.sort_values("n_spots", ascending=False, kind="stable").index)
        else:
            children = {parent: list(own.index) for parent, own in nodes.groupby("parent", sort=False)}
            before = [own for parent in before for own in sorted(children[parent], key=parent.__ne__)]
        out[level] = before
    return out
