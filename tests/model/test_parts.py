from __future__ import annotations

import numpy as np

from spamca.model.parts import settings_of
from spamca.nn import PRESETS, Settings


def test_settings_from_a_file():
    record = {
        "views": np.array(["spatial"], dtype=object),
        "spatial_scales": np.array([1, 3]),
        "mask_rate": np.float64(0.5),
        "early_stopping": np.bool_(0),
        "n_clusters": 3,
    }
    assert settings_of(Settings, record) == PRESETS["default"].changed(
        views=("spatial",), spatial_scales=(1, 3), mask_rate=0.5, early_stopping=False
    )
