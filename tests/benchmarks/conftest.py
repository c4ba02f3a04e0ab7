"""The benchmark lies beside the package and is no part of it: where it is absent, its tests are skipped."""

from __future__ import annotations

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("benchmarks") else ["test_*.py"]
