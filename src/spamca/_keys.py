"""Names of everything spamca reads from and writes to a MuData, in one place.

Spatial graphs carry squidpy's names, feature graphs follow scanpy's neighbours layout, joint results sit on the MuData
under ``key_added`` (default ``"spamca"``) as muon's do.
"""

from __future__ import annotations

SPATIAL = "spatial"
"""``obsm`` key of the coordinates, in each modality or on the MuData."""

SPATIAL_NEIGHBORS = "spatial_neighbors"
"""``uns`` key of the spatial graph (squidpy's)."""

FEATURE_NEIGHBORS = "feature_neighbors"
"""``uns`` key of a modality's feature graph (scanpy's layout), away from the user's own ``"neighbors"``."""

NEIGHBORS = "neighbors"
"""``uns`` key of scanpy's neighbours, here those of the fused embedding."""

SPAMCA = "spamca"
"""Default ``key_added``: ``obs`` key of the domains, ``uns`` key of the record."""

MODALITY_RECORD = "spamca"
"""``uns`` key in a modality: kind of omics and name of the representation used."""

GIVEN = "given"
"""Kind of omics in it where the user brought the features."""

PREPARATION = "spamca_preparation"
"""``varm`` key in a modality: what its preparation found of each feature (a DataFrame)."""

LENGTH = "length"
"""Column of it: length of the feature's loadings, which differs in another preparation."""

REPRESENTATIONS = ("X_pca", "pca", "X_lsi", "lsi")
"""Reduced features looked for in a modality's ``obsm``, first match wins."""

HIGHLY_VARIABLE = "highly_variable"
"""``var`` key of the features used, in a modality (scanpy's)."""


def connectivities(graph: str) -> str:
    """``obsp`` key of the connectivities of a graph, e.g. ``"spatial"`` or ``"feature_neighbors"``."""
    return f"{graph}_connectivities"


def distances(graph: str) -> str:
    """``obsp`` key of the distances of a graph."""
    return f"{graph}_distances"


def spatial_record(name: str) -> str:
    """``uns`` key of the spatial graph that squidpy calls ``name`` (its ``key_added``)."""
    return f"{name}_neighbors"


def embedding(key_added: str) -> str:
    """``obsm`` key of the fused embedding, and of each modality's latent in its own ``obsm``."""
    return f"X_{key_added}"


def joint_neighbors(key_added: str) -> str:
    """``uns`` key of the embedding's neighbours where scanpy's own place is taken."""
    return f"{key_added}_neighbors"


def weight(key_added: str) -> str:
    """``obs`` key of a modality's per-spot weight; on the MuData it is prefixed with the modality's name."""
    return f"{key_added}_weight"


def pulled(modality: str, column: str) -> str:
    """``obs`` key on the MuData of a column of a modality, as mudata and muon name it."""
    return f"{modality}:{column}"


def modality_weight(modality: str, key_added: str) -> str:
    """``obs`` key on the MuData of the per-spot weight of a modality."""
    return pulled(modality, weight(key_added))


def view_weights(key_added: str) -> str:
    """``obsm`` key, in a modality, of the per-spot weights of its views (a DataFrame, one column a view)."""
    return f"{key_added}_view_weights"


def denoised(key: str) -> str:
    """``layers`` key of denoised features."""
    return f"{key}_denoised"


def denoised_table(key_added: str, modality: str) -> str:
    """``obsm`` key on the MuData of the denoised features of a modality, of all spots (a DataFrame)."""
    return f"{key_added}_{modality}"


def posterior(key_added: str) -> str:
    """``obsm`` key of the posterior probability of each domain (a DataFrame, one column a domain)."""
    return f"{key_added}_posterior"


def confidence(key_added: str) -> str:
    """``obs`` key of the posterior probability of the assigned domain."""
    return f"{key_added}_confidence"


def novelty(key_added: str) -> str:
    """``obs`` key of how far a spot is from the tissue that a model was trained on."""
    return f"{key_added}_novelty"


def corrected(key_added: str) -> str:
    """``obsm`` key, in a modality, of its features without the batch effects of sections."""
    return f"X_{key_added}_corrected"


def n_clusters(key_added: str) -> str:
    """``uns`` key of the estimated number of domains and the criteria for each number tried."""
    return f"{key_added}_n_clusters"


def colors(key_added: str) -> str:
    """``uns`` key of the domain colours (scanpy's convention)."""
    return f"{key_added}_colors"


def command(key_added: str) -> str:
    """``uns`` key of the record of the command that made the result, as JSON."""
    return f"{key_added}_command"
