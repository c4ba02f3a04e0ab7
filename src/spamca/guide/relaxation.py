"""Relaxation of a field: assignments that follow their features and their neighbours, many side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scipy.sparse import csr_matrix

    from spamca.guide.statistics import Statistics

OUTLIER = 1e-3
"""Least probability that the features of a spot leave to a domain before its neighbours are heard."""

PRIOR = 50.0
"""Spots that the covariance within all domains counts for, where each domain has a covariance of its own."""

_INNER_STEPS = 4
_ROWS = 2**10


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

    def quadratic(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Squared distances as a function of features: of their products (K, r(r + 1)/2), themselves (K, r), and constant (K,)."""
        precision = np.linalg.inv(self.covariances)
        toward = np.einsum("kij,kj->ki", precision, self.means)
        one, other = np.triu_indices(self.means.shape[1])
        twice = np.where(one == other, 1.0, 2.0)
        return twice * precision[:, one, other], -2 * toward, (toward * self.means).sum(axis=1)

    def log_det(self) -> np.ndarray:
        """Log determinant of each covariance, (K,)."""
        return np.linalg.slogdet(self.covariances)[1]


class Relaxation:
    r"""Steps of the mean field, in single precision.

    .. math::
        q_{ik} \leftarrow \tfrac12 q_{ik} + \tfrac12 \frac{(\epsilon + p_{ik}) e^{h_{ik}}}{\sum_l (\epsilon + p_{il}) e^{h_{il}}},
        \qquad h_{ik} = \beta \sum_j a_{ij} q_{jk},

    halfway, as whole steps may swing; p as in :class:`~spamca.guide.field.Field`, estimated anew after every few.

    Parameters
    ----------
    statistics
        Components of the modalities.
    pull
        What each neighbour counts for, sparse of shape (n, n); rows add up to little enough for an exponential. None for a mixture,
        in which neighbours are not heard.
    """

    def __init__(self, statistics: Statistics, pull: csr_matrix | None) -> None:
        self._statistics, self._pull = statistics, None if pull is None else pull.astype(np.float32, copy=False)
        self._blocks, self._columns, self._features = statistics.blocks, statistics.columns, statistics.features

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

    def mixture(self, assignments: np.ndarray, n_steps: int, tol: float) -> np.ndarray:
        """Follow B assignments (n, K, B) of a mixture with one covariance, in which neighbours are not heard; the same shape."""
        now = np.asarray(assignments, dtype=np.float32)
        for _ in range(n_steps):
            before, now = now, self.emission(now, sized=True)
            if _change(before, now).max() < tol:
                break
        return now

    def run_own(self, assignment: np.ndarray, n_steps: int, tol: float) -> np.ndarray:
        """Follow one assignment (n, K) with a covariance for each domain; the same shape."""
        now = np.asarray(assignment, dtype=np.float32)[:, :, None]
        for _ in range(n_steps):
            after = self._settle(self._emission_of_each(now[:, :, 0])[:, :, None], now)
            moved, now = _change(now, after)[0] >= tol, after
            if not moved:
                break
        return now[:, :, 0]

    def emission(self, assignments: np.ndarray, *, sized: bool = False) -> np.ndarray:
        """Probabilities of the domains by the features alone, with one covariance, from assignments (n, K, B).

        With ``sized`` domains are as probable beforehand as they are large.
        """
        n, k, b = assignments.shape
        gain = np.zeros((self._features.shape[1], k, b), dtype=np.float32)
        for block, columns, means, within, _ in self._statistics.moments(assignments):
            toward = np.linalg.solve(within, means.transpose(0, 2, 1))
            gain[columns] = block.weight * toward.transpose(1, 2, 0)
            gain[columns.stop] = -0.5 * block.weight * (means.transpose(0, 2, 1) * toward).sum(axis=1).T
        score = gain.reshape(-1, k * b).T @ self._features.T
        if sized:
            size = assignments.sum(axis=0)
            score += np.log(np.maximum(size, 1e-3) / size.sum(axis=0)).reshape(k * b, 1)
        return np.ascontiguousarray(_softmax(score.reshape(k, b, n)).transpose(2, 0, 1))

    def scores(self, assignment: np.ndarray) -> Iterator[np.ndarray]:
        """For each block the weighed log-likelihood of each spot in each domain, up to a constant of the spot, (n, K)."""
        for block, columns, (means,), (within,), _ in self._statistics.moments(assignment[:, :, None]):
            toward = np.linalg.solve(within, means.T)
            yield block.weight * (self._features[:, columns] @ toward - 0.5 * (means.T * toward).sum(axis=0))

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

    def emission_known(self, gaussians: Sequence[Gaussians], sizes: np.ndarray) -> np.ndarray:
        """Probabilities (n, K) of domains of known means, covariances and sizes (K,) by the features alone."""
        emission = self._emission_under(gaussians) * (sizes / sizes.sum()).astype(np.float32)
        return emission / emission.sum(axis=1, keepdims=True)

    def tied(self, assignment: np.ndarray) -> list[Gaussians]:
        """Means of the domains and one covariance for all of them, from an assignment (n, K), one for each block."""
        out = []
        for _, _, (means,), (within,), _ in self._statistics.moments(assignment[:, :, None]):
            out.append(Gaussians(means.astype(np.float32), np.broadcast_to(within, (len(means), *within.shape)).copy()))
        return out

    def gaussians(self, assignment: np.ndarray) -> list[Gaussians]:
        """Means and covariances of each domain from an assignment (n, K), one for each block."""
        out = []
        for _, columns, (means,), (within,), (size,) in self._statistics.moments(assignment[:, :, None]):
            scatter = self._scatter(columns, means, assignment)
            covariances = (PRIOR * within + scatter) / (PRIOR + size)[:, None, None]
            out.append(Gaussians(means.astype(np.float32), covariances))
        return out

    def _scatter(self, columns: slice, centres: np.ndarray, assignment: np.ndarray) -> np.ndarray:
        """Outer products (K, r, r) of what is left of a block around centres (K, r), summed by an assignment (n, K)."""
        k, r = centres.shape
        one, other = np.triu_indices(r)
        products, sums, size = np.zeros((len(one), k)), np.zeros((r, k)), np.zeros(k)
        for rows, values, has in self._chunks(columns):
            share = assignment[rows] * has[:, None]
            products += _products(values) @ share
            sums += values @ share
            size += share.sum(axis=0)
        scatter = np.empty((k, r, r))
        scatter[:, one, other] = scatter[:, other, one] = products.T
        across = centres[:, :, None] * sums.T[:, None, :]
        scatter -= across + across.transpose(0, 2, 1)
        return scatter + size[:, None, None] * centres[:, :, None] * centres[:, None, :]

    def squared_distances(self, gaussians: Sequence[Gaussians]) -> Iterator[np.ndarray]:
        """For each block the squared Mahalanobis distance of each spot to each domain, float32 of shape (K, n).

        It is zero where the spot lacks the modality.
        """
        for columns, known in zip(self._columns, gaussians, strict=True):
            of_products, of_values, constant = (part.astype(np.float32) for part in known.quadratic())
            squared = np.empty((len(known.means), len(self._features)), dtype=np.float32)
            for rows, values, has in self._chunks(columns):
                distance = of_products @ _products(values) + of_values @ values
                squared[:, rows] = has * np.maximum(distance + constant[:, None], 0)
            yield squared

    def _emission_of_each(self, assignment: np.ndarray) -> np.ndarray:
        return self._emission_under(self.gaussians(assignment))

    def _emission_under(self, gaussians: Sequence[Gaussians]) -> np.ndarray:
        score = np.zeros((len(gaussians[0].means), len(self._features)), dtype=np.float32)
        blocks = zip(self._blocks, self._columns, gaussians, self.squared_distances(gaussians), strict=True)
        for block, columns, known, squared in blocks:
            squared += np.outer(known.log_det().astype(np.float32), self._features[:, columns.stop])
            score -= np.float32(0.5 * block.weight) * squared
        return np.ascontiguousarray(_softmax(score).T)

    def _chunks(self, columns: slice) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Some spots of a block at a time, their components (r, n), and who of them has it: so many stay in the processor's cache.

        So few, too, that sums over them lose nothing in single precision.
        """
        for begin in range(0, len(self._features), _ROWS):
            rows = slice(begin, begin + _ROWS)
            yield rows, np.ascontiguousarray(self._features[rows, columns].T), self._features[rows, columns.stop]

    def _settle(self, emission: np.ndarray, assignments: np.ndarray) -> np.ndarray:
        """A few steps, p held: both (n, K, B); overwrites the first."""
        n, k, b = assignments.shape
        now, emission = assignments.reshape(n, k * b), emission.reshape(n, k * b)
        emission += OUTLIER
        # Twice the sum over the domains, and that beside each of them: products are faster than sums of short rows.
        once = np.tile(np.eye(b, dtype=np.float32), (k, 1))
        twice, each = 2 * once, np.ascontiguousarray(once.T)
        total = np.empty_like(emission)
        for step in range(_INNER_STEPS):
            score = self._pull @ now
            np.exp(score, out=score)
            score *= emission
            score /= np.matmul(score @ twice, each, out=total)
            now = np.multiply(now, 0.5, out=now if step else None)
            now += score
        return now.reshape(n, k, b)


def _products(values: np.ndarray) -> np.ndarray:
    """Products of every two of r components (r, n), each pair once: (r(r + 1)/2, n)."""
    r, n = values.shape
    out, end = np.empty((r * (r + 1) // 2, n), dtype=values.dtype), 0
    for i in range(r):
        begin, end = end, end + r - i
        np.multiply(values[i:], values[i], out=out[begin:end])
    return out


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
