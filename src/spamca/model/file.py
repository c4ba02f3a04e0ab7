"""The file of a model: tensors and JSON in one safetensors file. Nothing in it is ever run."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = "spamca.Model"  # marks such a file among safetensors files
FORMAT_VERSION = 1
_ENTRY = "spamca"
_MENDS = "name a file that spamca.Model.save wrote, or train and save again"


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write a header as JSON, and arrays, under a temporary name that is then changed: an interruption leaves what was there."""
    from safetensors.numpy import save_file

    # The file holds bytes in the order of the memory.
    arrays = {name: np.array(values, order="C") for name, values in arrays.items()}
    whole = {"format": FORMAT, "format_version": FORMAT_VERSION, **header}
    text = json.dumps({**whole, "sha256": digest(whole, arrays)}, allow_nan=False)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.touch()  # with the rights that a new file has here; safetensors would give it to nobody else
        rights = unfinished.stat().st_mode
        save_file(arrays, unfinished, metadata={_ENTRY: text})
        unfinished.chmod(rights)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and arrays of a model; a FileNotFoundError or ValueError if the file is missing, cut short, changed or no model."""
    from safetensors import SafetensorError, safe_open

    if not path.exists():
        msg = f"there is no file {str(path)!r}; {_MENDS}"
        raise FileNotFoundError(msg)
    try:
        with safe_open(path, framework="numpy") as file:
            header = _header(path, file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError, TypeError, AttributeError) as error:
        msg = f"{str(path)!r} is no safetensors file, or is cut short; {_MENDS}"
        raise ValueError(msg) from error
    expected = header.pop("sha256", None)
    if digest(header, arrays) != expected:
        msg = f"{str(path)!r} is not what was saved: its checksum does not fit its contents; {_MENDS}"
        raise ValueError(msg)
    return header, arrays


def digest(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over the header and over names, types, shapes and bytes of the arrays."""
    found = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(arrays):
        values = np.asarray(arrays[name])
        found.update(f"\n{name} {values.dtype.str} {values.shape}\n".encode())
        found.update(values.tobytes())
    return found.hexdigest()


def _header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    try:
        header = json.loads(metadata[_ENTRY])
        found, version = header["format"], header["format_version"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        msg = f"{str(path)!r} holds tensors, but no model of spamca; {_MENDS}"
        raise ValueError(msg) from error
    if found != FORMAT:
        msg = f"{str(path)!r} holds {found!r} and no {FORMAT!r}; {_MENDS}"
        raise ValueError(msg)
    if version != FORMAT_VERSION:
        newer = isinstance(version, int) and version > FORMAT_VERSION
        mends = "call pip install --upgrade spamca" if newer else "train with this version and call spamca.Model.save"
        msg = f"{str(path)!r} has version {version!r} of the format, and this spamca reads version {FORMAT_VERSION}; {mends}"
        raise ValueError(msg)
    return header
