"""joblib under the name that scikit-learn once had for it, which the code of PRAGA still asks for."""

from __future__ import annotations

import sys

import joblib

sys.modules.setdefault("sklearn.utils._joblib", joblib)
