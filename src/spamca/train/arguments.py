"""Whether arguments of a training are of their kind and in their range: TypeError or ValueError if not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spamca._checks import check_choice, check_count
from spamca.domains import DomainSettings
from spamca.nn import Settings
from spamca.train.runtime import accelerator_of, check_forking

# Values that Lightning's trainer takes.
ACCELERATORS = ("auto", "cpu", "cuda", "gpu", "mps")
PRECISIONS = ("32-true", "16-mixed", "bf16-mixed")
STRATEGIES = ("auto", "ddp", "ddp_spawn", "ddp_fork", "ddp_notebook")


def known_settings(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Settings of network and search that replace the usual ones, if all are known and have values (TypeError, ValueError)."""
    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        msg = f"settings must be a mapping of names to values, e.g. {{'n_latent': 64}}, got {settings!r}"
        raise TypeError(msg)
    known = [*Settings.__dataclass_fields__, *DomainSettings.__dataclass_fields__]
    for name, value in settings.items():
        check_choice("settings", name, known)
        if value is None:
            msg = f"settings[{name!r}] must have a value, got None; leave it out to take the preset's"
            raise ValueError(msg)
    return settings


def check_devices(
    accelerator: str, devices: int | str | list[int], strategy: str, precision: str, batch_size: int | None
) -> int | str | list[int]:
    """The devices, if Lightning's trainer can do this on this machine; it would itself complain only late.

    TypeError or ValueError if not; RuntimeError if processes are to be forked after CUDA was used.
    """
    check_choice("accelerator", accelerator, ACCELERATORS)
    check_choice("precision", precision, PRECISIONS)
    check_choice("strategy", strategy, STRATEGIES)
    devices = int(devices) if isinstance(devices, np.integer) else devices
    known = isinstance(devices, str) and devices == "auto"
    known |= isinstance(devices, int) and not isinstance(devices, bool) and devices >= 1
    if isinstance(devices, list):
        devices = [int(device) if isinstance(device, np.integer) else device for device in devices]
        known = all(type(device) is int and device >= 0 for device in devices) and 0 < len(set(devices)) == len(devices)
    if not known:
        msg = f"devices must be 'auto', a number of devices, or a list of their numbers, none twice, got {devices!r}"
        raise ValueError(msg)
    _check_there(accelerator, accelerator_of(accelerator), devices)
    check_forking(accelerator, strategy, devices)
    if batch_size is not None:
        check_count("batch_size", batch_size, least=64)  # enough for batch norm and contrast
    return devices


def _check_there(accelerator: str, taken: str, devices: int | str | list[int]) -> None:
    import torch

    if taken == "cpu":
        if isinstance(devices, list):
            msg = f"devices={devices!r} names devices, of which the CPU has none; give their number, or accelerator='cuda'"
            raise ValueError(msg)
        return
    there = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    n = there["cuda"] or there["mps"] if taken == "gpu" else there[taken]
    wanted = 1 if devices == "auto" else max(devices) + 1 if isinstance(devices, list) else int(devices)
    if wanted > n:
        instead = f"devices={n}" if n else "accelerator='cpu'"
        msg = (
            f"accelerator={accelerator!r} with devices={devices!r} needs {wanted} devices, and torch finds {n} here; "
            f"give {instead}"
        )
        raise ValueError(msg)
