from __future__ import annotations

import pytest

from spamca.nn import PRESETS, Settings


def test_none_leaves_a_setting():
    assert Settings().changed(n_latent=7, mask_rate=None) == Settings(n_latent=7)


def test_default_is_the_default():
    assert PRESETS["default"] == Settings()


def test_unknown_setting():
    with pytest.raises(TypeError, match="epochs"):
        Settings().changed(epochs=3)
