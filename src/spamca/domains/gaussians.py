"""Gaussian emissions of the domains: moments from assignments, and probabilities of spots, for many assignments at once.

Components of all modalities lie side by side in single precision. A column after each block holds which spots have the modality: one
product then gives sums and sizes, another the log-likelihoods.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spamca._threads import in_blocks
from spamca.domains.threads import float_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from spamca.domains.components import Block, Components

RIDGE = 1e-5
"""Added to the covariance within domains, in units of each component's variance, which single precision needs."""

_ROWS = 2**10


@dataclass(frozen=True)
class Gaussians:
    """Means and covariances of the domains in one modality."""

    means: np.ndarray  #: shape (K, r), float32
    covariances: np.ndarray  #: shape (K, r, r), float64


class Emission:
    """Gaussians of domains in the components of a tissue. ``noise`` is added to the variance within domains in every direction."""

    def __init__(self, components: Components, *, noise: float = 0.0) -> None:
        self.blocks, self.settings, self._noise = components.blocks, components.settings, noise
        ends = np.cumsum([block.values.shape[1] + 1 for block in self.blocks])
        self._columns = [slice(e - b.values.shape[1] - 1, e - 1) for e, b in zip(ends, self.blocks, strict=True)]
        self._features = np.empty((components.n_spots, ends[-1] if len(ends) else 0), dtype=np.float32)

        def fill(rows: slice) -> None:
            for columns, block in zip(self._columns, self.blocks, strict=True):
                self._features[rows, columns] = block.values[rows]
                self._features[rows, columns.stop] = 1 if block.present is None else block.present[rows]

        in_blocks(fill, components.n_spots)

    def sums(self, assignments: np.ndarray) -> np.ndarray:
        """Sums of the features over domains, from B assignments (n, K, B): float64 of shape (B, K, number of features)."""
        n, k, b = assignments.shape
        flat = assignments.reshape(n, k * b)
        parts = in_blocks(lambda rows: (self._features[rows].T @ flat[rows]).astype(np.float64), n)
        return np.asarray(sum(parts)).reshape(-1, k, b).transpose(2, 1, 0)

    def moments(self, assignments: np.ndarray) -> Iterator[tuple[Block, slice, np.ndarray, np.ndarray, np.ndarray]]:
        """Of each block its columns, means (B, K, r), covariance within domains (B, r, r) and sizes (B, K)."""
        sums = self.sums(assignments)
        for block, columns in zip(self.blocks, self._columns, strict=True):
            size = sums[:, :, columns.stop]
            means = sums[:, :, columns] / np.maximum(size, 1e-12)[:, :, None]
            between = means.transpose(0, 2, 1) @ (means * size[:, :, None])
            within = block.total - between / np.maximum(size.sum(axis=1), 1e-12)[:, None, None]
            ridge = RIDGE * np.diag(block.total) + self._noise
            yield block, columns, means, within + np.diag(ridge), size

    def probabilities(self, assignments: np.ndarray, *, sized: bool = False) -> np.ndarray:
        """Probabilities of the domains by the features alone, with one covariance, from assignments (n, K, B); the same shape.

        With ``sized``, the prior of a domain is its size.
        """
        n, k, b = assignments.shape
        gain = np.zeros((self._features.shape[1], k, b), dtype=np.float32)
        for block, columns, means, within, _ in self.moments(assignments):
            toward = np.linalg.solve(within, means.transpose(0, 2, 1))
            gain[columns] = block.weight * toward.transpose(1, 2, 0)
            gain[columns.stop] = -0.5 * block.weight * (means.transpose(0, 2, 1) * toward).sum(axis=1).T
        out, prior = np.empty((n, k, b), dtype=np.float32), np.zeros(0)
        if sized:
            size = np.asarray(sum(in_blocks(lambda rows: assignments[rows].sum(axis=0), n)))
            prior = np.log(np.maximum(size, 1e-3) / size.sum(axis=0)).reshape(k * b, 1)

        def fill(rows: slice) -> None:
            score = gain.reshape(-1, k * b).T @ self._features[rows].T
            if sized:
                score += prior
            out[rows] = _softmax(score.reshape(k, b, -1)).transpose(2, 0, 1)

        in_blocks(fill, n)
        return out

    def mixture(self, assignments: np.ndarray, n_steps: int, tol: float) -> np.ndarray:
        """EM of a mixture with one covariance, from B assignments (n, K, B); the same shape."""
        now = np.asarray(assignments, dtype=np.float32)
        for _ in range(n_steps):
            before, now = now, self.probabilities(now, sized=True)
            if change(before, now).max() < tol:
                break
        return now

    def scores(self, assignment: np.ndarray) -> Iterator[np.ndarray]:
        """For each block the weighted log-likelihood of each spot in each domain, up to a constant of the spot, (n, K)."""
        for block, columns, (means,), (within,), _ in self.moments(assignment[:, :, None]):
            toward = np.linalg.solve(within, means.T)
            score = partial(self._score, columns, block.weight, toward, 0.5 * (means.T * toward).sum(axis=0))
            yield np.concatenate(in_blocks(score, len(assignment)))

    def _score(
        self, columns: slice, weight: float, toward: np.ndarray, constant: np.ndarray, rows: slice
    ) -> np.ndarray:
        score: np.ndarray = weight * (self._features[rows, columns] @ toward - constant)
        return score.astype(float_of(len(self._features)), copy=False)

    def tied(self, assignment: np.ndarray) -> list[Gaussians]:
        """Means of the domains and one covariance for all of them, from an assignment (n, K), one for each block."""
        return [
            Gaussians(means.astype(np.float32), np.broadcast_to(within, (len(means), *within.shape)).copy())
            for _, _, (means,), (within,), _ in self.moments(assignment[:, :, None])
        ]

    def gaussians(self, assignment: np.ndarray) -> list[Gaussians]:
        r"""Means and covariances of each domain from an assignment (n, K), one for each block.

        .. math:: \Sigma_k = \frac{\nu \Sigma + \sum_i q_{ik} (x_i - \mu_k)(x_i - \mu_k)^\top}{\nu + n_k},

        drawn towards the covariance :math:`\Sigma` within all domains, which counts for :math:`\nu` = ``prior_spots``.
        """
        out, prior = [], self.settings.prior_spots
        for _, columns, (means,), (within,), (size,) in self.moments(assignment[:, :, None]):
            scatter = self.scatter(columns, means, assignment)
            covariances = (prior * within + scatter) / (prior + size)[:, None, None]
            out.append(Gaussians(means.astype(np.float32), covariances))
        return out

    def scatter(self, columns: slice, centres: np.ndarray, assignment: np.ndarray) -> np.ndarray:
        """Outer products (K, r, r) of the differences from centres (K, r), summed by an assignment (n, K)."""
        k, r = centres.shape
        one, other = np.triu_indices(r)

        def summed(rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            products, sums, size = np.zeros((len(one), k)), np.zeros((r, k)), np.zeros(k)
            for some, values, has in self._chunks(columns, rows):
                share = assignment[some] * has[:, None]
                products += _products(values) @ share
                sums += values @ share
                size += share.sum(axis=0)
            return products, sums, size

        parts = zip(*in_blocks(summed, len(assignment)), strict=True)
        products, sums, size = (np.asarray(sum(part)) for part in parts)
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
            yield np.concatenate(in_blocks(self._distances(columns, known), len(self._features)), axis=1)

    def _distances(self, columns: slice, known: Gaussians) -> Callable[[slice], np.ndarray]:
        """What gives the squared distances (K, n_rows) of some rows."""
        precision = np.linalg.inv(known.covariances)
        toward = np.einsum("kij,kj->ki", precision, known.means)
        one, other = np.triu_indices(known.means.shape[1])
        twice = np.where(one == other, 1.0, 2.0)
        of_products = (twice * precision[:, one, other]).astype(np.float32)
        of_values = (-2 * toward).astype(np.float32)
        constant = (toward * known.means).sum(axis=1).astype(np.float32)

        def squared(rows: slice) -> np.ndarray:
            out = np.empty((len(known.means), rows.stop - rows.start), dtype=np.float32)
            for some, values, has in self._chunks(columns, rows):
                distance = of_products @ _products(values) + of_values @ values
                own = slice(some.start - rows.start, some.stop - rows.start)
                out[:, own] = has * np.maximum(distance + constant[:, None], 0)
            return out

        return squared

    def under(self, gaussians: Sequence[Gaussians], sizes: np.ndarray | None = None) -> np.ndarray:
        """Probabilities (n, K) of domains of known means, covariances and, if given, sizes (K,), by the features alone."""
        n, k = len(self._features), len(gaussians[0].means)
        squared = [self._distances(*one) for one in zip(self._columns, gaussians, strict=True)]
        volume = [np.linalg.slogdet(known.covariances)[1].astype(np.float32) for known in gaussians]
        out = np.empty((n, k), dtype=np.float32)

        def fill(rows: slice) -> None:
            score = np.zeros((k, rows.stop - rows.start), dtype=np.float32)
            for block, columns, distances, log_det in zip(self.blocks, self._columns, squared, volume, strict=True):
                apart = distances(rows)
                apart += np.outer(log_det, self._features[rows, columns.stop])
                score -= np.float32(0.5 * block.weight) * apart
            found = np.ascontiguousarray(_softmax(score).T)
            if sizes is not None:
                found *= (sizes / sizes.sum()).astype(np.float32)
                found /= found.sum(axis=1, keepdims=True)
            out[rows] = found

        in_blocks(fill, n)
        return out

    def _chunks(self, columns: slice, rows: slice) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Rows, components (r, n), and which spots have the block: few at a time, for the cache and for single precision."""
        for begin in range(rows.start, rows.stop, _ROWS):
            some = slice(begin, min(begin + _ROWS, rows.stop))
            yield some, np.ascontiguousarray(self._features[some, columns].T), self._features[some, columns.stop]


def _products(values: np.ndarray) -> np.ndarray:
    """Products of every two of r components (r, n), each pair once: (r(r + 1)/2, n)."""
    r, n = values.shape
    out, end = np.empty((r * (r + 1) // 2, n), dtype=values.dtype), 0
    for i in range(r):
        begin, end = end, end + r - i
        np.multiply(values[i:], values[i], out=out[begin:end])
    return out


def change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Mean change of each of B assignments (n, K, B)."""
    n, k, _ = before.shape

    def moved(rows: slice) -> np.ndarray:
        difference = np.subtract(before[rows], after[rows])
        return np.einsum("nkb->b", np.abs(difference, out=difference))

    return np.asarray(sum(in_blocks(moved, n))) / (n * k)


def _softmax(score: np.ndarray) -> np.ndarray:
    """Probabilities over the first axis of scores, in place."""
    score -= score.max(axis=0)
    np.exp(score, out=score)
    score /= score.sum(axis=0)
    return score
