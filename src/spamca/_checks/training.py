"""Arguments of a training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spamca._checks.value import check_choice, check_count

ACCELERATORS = ("auto", "cpu", "cuda", "gpu", "mps")
PRECISIONS = ("32-true", "16-mixed", "bf16-mixed")
STRATEGIES = ("auto", "ddp", "ddp_spawn", "ddp_fork", "ddp_notebook")
"""What Lightning's trainer is asked for."""

LEAST_BATCH = 64
"""Fewest spots of a step that batch norm and contrast have enough of."""


def known_settings(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Settings that replace those of a preset, by name; empty where there are none.

    Raises
    ------
    TypeError, ValueError
        If they are no mapping, or one of them is not known or has no value.
    """
    from spamca.nn import Settings

    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        msg = f"settings must be a mapping of names to values, e.g. {{'n_latent': 64}}, got {settings!r}"
        raise TypeError(msg)
    for name, value in settings.items():
        check_choice("settings", name, Settings.__dataclass_fields__)
        if value is None:
            msg = f"settings[{name!r}] must have a value, got None; leave it out to take the preset's"
            raise ValueError(msg)
    return settings


def check_devices(
    accelerator: str, devices: int | str | list[int], strategy: str, precision: str, batch_size: int | None
) -> None:
    """Whether these are what Lightning's trainer can be asked for on this machine: it would tell only after the guide was found.

    Raises
    ------
    TypeError, ValueError
        If not.
    RuntimeError
        If processes are to be forked after CUDA was used.
    """
    from spamca.train.runtime import accelerator_of, check_forking

    check_choice("accelerator", accelerator, ACCELERATORS)
    check_choice("precision", precision, PRECISIONS)
    check_choice("strategy", strategy, STRATEGIES)
    number = isinstance(devices, int) and not isinstance(devices, bool) and devices >= 1
    listed = isinstance(devices, list) and devices and all(type(device) is int and device >= 0 for device in devices)
    if devices != "auto" and not number and not (listed and len(set(devices)) == len(devices)):
        msg = f"devices must be 'auto', a number of devices, or a list of their numbers, none twice, got {devices!r}"
        raise ValueError(msg)
    _check_there(accelerator, accelerator_of(accelerator), devices)
    check_forking(accelerator, strategy, devices)
    if batch_size is not None:
        check_count("batch_size", batch_size, least=LEAST_BATCH)


def _check_there(accelerator: str, taken: str, devices: int | str | list[int]) -> None:
    import torch

    if taken == "cpu":
        if isinstance(devices, list):
            msg = f"devices={devices!r} names devices, of which the CPU has none; give their number, or accelerator='cuda'"
            raise ValueError(msg)
        return
    there = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    n = there["cuda"] or there["mps"] if taken == "gpu" else there[taken]
    wanted = 1 if devices == "auto" else max(devices) + 1 if isinstance(devices, list) else devices
    if wanted > n:
        instead = f"devices={n}" if n else "accelerator='cpu'"
        msg = (
            f"accelerator={accelerator!r} with devices={devices!r} needs {wanted} devices, and torch finds {n} here; "
            f"give {instead}"
        )
        raise ValueError(msg)


def check_checkpoint(checkpoint: str | Path | None) -> None:
    """Whether this names a file that can be written.

    Raises
    ------
    TypeError, ValueError
        If not.
    """
    if checkpoint is None:
        return
    if not isinstance(checkpoint, (str, Path)):
        msg = f"checkpoint must be the path of a file, got {checkpoint!r}"
        raise TypeError(msg)
    if Path(checkpoint).is_dir() or not Path(checkpoint).absolute().parent.is_dir():
        msg = f"checkpoint={str(checkpoint)!r} must name a file in a folder that is there"
        raise ValueError(msg)
