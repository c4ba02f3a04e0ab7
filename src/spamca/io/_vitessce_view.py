"""What Vitessce shows of a store, and the page that it is shown on."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.colors import to_rgb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STORE, CONFIG, PAGE = "tissue.zarr", "vitessce.json", "index.html"  # names in the folder
EMBEDDING, FEATURE, SCALED = "embedding", "feature", "scaled"
_SCHEMA = "1.0.15"  # of the view config: all later viewers read it
_VIEWER, _REACT = "vitessce@4.0.8", "18.3.1"  # versions that the page takes from the web
_HTML = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; font-family: sans-serif; }}
#root {{ height: 100vh; }}
</style>
<script type="importmap">
{imports}
</script>
</head>
<body>
<div id="root"><p>The viewer is loaded from the web. Serve this folder, for example with <code>python -m http.server</code>.</p></div>
<script type="module">
import React from "react";
import {{ createRoot }} from "react-dom/client";
import {{ Vitessce }} from "vitessce";

const config = await (await fetch("{config}")).json();
for (const dataset of config.datasets)
  for (const file of dataset.files) file.url = new URL(file.url, document.baseURI).href;
const height = () => window.innerHeight;
createRoot(document.getElementById("root")).render(
  React.createElement(Vitessce, {{ config, height: height(), theme: "light" }}));
</script>
</body>
</html>
"""


@dataclass(frozen=True)
class Shown:
    """What a store holds, by the names in it."""

    sets: Mapping[str, Mapping[str, str]]  # columns with categories, the domains first: colour of each category
    embedding: str  # how the embedding is called
    features: Sequence[str]  # numbers and features, in order
    radius: float  # of a spot, in units of the coordinates


def view_config(shown: Shown, *, name: str, base_url: str | None, heatmap: bool) -> Any:
    """A :class:`vitessce.VitessceConfig` with tissue, embedding, domains, features, and a heat map if wanted."""
    vitessce = imported()
    config = vitessce.VitessceConfig(schema_version=_SCHEMA, name=name)
    url = STORE if base_url is None else f"{base_url.rstrip('/')}/{STORE}"
    sets = list(shown.sets)
    wrapper = vitessce.AnnDataWrapper(
        adata_url=url,
        obs_spots_path="obsm/spatial",
        obs_embedding_paths=[f"obsm/{EMBEDDING}"],
        obs_embedding_names=[shown.embedding],
        obs_set_paths=[f"obs/{column}" for column in sets],
        obs_set_names=sets,
        obs_feature_matrix_path="X" if shown.features else None,
        coordination_values={"obsType": "spot", "featureType": FEATURE},
    )
    dataset = config.add_dataset(name=name, uid="tissue").add_object(wrapper)
    kinds = ["spatialBeta", "scatterplot", "obsSets", *(["featureList"] if shown.features else [])]
    kinds += ["heatmap"] if heatmap and shown.features else []
    views = {kind: config.add_view(kind, dataset=dataset) for kind in kinds}
    if "featureList" in views:
        views["featureList"].set_props(sort="original")
    if "heatmap" in views:  # its own values, or the feature with the largest leaves no colour to the others
        path = {"obsFeatureMatrix": {"path": f"layers/{SCALED}"}}
        what = {"obsType": "spot", "featureType": FEATURE, "featureValueType": SCALED}
        dataset.add_file("anndata.zarr", url=url, options=path, coordination_values=what)
        config.link_views([views["heatmap"]], ["featureValueType"], [SCALED])
    config.link_views(list(views.values()), *_linked(shown))
    config.link_views(
        [views["scatterplot"]], ["embeddingType", "embeddingObsSetLabelsVisible"], [shown.embedding, True]
    )
    layer = {"obsType": "spot", "spatialSpotRadius": shown.radius, "spatialLayerOpacity": 1.0}
    level = vitessce.CoordinationLevel
    prefix = vitessce.get_initial_coordination_scope_prefix("tissue", "obsSpots")
    config.link_views_by_dict([views["spatialBeta"]], {"spotLayer": level([layer])}, scope_prefix=prefix)
    for kind, box in _layout(kinds).items():
        views[kind].set_xywh(*box)
    return config


def write_page(folder: Path, config: Any, name: str) -> None:
    """Write the view config as JSON, and a page with the viewer."""
    (folder / CONFIG).write_text(json.dumps(config.to_dict(base_url=""), indent=1))
    react = "https://esm.sh/react"
    imports = {
        "react": f"{react}@{_REACT}",
        "react/jsx-runtime": f"{react}@{_REACT}/jsx-runtime?external=react",
        "react-dom": f"{react}-dom@{_REACT}?external=react",
        "react-dom/client": f"{react}-dom@{_REACT}/client?external=react,react-dom",
        "vitessce": f"https://unpkg.com/{_VIEWER}/dist/index.min.js",
    }
    title = name.replace("&", "&amp;").replace("<", "&lt;")
    page = _HTML.format(title=title, config=CONFIG, imports=json.dumps({"imports": imports}, indent=1))
    (folder / PAGE).write_text(page)


def imported() -> Any:
    """The package, or an ImportError that says how to get it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that its widget needs more, and what its dependencies deprecate
            import vitessce
    except ImportError as error:
        msg = "to_vitessce needs the package vitessce; install it with pip install 'spamca[vitessce]'"
        raise ImportError(msg) from error
    return vitessce


def _linked(shown: Shown) -> tuple[list[str], list[Any]]:
    """Settings that all views share: spots in the colours of the domains."""
    first = next(iter(shown.sets))
    colors = [
        {"path": [column, category], "color": [round(255 * value) for value in to_rgb(color)]}
        for column, categories in shown.sets.items()
        for category, color in categories.items()
    ]
    values = {
        "obsType": "spot",
        "obsColorEncoding": "cellSetSelection",
        "obsSetSelection": [[first, category] for category in shown.sets[first]],
        "obsSetColor": colors,
        "obsSetExpansion": [[first]],
        "featureType": FEATURE,
    }
    return list(values), list(values.values())


def _layout(kinds: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
    """Column, row, width and height of each view on a grid of 12 by 12."""
    high = 8 if "heatmap" in kinds else 12
    boxes = {"spatialBeta": (0, 0, 5, high), "scatterplot": (5, 0, 4, high)}
    half = high // 2 if "featureList" in kinds else high
    boxes |= {"obsSets": (9, 0, 3, half), "featureList": (9, half, 3, high - half), "heatmap": (0, high, 12, 12 - high)}
    return {kind: boxes[kind] for kind in kinds}
