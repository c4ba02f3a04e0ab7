"""Every figure of tissue without extent, and of domains that are missing, unused, single, or as many as spots."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from spamca.pl import __all__ as verbs

NAMES = ["0", "1", "2", "3"]


def same_place(mdata):
    mdata.obsm["spatial"] = np.full((mdata.n_obs, 2), 7.0)


def on_a_line(mdata):
    mdata.obsm["spatial"] = np.stack([np.arange(mdata.n_obs), np.zeros(mdata.n_obs)], axis=1)


def upright_line(mdata):
    mdata.obsm["spatial"] = np.stack([np.zeros(mdata.n_obs), np.arange(mdata.n_obs)], axis=1)


def far_away(mdata):
    mdata.obsm["spatial"] = mdata.obsm["spatial"] * 1e-7 + 1e6


def huge(mdata):
    mdata.obsm["spatial"] = mdata.obsm["spatial"] * 1e60


def all_missing(mdata):
    domains(mdata, pd.Categorical([None] * mdata.n_obs, categories=NAMES))


def no_category(mdata):
    domains(mdata, pd.Categorical([None] * mdata.n_obs))


def unused(mdata):
    domains(mdata, mdata.obs["spamca"].cat.set_categories([*NAMES, "4", "5"]))


def one_domain(mdata):
    domains(mdata, pd.Categorical(["2"] * mdata.n_obs, categories=NAMES))


def only_domain(mdata):
    domains(mdata, pd.Categorical(["0"] * mdata.n_obs))


def spot_each(mdata):
    domains(mdata, pd.Categorical([f"{k}" for k in range(mdata.n_obs)]))


def numbered(mdata):
    domains(mdata, pd.Categorical(mdata.obs["spamca"].cat.codes))


def empty_weights(mdata):
    for modality in mdata.mod.values():
        modality.obs["spamca_weight"] = np.nan
    mdata.obs["spamca_pseudotime"] = mdata.obs["spamca_confidence"] = np.nan


def domains(mdata, values):
    mdata.obs["spamca"] = values
    mdata.obs["label"] = mdata.obs["label"].where(mdata.obs["spamca"].notna().to_numpy())


def tiny(mdata):
    mdata.obsm["spatial"] = mdata.obsm["spatial"] * 1e-90


def enormous(mdata):
    mdata.obsm["spatial"] = (mdata.obsm["spatial"] - 6.5) * 2e90


OF_PLACES = ("spatial_clusters_sections", "spatial_clusters_outline", "modality_weights", "trajectory")
OF_DOMAINS = (
    *("spatial_clusters", "spatial_clusters_groups", "modality_weights", "trajectory", "confusion", "alluvial"),
    *("drivers_dot", "drivers_heat", "variance_explained", "hierarchy"),
)
OTHERS = {"compare", "n_clusters", "training_history", "overlay"}  # of tables, or of points
SAID = ("no spot has a value", "has changed since", "are not among the categories", "columns='spamca' holds numbers")
TISSUES = [
    *(same_place, on_a_line, upright_line, far_away, huge, tiny, enormous),
    *(all_missing, no_category, unused, one_domain, only_domain, spot_each, numbered, empty_weights),
]


@pytest.fixture(scope="module")
def scene():
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("scene", Path(__file__).with_name("scene.py"))
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize("change", TISSUES, ids=lambda one: one.__name__)
def test_figures_are_drawn_or_say_what_is_missing(scene, change):
    """One test for all figures: the tissue is what takes time to make."""
    assert {name for name in verbs if not any(figure.startswith(name) for figure in OF_PLACES + OF_DOMAINS)} == OTHERS
    whole = scene.scene()
    for holder in (whole, *whole.mod.values()):
        holder.uns.pop("label_colors", None)
    change(whole)
    refused = {}
    for name in OF_PLACES if change in TISSUES[:7] else OF_DOMAINS:
        try:
            axes = scene.FIGURES[name](whole)
            figure = np.ravel(axes)[0].figure
            assert (figure.get_size_inches() < 40).all()
            figure.set_dpi(20)
            figure.canvas.draw()
        except (KeyError, ValueError) as error:
            refused[name] = str(error)
        plt.close("all")
    for name, text in refused.items():
        assert change in (all_missing, no_category, only_domain, one_domain, spot_each, numbered), (name, text)
        assert any(said in text for said in SAID), (name, text)
