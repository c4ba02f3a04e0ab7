"""How near a training step is to what its operations and the bytes that they move take at least.

    python -m benchmarks.floor [--sizes N ...] [--device cpu] [--publish]

Every operation of a step, forward and backward, is seen as it is dispatched: what it reads and writes is counted as bytes moved once,
products of matrices as operations. The machine's own rates come from copying and multiplying large matrices on the same number of
threads. A step cannot take less than its bytes at the rate of the copy, unless what one operation writes is still in the cache when
the next one reads it.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (3_500, 10_000, 40_000)
N_STEPS = 20
GIGA = 1e9


class Traffic(TorchDispatchMode):
    """Counts the bytes that operations read and write, and the operations of matrix products."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0
        self.operations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Run an operation and count it."""
        out = func(*args, **(kwargs or {}))
        given = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        made = [x for x in tree_leaves(out) if isinstance(x, torch.Tensor)]
        if not func.is_view:
            self.bytes += sum(_size(x) for x in [*given, *made])
        name = func.name().split("::")[-1].split(".")[0]
        if name in ("mm", "addmm", "bmm"):
            left, right = given[-2:] if name == "addmm" else given[:2]
            terms = 2 * (left.values().numel() if left.layout == torch.sparse_csr else left.numel())
            self.operations += terms * right.shape[-1]
        return out


def _size(x: torch.Tensor) -> int:
    if x.layout == torch.sparse_csr:
        return sum(_size(part) for part in (x.crow_indices(), x.col_indices(), x.values()))
    return x.numel() * x.element_size()


def seconds(action: Callable[[], object], n: int, device: str) -> float:
    """Mean time of an action, after one that does not count."""
    action()
    _wait(device)
    begun = time.perf_counter()
    for _ in range(n):
        action()
    _wait(device)
    return (time.perf_counter() - begun) / n


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def rates(device: str) -> tuple[float, float]:
    """Bytes per second of a copy (read and written), and operations per second of a product."""
    size = 2**28 if device == "cuda" else 2**25
    one = torch.rand(size, device=device)
    other, square = torch.empty_like(one), torch.rand(2048, 2048, device=device)
    copied = 2 * 4 * size / seconds(lambda: other.copy_(one), 5, device)
    return copied, 2 * 2048**3 / seconds(lambda: square @ square, 5, device)


def measure(n_spots: int, device: str) -> dict[str, float]:
    """Bytes, operations and seconds of a step."""
    from benchmarks.scale import N_DOMAINS, tissue

    import spamca
    from spamca.model.network import for_network
    from spamca.nn import Settings, SpaMCA, losses
    from spamca.tissue import read
    from spamca.train.batches import Batches

    mdata = tissue(n_spots)
    spamca.pp.neighbors(mdata)
    settings = Settings()
    arrays = read(mdata, feature_graphs="feature" in settings.views)
    given = for_network(arrays, arrays.root_mean_squares())
    batches = Batches(given, settings, batch_size=n_spots)
    batches.place(torch.device(device))
    network = SpaMCA(given.n_features, N_DOMAINS, settings).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)

    def step() -> None:
        for batch in batches:
            optimizer.zero_grad()
            losses(batch, network(batch), settings)["total"].backward()
            optimizer.step()

    took = seconds(step, N_STEPS, device)
    with Traffic() as traffic:
        step()
    return {"bytes": traffic.bytes, "operations": traffic.operations, "seconds": took}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--publish", action="store_true", help="write the table into docs")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    from benchmarks.report import DOCS, markdown, put_between

    copied, multiplied = rates(given.device)
    rows = []
    for n in given.sizes:
        one = measure(n, given.device)
        floor = max(one["bytes"] / copied, one["operations"] / multiplied)
        rows.append(
            [
                f"{n:,}",
                f"{one['operations'] / GIGA:.2f}",
                f"{one['bytes'] / GIGA:.2f}",
                f"{1e3 * floor:.1f}",
                f"{1e3 * one['seconds']:.1f}",
                f"{one['bytes'] / one['seconds'] / GIGA:.1f}",
            ]
        )
    heads = ["spots", "10⁹ operations", "GB moved", "floor, ms", "a step takes, ms", "GB/s"]
    note = (
        f"On {given.device}, {torch.get_num_threads()} threads; a copy moves {copied / GIGA:.1f} GB/s (reading and writing), "
        f"a product does {multiplied / GIGA:.0f} · 10⁹ operations a second."
    )
    text = f"{markdown(rows, heads)}\n\n{note}"
    print(text)
    if given.publish:
        put_between(DOCS / "performance.md", "table of floor", text)


if __name__ == "__main__":
    main()
