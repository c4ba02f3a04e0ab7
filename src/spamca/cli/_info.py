"""``spamca info``: what a file holds, without reading its matrices."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import h5py
from anndata.io import read_elem

from spamca import _keys
from spamca.cli._process import Code, CommandError, reading, write_lines
from spamca.cli._record import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd


def show(path: Path, *, label: str | None, library_key: str | None, as_json: bool) -> None:
    """Describe a file on stdout; CommandError if it cannot be read, or has no such column."""
    with reading(path):
        if not path.is_file():
            raise CommandError(Code.INPUT, f"{path} is not a file")
        if path.suffix == ".h5mu":
            found = _tissue(path, label, library_key)
        elif path.suffix == ".safetensors":
            for option, value in (("--label", label), ("--library-key", library_key)):
                if value is not None:
                    raise CommandError(Code.USAGE, f"{option} is for tissue, {path} is a model")
            found = _model(path)
        else:
            raise CommandError(Code.INPUT, f"{path} is neither a .h5mu nor a .safetensors file")
    held = {"file": str(path), "bytes": path.stat().st_size, **found}
    lines = [json.dumps(held, indent=2, default=plain)] if as_json else _lines(held)
    write_lines(lines)


def _lines(held: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """Names and values, nested ones indented, without the lists of a record that only JSON shows."""
    for name, value in held.items():
        if isinstance(value, dict) and value:
            yield f"{'  ' * depth}{name}:"
            yield from _lines(value, depth + 1)
        elif value is not None and name not in ("calls", "stages"):
            yield f"{'  ' * depth}{name}: {f'{value:.6g}' if isinstance(value, float) else plain(value)}"


def _model(path: Path) -> dict[str, Any]:
    """Domains and modalities of a model, and how it was trained."""
    from spamca.model.file import digest, read

    header, arrays = read(path)
    modalities = {}
    for one in header["modalities"]:
        n_features = None if one["features"] is None else len(one["features"])
        about = {name: one[name] for name in ("kind", "use_rep", "n_comps")}
        modalities[one["name"]] = about | {"n_features": n_features}
    settings = ("key", "method", "refine", "graphs", "settings", "random_state", "versions")
    return {
        "n_spots_trained": header["n_spots"],
        "domains": dict(zip(header["domains"], header["colors"], strict=True)),
        "modalities": modalities,
        **{name: header[name] for name in settings},
        "sha256": digest(header, arrays),
    }


def _tissue(path: Path, label: str | None, library_key: str | None) -> dict[str, Any]:
    """Modalities, spots, sections, and what this package has stored; domains are compared with the column ``label``."""
    with h5py.File(path, "r") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of anndata, on older files
        if "mod" not in file or "obs" not in file:
            raise CommandError(Code.INPUT, f"{path} holds no MuData")
        groups = {str(name): file["mod"][name] for name in file["mod"].attrs.get("mod-order", list(file["mod"]))}
        obs, *others = tables = [read_elem(group["obs"]) for group in (file, *groups.values())]
        modalities = {}
        for (name, group), table in zip(groups.items(), others, strict=True):
            record = group.get(f"uns/{_keys.MODALITY_RECORD}")
            about = read_elem(record) if isinstance(record, h5py.Group) else {}
            modalities[name] = {"n_spots": len(table), "n_features": len(read_elem(group["var"])), **about}
        stored = file.get(f"uns/{_keys.SPATIAL_NEIGHBORS}/params/library_key")
        of_graph = None if stored is None else read_elem(stored)
        column = library_key or (of_graph if isinstance(of_graph, str) else None)
        sections = None if column is None else _counts(_column(tables, list(groups), column, "--library-key"))
        results = {key: _result(file, key, obs) for key, held in file.get("uns", {}).items() if _is_result(held)}
    if label is not None:
        from spamca.metrics import agreement

        labels = _column(tables, list(groups), label, "--label")
        for key, result in results.items():
            if key in obs:
                result[f"agreement with {label}"] = agreement(labels, obs[key])
    return {
        "n_spots": len(obs),
        "library_key": column,
        "sections": sections,
        "modalities": modalities,
        "results": results,
    }


def _column(tables: list[pd.DataFrame], names: list[str], name: str, option: str) -> pd.Series:
    """A column of the MuData, ``"<modality>:<column>"``, or one of the first modality that has it, by spot; the MuData is the first table."""
    modality, _, rest = name.partition(":")
    named = [(tables[names.index(modality) + 1], rest)] if modality in names else []
    for table, own in [(tables[0], name), *named, *((table, name) for table in tables[1:])]:
        if own in table:
            return table[own].reindex(tables[0].index)
    raise CommandError(Code.INPUT, f"{option} {name!r} is no column of obs, neither of the MuData nor of a modality")


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(name): count for name, count in values.value_counts(sort=False).items() if count}


def _is_result(stored: Any) -> bool:
    return isinstance(stored, h5py.Group) and ("cluster" in stored or {"params", "versions"} <= set(stored))


def _result(file: h5py.File, key: str, obs: pd.DataFrame) -> dict[str, Any]:
    stored = file["uns"][key]
    shown = ("params", "cluster", "versions", "random_state")
    held = {name: read_elem(stored[name]) for name in shown if name in stored}
    held.get("cluster", {}).pop("readout", None)  # large matrices
    if "history/total" in stored:
        losses = read_elem(stored["history/total"])
        held["training"] = {"steps": len(losses), "last_loss": float(losses[-1]) if len(losses) else None}
    if (command := _keys.command(key)) in file["uns"]:
        held["command"] = json.loads(read_elem(file["uns"][command]))
    if key in obs:
        held["domains"] = _counts(obs[key])
        if (confidence := _keys.confidence(key)) in obs:
            held["mean_confidence"] = float(obs[confidence].mean())
    return held
