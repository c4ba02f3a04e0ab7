"""What a .h5mu file holds, read from it without its matrices."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from anndata.io import read_elem

from spamca import _keys
from spamca.cli._exit import Code, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

RECORD = ("params", "cluster", "versions", "random_state")
"""What is told of a result, of all that is stored with it."""


def describe(path: Path, *, label: str | None = None, library_key: str | None = None) -> dict[str, Any]:
    """Modalities, spots, sections, and what this package has stored.

    Parameters
    ----------
    path
        The file.
    label
        Column of ``obs`` with known labels, on the MuData or in a modality; domains are compared with them.
    library_key
        Column of ``obs`` with the section of each spot; None takes that of the spatial graph.

    Raises
    ------
    CommandError
        If the file is no MuData, or there is no such column.
    """
    with h5py.File(path, "r") as file:
        if "mod" not in file or "obs" not in file:
            raise CommandError(Code.INPUT, f"{path} holds no MuData")
        names = [str(name) for name in file["mod"].attrs.get("mod-order", list(file["mod"]))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of anndata, on older files
            tables = {None: read_elem(file["obs"])} | {name: read_elem(file["mod"][name]["obs"]) for name in names}
            column = library_key or _library_key(file)
            labels = None if label is None else _column(tables, label, "--label")
            return {
                "n_spots": len(tables[None]),
                "library_key": column,
                "sections": None if column is None else _counts(_column(tables, column, "--library-key")),
                "modalities": {name: _modality(file["mod"][name]) for name in names},
                "results": {key: _result(file, key, tables[None], label, labels) for key in _results(file)},
            }


def _modality(group: h5py.Group) -> dict[str, Any]:
    held = {"n_spots": _length(group["obs"]), "n_features": _length(group["var"])}
    record = f"uns/{_keys.MODALITY_RECORD}"
    return held | (read_elem(group[record]) if isinstance(group.get(record), h5py.Group) else {})


def _length(table: h5py.Group) -> int:
    names = table[table.attrs["_index"]]
    # pandas 3 writes names with a mask beside them
    return (names["values"] if isinstance(names, h5py.Group) else names).shape[0]


def _library_key(file: h5py.File) -> str | None:
    """The one that the spatial graph was built with."""
    stored = file.get(f"uns/{_keys.SPATIAL_NEIGHBORS}/params/library_key")
    value = None if stored is None else read_elem(stored)
    return value if isinstance(value, str) else None


def _column(tables: dict[str | None, pd.DataFrame], name: str, option: str) -> pd.Series:
    """A column of the MuData, or of the first modality that has it, by spot."""
    for table in tables.values():
        if name in table:
            return table[name].reindex(tables[None].index)
    raise CommandError(Code.INPUT, f"{option} {name!r} is no column of obs, neither of the MuData nor of a modality")


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.value_counts(sort=False).items() if count}


def _results(file: h5py.File) -> Iterator[str]:
    """Names of the results that are stored, their ``key_added``."""
    for key, stored in file.get("uns", {}).items():
        if isinstance(stored, h5py.Group) and ("cluster" in stored or {"params", "versions"} <= set(stored)):
            yield key


def _result(
    file: h5py.File, key: str, obs: pd.DataFrame, label: str | None, labels: pd.Series | None
) -> dict[str, Any]:
    stored = file["uns"][key]
    held = {name: read_elem(stored[name]) for name in RECORD if name in stored}
    held.get("cluster", {}).pop("readout", None)  # matrices that no one reads by eye
    if "history/total" in stored:
        losses = read_elem(stored["history/total"])
        held["training"] = {"steps": len(losses), "last_loss": float(losses[-1]) if len(losses) else None}
    if (command := _keys.command(key)) in file["uns"]:
        held["command"] = json.loads(read_elem(file["uns"][command]))
    if key in obs:
        held["domains"] = _counts(obs[key])
        if (confidence := _keys.confidence(key)) in obs:
            held["mean_confidence"] = float(np.mean(obs[confidence]))
        if labels is not None:
            from spamca.metrics import agreement

            held[f"agreement with {label}"] = agreement(labels, obs[key])
    return held
