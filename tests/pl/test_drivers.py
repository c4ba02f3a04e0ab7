from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

import spamca
from spamca.pl._driver_rows import driver_rows, standardized_means


def table(n_domains: int, n_features: int, modalities=("rna", "protein"), name="{}_{}") -> pd.DataFrame:
    """Features f of which each is highest in domain f modulo the number of domains, as tl.drivers writes them."""
    rng = np.random.default_rng(0)
    rows = []
    for modality in modalities:
        for k in range(n_domains):
            for f in range(n_features):
                effect = 2 + f / 100 if f % n_domains == k else rng.normal(0, 0.2)
                share = float(rng.random())
                q = 0.001 if effect > 1 else 0.5
                rows.append((f"{k}", modality, name.format(modality, f), effect, share, q))
    found = pd.DataFrame(rows, columns=["domain", "modality", "feature", "effect", "share_in", "q_value"])
    found = found.sort_values(["domain", "effect"], ascending=[True, False], kind="stable", ignore_index=True)
    found["domain"] = pd.Categorical(found["domain"], [f"{k}" for k in range(n_domains)])
    found["modality"] = pd.Categorical(found["modality"], list(modalities))
    return found


@pytest.fixture
def mdata():
    mdata = spamca.datasets.simulated(n_spots=120, n_domains=3, n_features=9)
    for modality in mdata.mod:
        mdata[modality].var_names = [f"{modality}_{f}" for f in range(9)]
    mdata.update()
    mdata.obs["spamca"] = mdata.obs["label"].cat.rename_categories({f"domain {k + 1}": f"{k}" for k in range(3)})
    mdata.uns["spamca_drivers"] = table(3, 9)
    return mdata


def names(labels) -> list[str]:
    return [label.get_text() for label in labels]


