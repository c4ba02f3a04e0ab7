"""What every method of the benchmark is given: one tissue as arrays, read from a file that needs no spamca to be read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Tissue:
    """One tissue.

    Parameters
    ----------
    name
        Name of the set.
    features
        By modality, shape (n, d), the features that ``spamca.pp.prepare`` makes. Spots that lack the modality hold zeros.
    kinds
        By modality, the kind of omics.
    coordinates
        Shape (n, 2).
    graph
        Spatial graph of the six nearest spots (ties count), sparse of shape (n, n).
    labels
        True labels as strings, shape (n,), or None.
    n_clusters
        Number K of domains looked for: that of the labels.
    """

    name: str
    features: dict[str, np.ndarray]
    kinds: dict[str, str]
    coordinates: np.ndarray
    graph: sparse.csr_matrix
    labels: np.ndarray | None
    n_clusters: int

    @property
    def digest(self) -> str:
        """Fingerprint of all that a method sees; labels are not part of it."""
        found = sha256(f"{self.n_clusters} {sorted(self.kinds.items())}".encode())
        graph = self.graph.tocsr()
        for array in (*self.features.values(), self.coordinates, graph.indptr, graph.indices):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()[:16]

    def write(self, path: Path, key: str) -> None:
        """Write to an ``.npz`` of all arrays; ``key`` names what it was made from."""
        graph = self.graph.tocsr()
        facts = {"key": key, "name": self.name, "kinds": self.kinds, "n_clusters": self.n_clusters}
        facts["n_spots"] = len(self.coordinates)
        facts["digest"] = self.digest
        arrays = {f"features:{name}": values for name, values in self.features.items()}
        arrays |= {"coordinates": self.coordinates, "indptr": graph.indptr, "indices": graph.indices}
        if self.labels is not None:
            arrays["labels"] = self.labels.astype(str)
        part = path.with_name(f".{path.name}.part.npz")
        np.savez_compressed(part, facts=json.dumps(facts), **arrays)
        part.replace(path)


def facts(path: Path) -> dict:
    """What :meth:`Tissue.write` recorded with the arrays; empty where there is no file."""
    if not path.exists():
        return {}
    with np.load(path) as file:
        return json.loads(str(file["facts"]))


def read_tissue(path: Path) -> Tissue:
    """Read what :meth:`Tissue.write` wrote."""
    with np.load(path) as file:
        known = json.loads(str(file["facts"]))
        n = len(file["coordinates"])
        indices = file["indices"]
        graph = sparse.csr_matrix((np.ones(len(indices)), indices, file["indptr"]), shape=(n, n))
        features = {name: file[f"features:{name}"] for name in known["kinds"]}
        labels = file.get("labels", None)
        return Tissue(known["name"], features, known["kinds"], file["coordinates"], graph, labels, known["n_clusters"])
