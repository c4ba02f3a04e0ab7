"""What a .h5mu file holds, without reading its matrices."""

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
    from pathlib import Path

    import pandas as pd

RECORD = ("params", "cluster", "versions", "random_state")
"""What is shown of all that is stored with a result."""


def describe(path: Path, *, label: str | None = None, library_key: str | None = None) -> dict[str, Any]:
    """Modalities, spots, sections, and what this package has stored; domains are compared with the column ``label``."""
    with h5py.File(path, "r") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of anndata, on older files
        if "mod" not in file or "obs" not in file:
            raise CommandError(Code.INPUT, f"{path} holds no MuData")
        groups = {str(name): file["mod"][name] for name in file["mod"].attrs.get("mod-order", list(file["mod"]))}
        tables = [read_elem(group["obs"]) for group in (file, *groups.values())]
        stored = file.get(f"uns/{_keys.SPATIAL_NEIGHBORS}/params/library_key")
        of_graph = None if stored is None else read_elem(stored)
        column = library_key or (of_graph if isinstance(of_graph, str) else None)
        labels = None if label is None else _column(tables, label, "--label")
        results = {key: held for key, held in file.get("uns", {}).items() if _is_result(held)}
        return {
            "n_spots": len(tables[0]),
            "library_key": column,
            "sections": None if column is None else _counts(_column(tables, column, "--library-key")),
            "modalities": {name: _modality(group) for name, group in groups.items()},
            "results": {key: _result(file, key, tables[0], label, labels) for key in results},
        }


def _modality(group: h5py.Group) -> dict[str, Any]:
    held = {"n_spots": _length(group["obs"]), "n_features": _length(group["var"])}
    record = group.get(f"uns/{_keys.MODALITY_RECORD}")
    return held | (read_elem(record) if isinstance(record, h5py.Group) else {})


def _length(table: h5py.Group) -> int:
    names = table[table.attrs["_index"]]
    # pandas 3 writes names together with a mask
    return (names["values"] if isinstance(names, h5py.Group) else names).shape[0]


def _column(tables: list[pd.DataFrame], name: str, option: str) -> pd.Series:
    """A column of the MuData, or of the first modality that has it, by spot."""
    for table in tables:
        if name in table:
            return table[name].reindex(tables[0].index)
    raise CommandError(Code.INPUT, f"{option} {name!r} is no column of obs, neither of the MuData nor of a modality")


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.value_counts(sort=False).items() if count}


def _is_result(stored: Any) -> bool:
    return isinstance(stored, h5py.Group) and ("cluster" in stored or {"params", "versions"} <= set(stored))


def _result(
    file: h5py.File, key: str, obs: pd.DataFrame, label: str | None, labels: pd.Series | None
) -> dict[str, Any]:
    stored = file["uns"][key]
    held = {name: read_elem(stored[name]) for name in RECORD if name in stored}
    held.get("cluster", {}).pop("readout", None)  # large matrices
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