def legend(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_rows_are_the_first_features_of_each_domain_over_all_modalities(mdata):
    ax = spamca.pl.drivers(mdata, n_features=4)
    expected = [f"{m}_{f}" for k in range(3) for f in (k + 6, k + 3) for m in ("rna", "protein")]
    assert names(ax.get_yticklabels()) == expected
    assert names(ax.get_xticklabels()) == ["0", "1", "2"]
    assert legend(ax)[:3] == ["modality", "rna", "protein"]
    assert legend(ax)[-1] == "q < 0.05"


def test_dots_show_share_effect_and_significance(mdata):
    ax = spamca.pl.drivers(mdata, n_features=1)
    dots = ax.collections[0]
    rows = driver_rows(mdata.uns["spamca_drivers"], 1, ["0", "1", "2"])
    i, j = np.nonzero(np.isfinite(rows.effect))
    assert np.asarray(dots.get_array()) == pytest.approx(rows.effect[i, j])
    assert dots.get_sizes() / dots.get_sizes().max() == pytest.approx((rows.share_in / rows.share_in.max())[i, j])
    black = (dots.get_edgecolors() == to_rgba("black")).all(axis=1)
    assert black.tolist() == (rows.q_value[i, j] < 0.05).tolist()
    assert dots.norm.vmin == -dots.norm.vmax


def test_values_that_have_no_share_get_dots_of_one_size(mdata):
    mdata.uns["spamca_drivers"]["share_in"] = np.nan
    ax = spamca.pl.drivers(mdata)
    assert len(set(ax.collections[0].get_sizes())) == 1
    assert ax.collections[0].get_sizes()[0] > 0
    assert "spots above zero" not in legend(ax)


def test_heat_map_has_mean_standardised_values(mdata):
    ax = spamca.pl.drivers(mdata, kind="heat", n_features=2)
    counts = mdata["rna"].to_df()
    depth = counts.sum(axis=1)
    logged = np.log1p(counts.div(depth.clip(lower=1), axis=0) * depth.median())
    scaled = (logged - logged.mean()) / logged.std(ddof=0)
    expected = scaled.groupby(mdata.obs["spamca"].to_numpy(), observed=True).mean()
    shown = np.asarray(ax.collections[0].get_array())
    proteins = mdata["protein"].to_df()
    middle = np.exp(np.log1p(proteins).mean(axis=1))
    ratios = np.log1p(proteins.div(middle, axis=0))
    scaled = (ratios - ratios.mean()) / ratios.std(ddof=0)
    of = mdata.obs["spamca"].loc[proteins.index].to_numpy()
    expected = expected.join(scaled.groupby(of, observed=True).mean())
    for i, name in enumerate(names(ax.get_yticklabels())):
        assert shown[i] == pytest.approx(expected[name].to_numpy(), abs=1e-5)


def test_heat_map_has_values_of_a_layer_as_they_are_and_its_counts_as_those_of_x(mdata):
    first = np.asarray(spamca.pl.drivers(mdata, kind="heat").collections[0].get_array())
    for modality in mdata.mod.values():
        values = modality.to_df().to_numpy()
        modality.layers["same"], modality.layers["other"] = values, values / 3 - 1
    same = np.asarray(spamca.pl.drivers(mdata, kind="heat", layer="same").collections[0].get_array())
    np.testing.assert_allclose(same, first)
    ax = spamca.pl.drivers(mdata, kind="heat", layer="other")
    counts = mdata["rna"].to_df()
    scaled = (counts - counts.mean()) / counts.std(ddof=0)
    expected = scaled.groupby(mdata.obs["spamca"].to_numpy(), observed=True).mean()
    shown = np.asarray(ax.collections[0].get_array())
    for i, name in enumerate(names(ax.get_yticklabels())):
        if name.startswith("rna"):
            assert shown[i] == pytest.approx(expected[name].to_numpy(), abs=1e-5)


def test_features_that_are_gone_are_named(mdata):
    mdata.uns["spamca_drivers"]["feature"] = mdata.uns["spamca_drivers"]["feature"].replace("rna_8", "gone")
    with pytest.raises(KeyError, match=r"mdata\['rna'\] has no features \['gone'\] any more"):
        spamca.pl.drivers(mdata, kind="heat")


def test_spots_without_the_modality_or_a_domain_do_not_count(mdata):
    partial = spamca.datasets.simulated(n_spots=120, n_domains=3, n_features=9)
    whole = standardized_means(mdata, "rna", ["rna_0"], np.zeros(120, dtype=int), 2, None)
    assert whole[0, 0] == pytest.approx(0)
    assert np.isnan(whole[0, 1])
    codes = np.where(np.arange(120) < 60, 0, -1)
    half = standardized_means(partial, "rna", [partial["rna"].var_names[0]], codes, 1, None)
    assert half.shape == (1, 1)


def test_a_feature_stands_once_where_its_effect_is_largest():
    twice = table(2, 2)
    twice.loc[(twice["feature"] == "rna_0") & (twice["domain"] == "1"), "effect"] = 1.5
    rows = driver_rows(twice, 2, ["0", "1"])
    assert rows.features.count("rna_0") == 1
    assert rows.domain[rows.features.index("rna_0")] == 0


def test_features_of_one_name_have_their_modality(mdata):
    mdata.uns["spamca_drivers"] = table(3, 3, name="CD{1}")
    ax = spamca.pl.drivers(mdata, n_features=2)
    assert names(ax.get_yticklabels())[:2] == ["rna:CD0", "protein:CD0"]


@pytest.mark.parametrize(("n_domains", "n_features"), [(2, 1), (20, 5)])
@pytest.mark.parametrize("kind", ["dot", "heat"])
@pytest.mark.slow
def test_no_names_overlap(n_domains, n_features, kind):
    mdata = spamca.datasets.simulated(n_spots=400, n_domains=n_domains, n_features=n_domains * n_features)
    for modality in mdata.mod:
        mdata[modality].var_names = [f"{modality}_ENSG0000{f}" for f in range(n_domains * n_features)]
    mdata.update()
    mdata.uns["spamca_drivers"] = table(n_domains, n_domains * n_features, name="{}_ENSG0000{}")
    ax = spamca.pl.drivers(mdata, n_features=n_features, kind=kind)
    assert len(ax.get_yticklabels()) == n_domains * n_features
    ax.figure.canvas.draw()
    page = ax.figure.bbox.padded(1)
    for labels in (ax.get_yticklabels(), ax.get_xticklabels()):
        boxes = [label.get_window_extent() for label in labels]
        assert not any(a.overlaps(b) for a, b in pairwise(boxes))
        assert all(page.contains(*box.p0) and page.contains(*box.p1) for box in boxes)
    key, bar = ax.get_legend().get_window_extent(), ax.child_axes[0].get_tightbbox()
    assert not key.overlaps(bar)
    assert not key.overlaps(ax.get_window_extent())
    assert all(page.contains(*box.p0) and page.contains(*box.p1) for box in (key, bar))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"key": "mine"}, KeyError, r"mdata.uns\['mine_drivers'\] has no drivers.*run spamca.tl.drivers.*key='mine'"),
        ({"key": 3}, TypeError, "key must be a string, got 3"),
        ({"kind": "bar"}, ValueError, "kind must be one of 'dot', 'heat', got 'bar'"),
        ({"n_features": 0}, ValueError, "n_features must be at least 1, got 0"),
        ({"layer": "foo", "kind": "heat"}, KeyError, "layer='foo' is not among"),
        ({"cmap": 3}, ValueError, "cmap must be"),
    ],
)
def test_bad_arguments_are_named(mdata, arguments, error, message):
    with pytest.raises(error, match=message):
        spamca.pl.drivers(mdata, **arguments)
    assert not plt.get_fignums()


def test_a_table_without_higher_features_is_refused(mdata):
    mdata.uns["spamca_drivers"]["effect"] = -1.0
    with pytest.raises(ValueError, match="no feature in .* is higher in a domain than elsewhere"):
        spamca.pl.drivers(mdata)


def test_axes_of_the_caller_are_used(mdata):
    _, ax = plt.subplots()
    assert spamca.pl.drivers(mdata, ax=ax) is ax


def test_a_table_from_a_file_is_drawn(mdata, tmp_path):
    import mudata

    mdata.write_h5mu(tmp_path / "tissue.h5mu")
    read = mudata.read_h5mu(tmp_path / "tissue.h5mu")
    expected = names(spamca.pl.drivers(mdata).get_yticklabels())
    assert names(spamca.pl.drivers(read).get_yticklabels()) == expected


def test_domains_that_were_not_found_again_are_left_out(mdata, caplog):
    held = mdata.uns["spamca_drivers"].assign(overlap=0.9)
    lost = (held["domain"] == "1") & (held["feature"] != "rna_1")
    held.loc[lost, ["effect", "q_value"]], held.loc[lost, "overlap"] = np.nan, 0.2
    mdata.uns["spamca_drivers"] = held
    ax = spamca.pl.drivers(mdata, n_features=4)
    assert "left out: 17 pairs of 1 domain have no numbers" in caplog.text
    shown = names(ax.get_yticklabels())
    assert sum(name.endswith(("_1", "_4", "_7")) for name in shown) == 1
