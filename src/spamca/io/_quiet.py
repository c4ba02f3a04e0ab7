"""Warnings of anndata that say nothing new to whoever deals with names that repeat."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def repeating_names() -> Iterator[None]:
    """Let tables be taken apart and copied whose rows or features bear a name twice, without a warning at each step."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* names are not unique")
        yield
