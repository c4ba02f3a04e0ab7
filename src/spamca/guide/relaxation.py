"""Relaxation of a field: assignments that follow their features and their neighbours, many side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.blocks import Block

OUTLIER = 1e-3
"""Least probability that the features of a spot leave to a domain before its neighbours are heard."""

PRIOR = 50.0
"""Spots that the covariance within all domains counts for, where each domain has a covariance of its own."""

_RIDGE = 1e-5  # of each component's variance: single precision resolves no less
_INNER_STEPS = 4
_ROWS = 2**12


@dataclass(frozen=True)
class Gaussians:
    """What the domains look like in one modality.

    Parameters
    ----------
    means
        Shape (K, r), float32.
    covariances
        Shape (K, r, r), float64.
    """

    means: np.ndarray
    covariances: np.ndarray

    def whitening(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each domain the map (K, r, r) that makes its covariance the identity, and the log determinant (K,) of that."""
        roots = np.linalg.cholesky(self.covariances)
        volume = 2 * np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
        return np.linalg.inv(roots).transpose(0, 2, 1).astype(np.float32), volume.astype(np.float32)


class Relaxation:
    r"""Steps of the mean field, in single precision.

    .. math::
        q_{ik} \leftarrow \tfrac12 q_{ik} + \tfrac12 \frac{(\epsilon + p_{ik}) e^{h_{ik}}}{\sum_l (\epsilon + p_{il}) e^{h_{il}}},
        \qquad h_{ik} = \beta \sum_j a_{ij} q_{jk},

    halfway, as whole steps may swing; p as in :class:`~spamca.guide.field.Field`, estimated anew after every few.

    Parameters
    ----------
    blocks
        Components of the modalities.
    pull
        What each neighbour counts for, sparse of shape (n, n); rows add up to little enough for an exponential.
    """

    def __init__(self, blocks: Sequence[Block], pull: csr_matrix) -> None:
        self._blocks = blocks
        self._pull = pull.astype(np.float32)
        # A column beside each block tells who has the modality: one product gives sums and sizes, another the scores.
        ends = np.cumsum([block.values.shape[1] + 1 for block in blocks])
        self._columns = [slice(e - block.values.shape[1] - 1, e - 1) for e, block in zip(ends, blocks, strict=True)]
        self._features = np.empty((pull.shape[0], ends[-1] if len(ends) else 0), dtype=np.float32)
        for columns, block in zip(self._columns, blocks, strict=True):
            self._features[:, columns] = block.values
            self._features[:, columns.stop] = 1 if block.present is None else block.present

    def run(self, assignments: np.ndarray, n_steps: int, tol: float) -> np.ndarray:
        """Follow B assignments (n, K, B) with one covariance for all domains, each until it rests; the same shape."""
        out = np.array(assignments, dtype=np.float32, order="C")
        now, going = out, np.arange(out.shape[2])
        for _ in range(n_steps):
            after = self._settle(self.emission(now), now)
            moved = _change(now, after) >= tol
            if moved.all():
                now = after
                continue
            out[:, :, going[~moved]] = after[:, :, ~moved]
            now, going = np.ascontiguousarray(after[:, :, moved]), going[moved]
            if not len(going):
                return out
        if len(going) == out.shape[2]:
            return now
        out[:, :, going] = now
        return out

    def run_own(self, assignment: np.ndarray, n_steps: int, tol: float) -> np.ndarray:
        """Follow one assignment (n, K) with a covariance for each domain; the same shape."""
        now = np.asarray(assignment, dtype=np.float32)[:, :, None]
        for _ in range(n_steps):
            after = self._settle(self._emission_of_each(now[:, :, 0])[:, :, None], now)
            moved, now = _change(now, after)[0] >= tol, after
            if not moved:
                break
        return now[:, :, 0]

    def emission(self, assignments: np.ndarray) -> np.ndarray:
        """Probabilities p of the domains by the features alone, with one covariance, from assignments (n, K, B)."""
        n, k, b = assignments.shape
        gain = np.zeros((self._features.shape[1], k, b), dtype=np.float32)
        for block, columns, means, within, _ in self._moments(assignments):
            toward = np.linalg.solve(within, means.transpose(0, 2, 1))
            gain[columns] = block.weight * toward.transpose(1, 2, 0)
            gain[columns.stop] = -0.5 * block.weight * (means.transpose(0, 2, 1) * toward).sum(axis=1).T
        score = gain.reshape(-1, k * b).T @ self._features.T
        return np.ascontiguousarray(_softmax(score.reshape(k, b, n)).transpose(2, 0, 1))

    def _moments(self, assignments: np.ndarray) -> Iterator[tuple[Block, slice, np.ndarray, np.ndarray, np.ndarray]]:
        """Of each block its columns, means (B, K, r), covariance within domains (B, r, r) and sizes (B, K)."""
        n, k, b = assignments.shape
        sums = (self._features.T @ assignments.reshape(n, k * b)).reshape(-1, k, b).transpose(2, 1, 0)
        sums = sums.astype(np.float64)
        for block, columns in zip(self._blocks, self._columns, strict=True):
            size = sums[:, :, columns.stop]
            means = sums[:, :, columns] / np.maximum(size, 1e-12)[:, :, None]
            between = means.transpose(0, 2, 1) @ (means * size[:, :, None])
            within = block.total - between / np.maximum(size.sum(axis=1), 1e-12)[:, None, None]
            yield block, columns, means, within + _RIDGE * np.diag(np.diag(block.total)), size

    def run_known(self, gaussians: Sequence[Gaussians], n_steps: int, tol: float) -> np.ndarray:
        """Follow the field from its features alone with means and covariances that stay as they are: (n, K)."""
        emission = self._emission_under(gaussians)
        now = emission[:, :, None]
        for _ in range(n_steps):
            after = self._settle(emission[:, :, None].copy(), now)
            moved, now = _change(now, after)[0] >= tol, after
            if not moved:
                break
        return now[:, :, 0]

    def gaussians(self, assignment: np.ndarray) -> list[Gaussians]:
        """Means and covariances of each domain from an assignment (n, K), one for each block."""
        out = []
        for _, columns, (means,), (within,), (size,) in self._moments(assignment[:, :, None]):
            centres, spread = means.astype(np.float32), np.tile(PRIOR * within, (len(means), 1, 1))
            self._add_scatter(spread, columns, centres, assignment)
            out.append(Gaussians(centres, spread / (PRIOR + size)[:, None, None]))
        return out

    def _add_scatter(self, spread: np.ndarray, columns: slice, centres: np.ndarray, assignment: np.ndarray) -> None:
        """Add to (K, r, r) the outer products of what an assignment (n, K) leaves of a block around centres (K, r)."""
        for rows, values, has in self._chunks(columns):
            for k, centre in enumerate(centres):
                left = values - centre
                spread[k] += left.T @ (left * (assignment[rows, k] * has)[:, None])

    def squared_distances(self, gaussians: Sequence[Gaussians]) -> Iterator[np.ndarray]:
        """For each block the squared Mahalanobis distance of each spot to each domain, float32 of shape (K, n).

        It is zero where the spot lacks the modality.
        """
        for columns, known in zip(self._columns, gaussians, strict=True):
            whitening = known.whitening()[0]
            squared = np.empty((len(known.means), len(self._features)), dtype=np.float32)
            for rows, values, has in self._chunks(columns):
                for k, centre in enumerate(known.means):
                    white = (values - centre) @ whitening[k]
                    squared[k, rows] = has * np.einsum("ij,ij->i", white, white)
            yield squared

    def _emission_of_each(self, assignment: np.ndarray) -> np.ndarray:
        return self._emission_under(self.gaussians(assignment))

    def _emission_under(self, gaussians: Sequence[Gaussians]) -> np.ndarray:
        score = np.zeros((len(gaussians[0].means), len(self._features)), dtype=np.float32)
        for block, columns, known in zip(self._blocks, self._columns, gaussians, strict=True):
            whitening, volume = known.whitening()
            for rows, values, has in self._chunks(columns):
                for k, centre in enumerate(known.means):
                    white = (values - centre) @ whitening[k]
                    score[k, rows] -= 0.5 * block.weight * has * (np.einsum("ij,ij->i", white, white) + volume[k])
        return np.ascontiguousarray(_softmax(score).T)

    def _chunks(self, columns: slice) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Some rows of a block at a time, and who of them has it: so many spots stay in the processor's cache."""
        for begin in range(0, len(self._features), _ROWS):
            rows = slice(begin, begin + _ROWS)
            yield rows, np.ascontiguousarray(self._features[rows, columns]), self._features[rows, columns.stop]

    def _settle(self, emission: np.ndarray, assignments: np.ndarray) -> np.ndarray:
        """A few steps, p held: both (n, K, B); overwrites the first."""
        n, k, b = assignments.shape
        now, emission = assignments.reshape(n, k * b), emission.reshape(n, k * b)
        emission += OUTLIER
        # Twice the sum over the domains, beside each of them: a product is faster than sums of short rows.
        sums = np.kron(np.full((k, k), 2, dtype=np.float32), np.eye(b, dtype=np.float32))
        for _ in range(_INNER_STEPS):
            score = self._pull @ now
            np.exp(score, out=score)
            score *= emission
            score /= score @ sums
            now = 0.5 * now
            now += score
        return now.reshape(n, k, b)


def _change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Mean change of each of B assignments (n, K, B)."""
    n, k, _ = before.shape
    difference = np.subtract(before, after)
    return np.einsum("nkb->b", np.abs(difference, out=difference)) / (n * k)


def _softmax(score: np.ndarray) -> np.ndarray:
    """Probabilities over the first axis of scores, in place."""
    score -= score.max(axis=0)
    np.exp(score, out=score)
    score /= score.sum(axis=0)
    return score
