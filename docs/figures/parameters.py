"""Figures of "Choose parameters": what a domain map looks like when one argument changes.

    SPAMCA_TEST_DATA=... python docs/figures/parameters.py [figure ...]

Each title says how far the domains agree with those of the defaults (adjusted Rand index, 1: the same). Writes
``docs/_static/parameters``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from common import agreement, draw_all, save, tissue

import spamca

if TYPE_CHECKING:
    from mudata import MuData

QUIET = {"progress_bar": False, "accelerator": "cpu"}


def _panels(n: int, ncols: int = 2, height: float = 2.7) -> list[Any]:
    """Axes of small multiples, 6 inches wide."""
    nrows = -(-n // ncols)
    _, axes = plt.subplots(nrows, ncols, figsize=(6, height * nrows), layout="constrained", squeeze=False)
    for extra in axes.flat[n:]:
        extra.set_axis_off()
    return list(axes.flat[:n])


def _draw(mdata: MuData, column: str, ax: Any, title: str, match: str | None = None) -> None:
    spamca.pl.spatial_clusters(mdata, color=column, match=match, ax=ax, title=title, legend_loc=None)


def _variants(
    mdata: MuData, variants: dict[str, MuData], default: str, name: str, ncols: int = 2, height: float = 2.7
) -> None:
    """Draw domains of variants of one tissue, each with its agreement with the default."""
    for title, one in variants.items():
        mdata.obs[title] = one.obs["spamca"]
    axes = _panels(len(variants), ncols, height)
    for title, ax in zip(variants, axes, strict=True):
        same = title == default
        note = "default" if same else f"agreement {agreement(mdata, title, default):.2f}"
        _draw(mdata, title, ax, f"{title}\n{note}", None if same else default)
    save(axes[0].figure, "parameters", name)


def n_clusters() -> None:
    """Four numbers of domains of the cortex section, the embedding fitted once."""
    mdata = tissue("dlpfc_151676")
    spamca.pp.neighbors(mdata)
    spamca.tl.integrate(mdata, 7, **QUIET)
    numbers = (4, 7, 10, 14)
    for number in numbers:
        spamca.tl.cluster(mdata, number)
        mdata.obs[f"n{number}"] = mdata.obs["spamca"].copy()
    axes = _panels(len(numbers))
    for number, ax in zip(numbers, axes, strict=True):
        _draw(mdata, f"n{number}", ax, f"n_clusters={number}", None if number == 14 else "n14")
    save(axes[0].figure, "parameters", "n_clusters")


def n_neighs() -> None:
    """Numbers of spatial neighbours."""
    variants = {}
    for number in (3, 6, 18, 36):
        one = tissue("dlpfc_151676")
        spamca.pp.neighbors(one, n_neighs=number)
        spamca.tl.integrate(one, 7, **QUIET)
        variants[f"n_neighs={number}"] = one
    _variants(tissue("dlpfc_151676"), variants, "n_neighs=6", "n_neighs")


def n_top_genes() -> None:
    """Numbers of genes of the section with 5,000 of them."""
    _prepared("n_top_genes", (1000, 2000, 3000, 5000), usual=3000)


def n_comps() -> None:
    """Numbers of components."""
    _prepared("n_comps", (10, 20, 30, 50), usual=30)


def _prepared(option: str, numbers: tuple[int, ...], *, usual: int) -> None:
    """Variants of an option of ``pp.prepare``."""
    variants = {}
    for number in numbers:
        one = tissue("dlpfc_151676")
        spamca.pp.prepare(one, **{option: number})
        spamca.pp.neighbors(one)
        spamca.tl.integrate(one, 7, **QUIET)
        variants[f"{option}={number}"] = one
    _variants(tissue("dlpfc_151676"), variants, f"{option}={usual}", option)


def scales() -> None:
    """Hops over which starts and surroundings look."""
    settings = {
        "the spot alone": {"scales": (1,), "surroundings": (0,)},
        "up to 2 hops": {"scales": (1, 2), "surroundings": (0, 1, 2)},
        "up to 8 hops": {},
        "up to 16 hops": {"scales": (1, 4, 16), "surroundings": (0, 4, 16)},
    }
    variants = {}
    for title, given in settings.items():
        one = tissue("dlpfc_151676")
        spamca.pp.neighbors(one)
        spamca.tl.integrate(one, 7, settings=given, **QUIET)
        variants[title] = one
    _variants(tissue("dlpfc_151676"), variants, "up to 8 hops", "scales")


def modality_trust() -> None:
    """One modality alone and both, of simulated tissue in which each is blind to some borders."""
    mdata = spamca.datasets.simulated(random_state=1)
    spamca.pp.neighbors(mdata)
    trusts = {"RNA alone": {"protein": 0.0}, "protein alone": {"rna": 0.0}, "measured weights": None}
    for title, trust in trusts.items():
        spamca.tl.integrate(mdata, 5, modality_trust=trust, **QUIET)
        mdata.obs[title] = mdata.obs["spamca"].copy()
    axes = _panels(4)
    _draw(mdata, "label", axes[0], "simulated truth")
    for title, ax in zip(trusts, axes[1:], strict=True):
        _draw(mdata, title, ax, f"{title}\nARI with truth {agreement(mdata, title, 'label'):.2f}", "label")
    save(axes[0].figure, "parameters", "modality_trust")


def batch_correction() -> None:
    """Two simulated sections with a batch effect, with and without its removal."""
    mdata = spamca.datasets.simulated(n_spots=2000, n_sections=2, batch_effect=1.0, random_state=0)
    spamca.pp.neighbors(mdata, library_key="section")
    for name, given in {"corrected": True, "as_they_are": False}.items():
        spamca.tl.integrate(mdata, 5, batch_correction=given, **QUIET)
        mdata.obs[name] = mdata.obs["spamca"].copy()
    axes = _panels(6, ncols=2, height=2.5)
    titles = {"label": "truth", "corrected": "batch_correction=True", "as_they_are": "batch_correction=False"}
    for i, (column, title) in enumerate(titles.items()):
        pair = axes[2 * i : 2 * i + 2]
        match = None if column == "label" else "label"
        both = [f"{title}\nsection {j}" for j in (1, 2)]
        spamca.pl.spatial_clusters(mdata, color=column, match=match, ax=pair, title=both, legend_loc=None)
    save(axes[0].figure, "parameters", "batch_correction")


def refine() -> None:
    """Domains of an embedding of single spots, plain and refined."""
    mdata = tissue("dlpfc_151676")
    spamca.pp.neighbors(mdata)
    mdata.obsm["X_rna"] = mdata["rna"].obsm["X_pca"]
    for name, given in {"refine=False": False, "refine=True": True}.items():
        spamca.tl.cluster(mdata, 7, use_rep="X_rna", refine=given, key_added=name)
    axes = _panels(2)
    for name, ax in zip(("refine=False", "refine=True"), axes, strict=True):
        _draw(mdata, name, ax, name, "refine=False" if name != "refine=False" else None)
    save(axes[0].figure, "parameters", "refine")


if __name__ == "__main__":
    every = (n_clusters, n_neighs, n_top_genes, n_comps, scales, modality_trust, batch_correction, refine)
    draw_all(every, sys.argv[1:])
