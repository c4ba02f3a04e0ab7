from __future__ import annotations

import numpy as np
import pytest

import spamca
from spamca._report.calls import calls, written
from spamca._report.subject import Subject


@pytest.mark.slow
def test_calls_give_the_result_again(tissue):
    spamca.pp.neighbors(tissue, n_neighs=8)
    given = {"settings": {"n_latent": 8}, "modality_trust": {"protein": 0.5}, "random_state": 1, "key_added": "mine"}
    spamca.tl.integrate(tissue, 3, progress_bar=False, **given)
    found = calls(Subject(tissue, "mine"))
    assert found[0] == "spamca.pp.neighbors(mdata, n_neighs=8)"
    again = tissue.copy()
    del again.uns["mine"], again.obsm["X_mine"], again.obs["mine"]
    exec("\n".join(found), {"spamca": spamca, "mdata": again})
    np.testing.assert_array_equal(again.obsm["X_mine"], tissue.obsm["X_mine"])
    np.testing.assert_array_equal(again.obsm["mine_posterior"], tissue.obsm["mine_posterior"])


def test_defaults_are_left_out(integrated):
    first, second, *_ = calls(Subject(integrated))
    assert first == "spamca.pp.neighbors(mdata)"
    assert second == "spamca.tl.integrate(mdata, n_clusters=3, settings={'max_epochs': 20})"


def test_one_section_by_request_is_said_again(integrated):
    integrated.uns["spatial_neighbors"]["params"]["one_section"] = True
    assert calls(Subject(integrated))[0] == "spamca.pp.neighbors(mdata, library_key=None)"


def test_results_of_others_have_no_calls(tissue):
    assert calls(Subject(tissue, "label")) == []


def test_long_calls_take_several_lines():
    call = {"function": "f", "arguments": {"a": "x" * 60, "b": "y" * 60}}
    assert written(call) == f"f(\n    mdata,\n    a={'x' * 60!r},\n    b={'y' * 60!r},\n)"
