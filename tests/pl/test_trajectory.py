from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from scipy import sparse

import spamca


@pytest.fixture
def mdata(integrated):
    """Tissue with an order and connectivities that were not computed."""
    integrated.obs["spamca_pseudotime"] = np.linspace(0, 1, integrated.n_obs)
    connectivities = sparse.csr_matrix([[0, 0.5, 0.01], [0.5, 0, 0.2], [0.01, 0.2, 0]])
    root = integrated.obs_names[5]
    names = ["0", "1", "2"]
    integrated.uns["spamca_paga"] = {"connectivities": connectivities, "groups": "spamca", "names": names, "root": root}
    return integrated


def nodes(ax):
    """Text, position, colour and area of the nodes."""
    found = [one for one in ax.collections if isinstance(one, PathCollection) and len(one.get_sizes())]
    at = [one.get_offsets()[0] for one in found]
    return (
        [text.get_text() for text in ax.texts],
        at,
        [to_hex(one.get_facecolor()[0]) for one in found],
        [one.get_sizes()[0] for one in found],
    )


def widths(ax):
    """Width of each edge."""
    return [line.get_linewidth() for line in ax.lines if line.get_color() == "black"]


def test_nodes_are_spots_of_their_domain_in_its_colour(mdata):
    ax = spamca.pl.trajectory(mdata)
    names, at, colors, areas = nodes(ax)
    assert names == ["0", "1", "2"]
    assert colors == [color.lower() for color in mdata.uns["spamca_colors"]]
    for name, position, area in zip(names, at, areas, strict=True):
        own = mdata.obsm["spatial"][mdata.obs["spamca"] == name]
        assert (own == position).all(axis=1).any()
        assert np.linalg.norm(own - own.mean(axis=0), axis=1).min() == np.linalg.norm(position - own.mean(axis=0))
        assert (area == max(areas)) == (len(own) == mdata.obs["spamca"].value_counts().max())
    assert ax.get_title() == "spamca_pseudotime"


def test_edges_are_as_wide_as_domains_are_connected(mdata):
    np.testing.assert_allclose(widths(spamca.pl.trajectory(mdata)), [2.5, 1.0])
    assert widths(spamca.pl.trajectory(mdata, threshold=0.3)) == [2.5]
    assert len(widths(spamca.pl.trajectory(mdata, threshold=0))) == 3


def test_the_root_is_marked(mdata):
    star = [line for line in spamca.pl.trajectory(mdata, paga=False).lines if line.get_marker() == "*"]
    np.testing.assert_array_equal(star[0].get_xydata(), mdata.obsm["spatial"][5:6])
    assert not spamca.pl.trajectory(mdata, paga=False).texts


@pytest.mark.parametrize("size", [8, 16])
def test_texts_and_nodes_follow_the_settings(mdata, size):
    with plt.rc_context({"font.size": size}):
        ax = spamca.pl.trajectory(mdata)
    assert {round(text.get_fontsize() / size, 6) for text in ax.texts} == {0.7}
    assert max(nodes(ax)[3]) == pytest.approx((2 * size) ** 2)


def test_names_wider_than_their_node_stand_below_it_in_black_with_a_rim(mdata):
    mdata.uns["spamca_colors"] = ["#000000"] * 3
    first, *others = spamca.pl.trajectory(mdata).texts
    assert (first.get_color(), first.get_path_effects()) == ("white", [])
    mdata.obs["spamca"] = mdata.obs["spamca"].cat.rename_categories({"0": "a long name"})
    mdata.uns["spamca_paga"]["names"][0] = "a long name"
    first, *others = spamca.pl.trajectory(mdata).texts
    assert (first.get_text(), first.get_color(), len(first.get_path_effects())) == ("a long name", "black", 1)
    assert first.get_position()[1] < -10 / 2
    assert {other.get_color() for other in others} == {"white"}


def test_sections_have_a_panel_each_with_their_own_domains(mdata):
    mdata.obs["section"] = np.where(mdata.obs["spamca"] == "2", "b", "a")
    axes = spamca.pl.trajectory(mdata, library_key="section", colorbar_loc=None)
    assert [nodes(ax)[0] for ax in axes] == [["0", "1"], ["2"]]
    assert [len(widths(ax)) for ax in axes] == [1, 0]
    _, ax = plt.subplots()
    assert spamca.pl.trajectory(mdata, ax=ax) is ax


def test_after_the_real_thing(integrated):
    spamca.tl.trajectory(integrated, root="domain 1", groupby="label")
    assert nodes(spamca.pl.trajectory(integrated))[0] == integrated.uns["spamca_paga"]["names"]


def test_domains_that_changed_are_named(mdata):
    mdata.obs["spamca"] = mdata.obs["spamca"].cat.rename_categories({"1": "new"})
    with pytest.raises(ValueError, match=r"mdata.obs\['spamca'\] has changed since, to \['0', 'new', '2'\]"):
        spamca.pl.trajectory(mdata)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"key": "x"}, KeyError, r"uns\['x_paga'\] do not exist; call .*root=..., key='x'\)"),
        ({"key": 3}, TypeError, "key must be a string, got 3"),
        ({"threshold": 2}, ValueError, "threshold must lie between 0 and 1, got 2"),
        ({"paga": 1}, TypeError, "paga must be True or False, got 1"),
        ({"ax": 3}, TypeError, "ax must be axes of matplotlib"),
    ],
)
def test_bad_arguments_are_named(mdata, arguments, error, message):
    with pytest.raises(error, match=message):
        spamca.pl.trajectory(mdata, **arguments)
