r"""Values of points carried to spots by their shares.

.. math:: x'_{i} = \frac{\sum_j s_{ij} x_j}{\sum_j s_{ij}} \;\text{(intensities)}, \qquad
    (x'_{1j}, x'_{2j}, \dots) \sim \operatorname{Multinomial}(x_j; p_{1j}, p_{2j}, \dots), \quad
    p_{ij} = \frac{s_{ij}}{\sum_k s_{kj}} \;\text{(counts)}

and the counts of a spot are the sum of what its points give to it. Counts so divided stay counts: whole numbers, none of them
counted twice, with the noise of each spot its own. Means would give neighbours the same noise, which looks like what
neighbours share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from spamca.features import Blocks, is_counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spamca.onto.weights import Shares

VALUES = 2**23
"""Values of the points that are worked on together."""

MEANS, SUMS = "mean", "sum"
"""What becomes of the values of several points: intensities are averaged, counts are divided and summed."""


def carried(X: Any, shares: Shares, how: str, random_state: int) -> Any:
    """Values (n_points, n_features) carried to spots, (n_spots, n_features), float32; zero where a spot is not covered.

    X is an array, sparse, or :class:`spamca.features.Blocks`; the result is sparse where X is. ``how`` is ``"mean"`` or ``"sum"``;
    sums need whole numbers.
    """
    n_spots, n_features = shares.divided.shape[0], X.shape[1]
    as_sparse = X.sparse if isinstance(X, Blocks) else sparse.issparse(X)
    weights = shares.means() if how == MEANS else None
    rng = np.random.default_rng(random_state)
    out: Any = sparse.csr_matrix((n_spots, n_features)) if as_sparse else np.zeros((n_spots, n_features))
    begin = 0
    for rows in _parts(X):
        here = slice(begin, begin + rows.shape[0])
        if weights is not None:
            out += weights[:, here] @ rows
        else:
            given = sparse.csr_matrix(rows)
            dealt = divided(given, sparse.csc_matrix(shares.divided[:, here]), rng)
            dealt = dealt + sparse.csr_matrix(shares.whole[:, here]) @ given
            out += dealt if as_sparse else dealt.toarray()
        begin = here.stop
    return sparse.csr_matrix(out, dtype=np.float32) if as_sparse else np.asarray(out, dtype=np.float32)


def how_of(X: Any) -> str:
    """Whether values are counts, to be summed, or intensities, to be averaged."""
    return SUMS if is_counts(X) else MEANS


def divided(counts: sparse.csr_matrix, shares: sparse.csc_matrix, rng: np.random.Generator) -> sparse.csr_matrix:
    """Each count of a point (n_points, n_features) given to one of the spots that share it, (n_spots, n_features).

    Drawn spot by spot from what is left, as a multinomial is by binomials.
    """
    left, row = np.rint(counts.data).astype(np.int64), np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    number, remaining = np.diff(shares.indptr), np.asarray(shares.sum(axis=0)).ravel()
    out = sparse.csr_matrix((shares.shape[0], counts.shape[1]))
    for step in range(number.max(initial=0)):
        more = number > step
        at = shares.indptr[:-1][more] + step
        spot, share = np.zeros(len(number), dtype=np.int64), np.zeros(len(number))
        spot[more], share[more] = shares.indices[at], shares.data[at]
        last = number == step + 1  # takes all that is left, whatever rounding says
        chance = np.where(last, 1.0, np.clip(share / np.where(remaining > 0, remaining, 1), 0, 1)) * more
        remaining = remaining - share
        drawn = rng.binomial(left, chance[row])
        left -= drawn
        some = drawn > 0
        place = (spot[row[some]], counts.indices[some])
        out += sparse.csr_matrix((drawn[some].astype(np.float64), place), shape=out.shape)
    return out


def _parts(X: Any) -> Iterator[Any]:
    """Blocks of rows, no larger than a number of values."""
    for block in X if isinstance(X, Blocks) else (X,):
        if sparse.issparse(block):
            rows = sparse.csr_matrix(block)
            size = max(1, VALUES // max(1, rows.nnz // max(1, rows.shape[0])))
        else:
            rows, size = np.asarray(block), max(1, VALUES // max(1, block.shape[1]))
        for begin in range(0, rows.shape[0], size):
            yield rows[begin : begin + size]
