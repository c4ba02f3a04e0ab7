"""The parts of a model, from a tissue that was integrated and clustered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spamca import _checks, _keys, _records
from spamca._colors import colors_of, spare_colors
from spamca._records import plain
from spamca.domains import DomainSettings
from spamca.model.domains import FIELD
from spamca.model.network import n_clusters_of, trained_network, trained_tissue
from spamca.model.parts import settings_of, spare_of, stored_settings
from spamca.tissue import components_of, feature_names, preparation_of

if TYPE_CHECKING:
    from anndata import AnnData
    from mudata import MuData

    from spamca.tissue import Components


def parts_of(mdata: MuData, key: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of the model that a MuData was trained to under a name; see :meth:`spamca.Model.from_mudata`."""
    _checks.check_readable(mdata)
    _checks.check_name("key", key)
    trained = trained_network(mdata, key)
    record, cluster = _records.record_of(mdata, key), _clustering(mdata, key)
    lacking = [name for name in trained.names if name not in mdata.mod]
    if lacking:
        msg = (
            f"the network was trained on modalities {trained.names}, but mdata lacks {lacking}; "
            "call spamca.tl.integrate again"
        )
        raise ValueError(msg)
    _check_kept(mdata, key)
    tissue, search = trained_tissue(mdata, trained, key), settings_of(DomainSettings, record["params"])
    held = components_of(mdata, key)
    arrays = {f"network.{name}": np.asarray(values) for name, values in record["network"].items()}
    arrays |= {f"readout.{name}": np.asarray(values) for name, values in cluster.get("readout", {}).items()}
    modalities = []
    for m, name in enumerate(trained.names):
        described, kept = _modality(mdata[name], name)
        described["unexplained"] = jsonable(record.get("unexplained", {})).get(name)
        modalities.append({"name": name, "scale": trained.scale[m], **described})
        arrays |= {f"preparation.{m}.{column}": values for column, values in kept.items()}
    field = record.get("field")
    if field is None and cluster["method"] == FIELD:
        msg = (
            f"neighbours share nothing in any modality of mdata, so that the domains {key!r} describe no other tissue; train on "
            "tissue with more spots or signal"
        )
        raise ValueError(msg)
    if field is not None:
        for m, block in field["blocks"].items():
            arrays |= {f"field.{m}.{name}": np.asarray(block[name]) for name in block if name != "weight"}
        weights = {str(m): float(block["weight"]) for m, block in field["blocks"].items()}
        spare = float(field.get("spare", 0.0))
        if "spare" not in field and record.get("domains") and held is not None:
            spare = spare_of(field, search, tissue, held.posterior)
        field = jsonable({name: field[name] for name in field if name != "blocks"})
        field |= {"weights": weights, "spare": spare}
    header = {
        "key": key,
        "n_spots": int(record.get("shards", {"n_spots": mdata.n_obs})["n_spots"]),
        "settings": jsonable(stored_settings(trained.network.settings, search)),
        "n_clusters": n_clusters_of(record["network"]),
        "modalities": modalities,
        "graphs": jsonable(record["graphs"]),
        "field": field,
        **_named(mdata, key, held, int(cluster["n_found"])),
        "method": str(cluster["method"]),
        "refine": bool(cluster["refine"]),
        "random_state": int(record["random_state"]),
        "versions": jsonable(record["versions"]),
    }
    return header, arrays


def jsonable(value: Any) -> Any:
    """A record as JSON knows it; what is None is left out of mappings."""
    if isinstance(value, Mapping):
        return {str(name): jsonable(item) for name, item in value.items() if item is not None}
    value = plain(value)
    return [jsonable(item) for item in value] if isinstance(value, (list, tuple)) else value


def _clustering(mdata: MuData, key: str) -> Mapping[str, Any]:
    cluster = mdata.uns[key].get("cluster")
    which = "" if key == _keys.SPAMCA else f", key={key!r}"
    if cluster is None:
        msg = f"mdata.uns[{key!r}] holds no domains; call spamca.tl.cluster(mdata{which}) before a model is made"
        raise KeyError(msg)
    if cluster["method"] != FIELD and (
        cluster["use_rep"] != _keys.embedding(_records.source_of(mdata, key)) or "readout" not in cluster
    ):
        msg = (
            f"the domains {key!r} were read from mdata.obsm[{cluster['use_rep']!r}] and not from the embedding of the "
            f"network; call spamca.tl.cluster(mdata{which}) again, without use_rep"
        )
        raise ValueError(msg)
    return cluster


def _check_kept(mdata: MuData, key: str) -> None:
    """Whether posterior and spatial graph are still there."""
    needed = [("obsp", _keys.connectivities(_keys.SPATIAL))]
    if _records.record_of(mdata, key).get("domains"):
        needed.insert(0, ("obsm", _keys.posterior(key)))
    for holder, name in needed:
        if name not in getattr(mdata, holder):
            msg = (
                f"mdata.{holder}[{name!r}] of the training is not there any more, and a model needs it; "
                f"call spamca.tl.integrate(mdata, key_added={_records.source_of(mdata, key)!r}) again"
            )
            raise KeyError(msg)


def _modality(modality: AnnData, name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """How a modality is prepared: what of it JSON can hold, and arrays of the features that are used."""
    record = modality.uns[_keys.MODALITY_RECORD]
    kind, use_rep = str(record["kind"]), str(record["use_rep"])
    described = {"kind": kind, "use_rep": use_rep, "n_comps": modality.obsm[use_rep].shape[1]}
    try:
        found = preparation_of(modality)
    except KeyError as error:
        msg = (
            f"mdata[{name!r}] lacks {error}, what its preparation found of each feature; call spamca.pp.prepare(mdata), and "
            "integrate and cluster again"
        )
        raise KeyError(msg) from error
    except ValueError as error:
        msg = f"modality {name!r} is no longer what it was prepared from: {error}"
        raise ValueError(msg) from error
    if found is None:
        return {**described, "features": None, "constants": {}}, {}
    fitted, used = found
    described |= {"features": feature_names(modality)[used].tolist(), "constants": dict(fitted.constants)}
    return described, {"loadings": fitted.loadings, **fitted.columns}


def _named(mdata: MuData, key: str, held: Components | None, n_components: int) -> dict[str, list[Any]]:
    """Names and colours of the domains, those that the user gave them, by their first components; ``members`` where some were merged.

    ValueError where spots were given other labels, so that it is not known which domain of ``obs`` a component is.
    """
    if held is None:
        names = [str(k) for k in range(n_components)]
        return {"domains": names, "colors": colors_of(mdata.uns, key, names)}
    held.check(key)
    names = held.names
    if key in mdata.obs:
        categories = [str(name) for name in pd.Categorical(mdata.obs[key]).categories]
        known = dict(zip(categories, colors_of(mdata.uns, key, categories), strict=True))
        spare = iter(spare_colors(len(names), known.values()))
        colors = [known[name] if name in known else next(spare) for name in names]
    else:
        colors = colors_of(mdata.uns, key, names)
    return {"domains": names, "colors": colors, **({"members": held.members.tolist()} if held.merged else {})}
