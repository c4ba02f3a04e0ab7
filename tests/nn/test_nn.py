"""What the package of the network gives."""

from __future__ import annotations

import pickle

import pytest

from spamca import nn


def test_names_are_found_where_they_are_used():
    assert set(nn.__all__) == set(dir(nn))
    assert all(getattr(nn, name) is not None for name in nn.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Network'"):
        nn.Network  # noqa: B018
    network = pickle.loads(pickle.dumps(nn.SpaMCA([3], 2, nn.PRESETS["default"])))
    assert network.settings == nn.PRESETS["default"]
