"""``spamca info``: what a file holds."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from spamca.cli._exit import Code, CommandError, reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IN_FULL = ("calls", "stages")
"""Lists of a record that only JSON shows."""

OF_MODEL = ("key", "method", "refine", "graphs", "settings", "random_state", "versions")
"""What is shown of a model as it is in the file."""

OF_MODALITY = ("kind", "use_rep", "n_components")


def show(path: Path, *, label: str | None, library_key: str | None, as_json: bool) -> None:
    """Describe a file on stdout; CommandError if it cannot be read, or has no such column."""
    if not path.is_file():
        raise CommandError(Code.INPUT, f"{path} is not a file")
    with reading(path):
        if path.suffix == ".h5mu":
            from spamca.cli._tissue import describe

            found = describe(path, label=label, library_key=library_key)
        elif path.suffix == ".safetensors":
            for option, value in (("--label", label), ("--library-key", library_key)):
                if value is not None:
                    raise CommandError(Code.USAGE, f"{option} is for tissue, {path} is a model")
            found = _model(path)
        else:
            raise CommandError(Code.INPUT, f"{path} is neither a .h5mu nor a .safetensors file")
    held = {"file": str(path), "bytes": path.stat().st_size, **found}
    lines = [json.dumps(held, indent=2, default=_plain)] if as_json else _lines(held)
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _model(path: Path) -> dict[str, Any]:
    """Domains and modalities of a model, and how it was trained."""
    from spamca.model.file import digest, read

    header, arrays = read(path)
    return {
        "n_spots_trained": header["n_spots"],
        "domains": dict(zip(header["domains"], header["colors"], strict=True)),
        "modalities": {
            one["name"]: {
                **{name: one[name] for name in OF_MODALITY},
                "n_features": None if one["features"] is None else len(one["features"]),
            }
            for one in header["modalities"]
        },
        **{name: header[name] for name in OF_MODEL},
        "sha256": digest(header, arrays),
    }


def _lines(held: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """Names and values, nested ones indented."""
    for name, value in held.items():
        if isinstance(value, dict) and value:
            yield f"{'  ' * depth}{name}:"
            yield from _lines(value, depth + 1)
        elif value is not None and name not in IN_FULL:
            yield f"{'  ' * depth}{name}: {f'{value:.6g}' if isinstance(value, float) else _plain(value)}"


def _plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as those of Python."""
    return value.tolist() if hasattr(value, "tolist") else value
