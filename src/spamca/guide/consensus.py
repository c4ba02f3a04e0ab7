"""Consensus of several runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spamca.guide.guide import Guide, guide

if TYPE_CHECKING:
    from collections.abc import Sequence


def guide_of_runs(*arguments: Any, n_runs: int = 1, random_state: int = 0, **options: Any) -> Guide:
    """Run :func:`~spamca.guide.guide` several times and let the runs agree.

    Parameters
    ----------
    arguments, options
        Those of :func:`~spamca.guide.guide`.
    n_runs
        Number of runs. More cost time in proportion, and leave less to the seed.
    random_state
        Seed of the first run; the others have the seeds after it.

    Returns
    -------
    The mean assignment, and the record of the run of highest objective.
    """
    runs = [guide(*arguments, random_state=random_state + run, **options) for run in range(n_runs)]
    best = max(range(n_runs), key=lambda run: runs[run].record.get("objective", 0.0))
    if n_runs == 1:
        return runs[0]
    mean = consensus([run.assignment for run in [runs[best], *runs[:best], *runs[best + 1 :]]])
    return Guide(mean, runs[best].record, runs[best].blocks)


def consensus(assignments: Sequence[np.ndarray]) -> np.ndarray:
    r"""Mean of assignments whose clusters carry different numbers.

    .. math:: \bar q_{ik} = \frac{1}{R} \sum_r q^r_{i \pi_r(k)}

    with :math:`\pi_r` the matching of clusters that shares most with the first (Kuhn 1955).

    Parameters
    ----------
    assignments
        Each (n, K), rows summing to one; the first gives the numbers.

    Returns
    -------
    Float32 of shape (n, K), rows summing to one. Its largest value in a row tells how far the runs agree on that spot.
    """
    from scipy.optimize import linear_sum_assignment

    first = np.asarray(assignments[0], dtype=np.float64)
    mean = first.copy()
    for other in assignments[1:]:
        mean += other[:, linear_sum_assignment(first.T @ other, maximize=True)[1]]
    return (mean / len(assignments)).astype(np.float32)
