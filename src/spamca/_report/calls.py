"""Calls that give a result again, as Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from spamca import _keys
from spamca._checks import graph_params
from spamca._records import source_of
from spamca._report.subject import as_mapping

if TYPE_CHECKING:
    from spamca._report.subject import Subject

DEFAULTS: dict[str, Any] = {
    "accelerator": "auto",
    "devices": "auto",
    "strategy": "auto",
    "precision": "32-true",
    "preset": "default",
    "batch_size": None,
    "modality_trust": None,
}
"""Arguments of ``tl.integrate`` that its record holds, and their defaults."""


def calls(subject: Subject) -> list[str]:
    """The calls of a result of ``tl.integrate``, with the arguments that are stored and differ from their defaults."""
    from spamca.model.domains import FIELD

    record, key = subject.record, source_of(subject.mdata, subject.key)
    params = as_mapping(record.get("params"))
    if "preset" not in params:
        return []  # not written by integrate, or by tl.transform, of which the model is not known
    seed = plain(record.get("random_state", 0))
    common = {} if key == _keys.SPAMCA else {"key_added": key}
    common |= {} if not seed else {"random_state": seed}
    graph = graph_params(subject.mdata)
    graph_arguments = {name: plain(graph[name]) for name in ("library_key",) if graph.get(name) is not None}
    if graph.get("one_section"):
        graph_arguments["library_key"] = None
    if graph.get("spatial_key", _keys.SPATIAL) != _keys.SPATIAL:
        graph_arguments["spatial_key"] = graph["spatial_key"]
    graph_arguments |= _graph_options(graph)
    arguments: dict[str, Any] = {}
    if params.get("n_clusters_given"):
        arguments["n_clusters"] = plain(params.get("n_clusters"))
    if params.get("n_clusters_range") is not None:
        arguments["n_clusters_range"] = tuple(plain(params["n_clusters_range"]))
    arguments |= {
        name: plain(params[name]) for name, value in DEFAULTS.items() if plain(params.get(name, value)) != value
    }
    changed = _settings(params)
    arguments |= {"settings": changed} if changed else {}
    found = [written(_call("pp.neighbors", graph_arguments)), written(_call("tl.integrate", arguments | common))]
    cluster = as_mapping(record.get("cluster"))
    method = str(cluster.get("method", FIELD))
    other = subject.key != key or not params.get("n_clusters_given")
    other |= plain(cluster.get("n_clusters")) != plain(params.get("n_clusters"))
    if cluster and (method != FIELD or (other and cluster.get("n_clusters_from") == "argument")):
        again = {"n_clusters": plain(cluster.get("n_clusters"))}
        if method != FIELD:
            again |= {"method": method}
            if cluster.get("n_clusters_from") == "resolution":
                again = {"method": method, "resolution": plain(cluster["resolution"])}
            usual = {"use_rep": _keys.embedding(key), "refine": False}
            again |= {
                name: plain(cluster[name]) for name, value in usual.items() if plain(cluster.get(name, value)) != value
            }
        where = {} if key == _keys.SPAMCA else {"key": key}
        where |= {} if subject.key == key else {"key_added": subject.key}
        seed = plain(cluster.get("random_state", seed))
        found.append(written(_call("tl.cluster", again | where | ({"random_state": seed} if seed else {}))))
    named = {str(k): str(name) for k, name in enumerate(cluster.get("names", ())) if str(k) != str(name)}
    if named:
        own = {"names": named} if subject.key == _keys.SPAMCA else {"names": named, "key": subject.key}
        found.append(written(_call("tl.rename_domains", own)))
    return found


def written(call: Mapping[str, Any]) -> str:
    """A call with its function and arguments as a line of Python; long ones get a line for each argument."""
    arguments = [f"{name}={value!r}" for name, value in as_mapping(call.get("arguments")).items()]
    line = f"{call.get('function')}({', '.join(['mdata', *arguments])})"
    if len(line) <= 100:
        return line
    return "\n".join([f"{call.get('function')}(", *(f"    {one}," for one in ["mdata", *arguments]), ")"])


def _graph_options(graph: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the spatial graph that was built, those that differ from their defaults."""
    kind = graph.get("kind")
    if kind == "knn":
        return {"n_neighs": plain(graph["n_neighbors"])} if graph.get("n_neighbors", 6) != 6 else {}
    if kind == "grid":
        return {"coord_type": "grid"} | ({"n_rings": plain(graph["n_rings"])} if graph.get("n_rings", 1) != 1 else {})
    if kind not in ("radius", "delaunay"):
        return {}
    options = {} if graph.get("radius") is None else {"radius": plain(graph["radius"])}
    return options | ({"delaunay": True} if kind == "delaunay" else {})


def plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as those of Python."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return {str(name): plain(one) for name, one in value.items()} if isinstance(value, Mapping) else value


def _call(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"function": f"spamca.{name}", "arguments": arguments}


def _settings(params: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that differ from those of the preset, of the network and of the search for domains."""
    from spamca.domains import DomainSettings
    from spamca.nn import PRESETS

    changed = {}
    for defaults in (PRESETS.get(str(params["preset"])), DomainSettings()):
        for one in fields(defaults) if defaults is not None else ():
            before, now = getattr(defaults, one.name), plain(params.get(one.name))
            before = list(before) if isinstance(before, tuple) else before
            if one.name in params and now is not None and now != before:
                changed[one.name] = now
    return changed
