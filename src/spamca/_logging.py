"""The package's logger: choices made on the user's behalf are logged at level INFO."""

from __future__ import annotations

import logging

logger = logging.getLogger("spamca")

if not logger.handlers:
    # A handler of our own speaks only where the user configured no logging, and leaves the root logger alone.
    _handler = logging.StreamHandler()
    _handler.setFormatter(logging.Formatter("spamca: %(message)s"))
    _handler.addFilter(lambda _: not logging.getLogger().handlers)
    logger.addHandler(_handler)
    logger.setLevel(logging.INFO)
