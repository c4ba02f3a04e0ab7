from __future__ import annotations

import re

import pytest

from spamca.nn import PRESETS, Settings


def test_none_leaves_a_setting():
    assert Settings().changed(n_latent=7, mask_rate=None) == Settings(n_latent=7)


def test_default_is_the_default():
    assert PRESETS["default"] == Settings()


def test_unknown_setting():
    with pytest.raises(TypeError, match="epochs"):
        Settings().changed(epochs=3)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("fusion", "x", ValueError),
        ("contrast", "x", ValueError),
        ("target", "x", ValueError),
        ("mask_rate", 1.0, ValueError),
        ("mask_rate", -0.1, ValueError),
        ("mask_rate", "a", TypeError),
        ("mask_rate", float("nan"), ValueError),
        ("view_uniform", 3, ValueError),
        ("n_contrasted", 1, ValueError),
        ("n_latent", 0, ValueError),
        ("n_latent", 2.5, TypeError),
        ("n_latent", True, TypeError),
        ("max_epochs", -3, ValueError),
        ("temperature", 0, ValueError),
        ("spatial_scales", (), TypeError),
        ("spatial_scales", 2, TypeError),
        ("spatial_scales", (-1,), ValueError),
        ("spatial_scales", (1, 1), ValueError),
        ("views", (), ValueError),
        ("views", ("spatial", "spatial"), ValueError),
        ("views", ("spatial", "x"), ValueError),
        ("views", "spatial", TypeError),
        ("views", 3, TypeError),
        ("start", "x", ValueError),
        ("n_steps", -1, ValueError),
    ],
)
def test_every_value_is_judged(name, value, error):
    with pytest.raises(error, match=f"{name} must .*{re.escape(repr(value))}|{name} must .*-1"):
        Settings(**{name: value})


@pytest.mark.parametrize("name", Settings.__dataclass_fields__)
def test_every_setting_is_checked_or_a_switch(name):
    if not isinstance(getattr(Settings(), name), bool):
        with pytest.raises((TypeError, ValueError), match=f"{name} must"):
            Settings(**{name: object()})


def test_constants_are_documented_and_no_choices():
    constants = [
        name for name in vars(Settings) if isinstance(getattr(Settings, name), (int, float)) and name[0] != "_"
    ]
    constants = [name for name in constants if name not in Settings.__dataclass_fields__]
    assert len(constants) > 10
    described = Settings.__doc__.split("Attributes")[1]
    assert all(re.search(rf"\b{name}\b", described) for name in constants)
    with pytest.raises(TypeError, match=constants[0]):
        Settings(**{constants[0]: 1})


@pytest.mark.parametrize(
    "changes", [{"views": ("spatial", "feature")}, {"views": ("feature",)}, {"fusion": "attention"}]
)
def test_start_from_the_structure_is_of_the_surroundings_and_their_sum(changes):
    with pytest.raises(ValueError, match="start='structure' needs views=.*fusion='sum'.*use start='random'"):
        Settings(**changes)
    assert Settings(start="random", **changes) != Settings()


def test_clusters_where_a_loss_asks_for_them():
    assert not Settings().clusters
    assert Settings(cluster_weight=0.1).clusters
    assert Settings(alignment_weight=0.1).clusters
    assert PRESETS["paper"].clusters
