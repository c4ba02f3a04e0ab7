"""Megabytes that an installation of spamca takes, and what each requirement adds to those before it.

    python -m benchmarks.install_size [--extras vitessce napari]

Sizes are those of the files that the distributions of this environment list. First come the core packages, then what else is required, each
with all that it brings and that is not there yet.
"""

from __future__ import annotations

import argparse
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

CORE = ("anndata", "mudata", "muon", "scanpy", "squidpy", "torch", "torch-geometric", "scikit-learn")


def closure(names: list[tuple[str, frozenset[str]]]) -> set[str]:
    """Names of distributions with all that they require, of those that are installed."""
    found, todo = set(), list(names)
    seen = set()
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            known = distribution(name)
        except PackageNotFoundError:
            continue
        found.add(known.metadata["Name"].lower().replace("_", "-"))
        for text in known.requires or []:
            one = Requirement(text)
            if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                todo.append((one.name, frozenset(one.extras)))
    return found


def megabytes(names: set[str]) -> float:
    """Size of the files of some distributions."""
    total = 0
    for name in names:
        for file in distribution(name).files or []:
            path = file.locate()
            total += path.stat().st_size if path.is_file() and path.suffix != ".pyc" else 0
    return total / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extras", nargs="*", default=[])
    given = parser.parse_args()
    torch = closure([("torch", frozenset())])
    have = closure([(name, frozenset()) for name in CORE])
    print(f"core packages: {megabytes(have):.0f} MB, of which torch {megabytes(torch):.0f} MB")
    required = [Requirement(text) for text in distribution("spamca").requires or []]
    for extra in ("", *given.extras):
        for one in required:
            chosen = (
                one.marker is None if not extra else one.marker is not None and one.marker.evaluate({"extra": extra})
            )
            if chosen and (new := closure([(one.name, frozenset(one.extras))]) - have):
                have |= new
                print(f"{f'[{extra}] ' if extra else ''}{one.name}: {megabytes(new):.1f} MB ({', '.join(sorted(new))})")
    print(f"all: {megabytes(have):.0f} MB")


if __name__ == "__main__":
    main()
