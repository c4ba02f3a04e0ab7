"""The package's logger: choices made on the user's behalf are logged at level INFO."""

from __future__ import annotations

import logging

logger = logging.getLogger("spamca")


def _attach_handler() -> None:
    # A handler of our own speaks only where the user configured no logging, and leaves the root logger alone.
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("spamca: %(message)s"))
    handler.addFilter(lambda _: not logging.getLogger().handlers)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


if not logger.handlers:
    _attach_handler()
