"""What the arguments of Lightning's trainer come to on this machine."""

from __future__ import annotations

import torch

FORKING = ("ddp_fork", "ddp_notebook")


def n_devices_of(devices: int | str | list[int]) -> int:
    """Number of devices: ``"auto"`` is one."""
    if devices == "auto":
        return 1
    return devices if isinstance(devices, int) else len(devices)


def accelerator_of(accelerator: str) -> str:
    """``"auto"`` is CUDA where there is one, and else the CPU: MPS, which Lightning would take, is slower on sparse products."""
    if accelerator != "auto":
        return accelerator
    return "cuda" if torch.cuda.is_available() else "cpu"


def strategy_of(strategy: str, n_devices: int) -> str:
    """``"auto"`` with several devices is processes that share batches, forked where code is typed in."""
    if strategy != "auto" or n_devices == 1:
        return strategy
    from lightning.fabric.utilities.imports import _IS_INTERACTIVE

    return "ddp_notebook" if _IS_INTERACTIVE else "ddp"


def forks(strategy: str, devices: int | str | list[int]) -> bool:
    """Whether processes are forked from this one, which then may not have used CUDA."""
    return strategy_of(strategy, n_devices_of(devices)) in FORKING


def check_forking(accelerator: str, strategy: str, devices: int | str | list[int]) -> None:
    """Whether processes that are forked can use the GPU.

    Raises
    ------
    RuntimeError
        If CUDA was used in this process.
    """
    if accelerator != "cpu" and forks(strategy, devices) and torch.cuda.is_initialized():
        msg = (
            f"devices={devices!r} with strategy={strategy!r} forks this process, which CUDA does not allow once it was used here; "
            "restart the kernel and run spamca.pp.neighbors(mdata, approximate=True) there, or run the call from a script"
        )
        raise RuntimeError(msg)
