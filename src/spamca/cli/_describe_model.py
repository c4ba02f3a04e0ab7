"""What a saved model holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spamca.cli._exit import Code, CommandError
from spamca.model.file import digest, read

if TYPE_CHECKING:
    from pathlib import Path

TOLD = ("key", "method", "refine", "graphs", "settings", "random_state", "versions")
"""What is told as it stands in the file."""


def describe(path: Path, *, label: str | None = None, library_key: str | None = None) -> dict[str, Any]:
    """Domains, modalities, and how it was trained.

    Parameters
    ----------
    path
        What :meth:`spamca.Model.save` wrote.
    label, library_key
        Columns of a tissue, which a model is not.

    Raises
    ------
    CommandError
        If a column is named.
    """
    for option, value in (("--label", label), ("--library-key", library_key)):
        if value is not None:
            raise CommandError(Code.USAGE, f"{option} is for tissue, {path} is a model")
    header, arrays = read(path)
    modalities = {
        one["name"]: {
            "kind": one["kind"],
            "use_rep": one["use_rep"],
            "n_components": one["n_components"],
            "n_features": None if one["features"] is None else len(one["features"]),
        }
        for one in header["modalities"]
    }
    return {
        "n_spots_trained": header["n_spots"],
        "domains": dict(zip(header["domains"], header["colors"], strict=True)),
        "modalities": modalities,
        **{name: header[name] for name in TOLD},
        "sha256": digest(header, arrays),
    }
