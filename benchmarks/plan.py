"""What is to be run, where its results lie, and whether a result is current."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING

from benchmarks import fingerprint
from benchmarks.methods import SINGLE, Method, method_of, names_for
from benchmarks.readout import READOUTS
from benchmarks.tissue import facts

if TYPE_CHECKING:
    from pathlib import Path

NOT_RUN = "not run"


def slug(name: str) -> str:
    """A method's name as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


@dataclass(frozen=True)
class Job:
    """One method on one tissue, with all its seeds.

    Parameters
    ----------
    folder
        Where everything of the benchmark lies.
    tissue
        Name of the tissue.
    name
        Name of the method.
    seeds
        Seeds of the method and of the read-outs.
    """

    folder: Path
    tissue: str
    name: str
    seeds: tuple[int, ...]

    @property
    def method(self) -> Method:
        """The method of that name."""
        return method_of(self.name)

    @property
    def arrays(self) -> Path:
        """File of the tissue."""
        return self.folder / "tissues" / f"{self.tissue}.npz"

    @property
    def place(self) -> Path:
        """Folder of the results, one folder a seed in it."""
        return self.folder / "runs" / self.tissue / slug(self.name)

    @property
    def fits(self) -> tuple[int, ...]:
        """Seeds that an embedding is fitted with."""
        return self.seeds if self.method.random else self.seeds[:1]

    def hindrance(self) -> str:
        """Why the method cannot be run here, or an empty string."""
        method, n_spots = self.method, facts(self.arrays).get("n_spots", 0)
        if method.checkout and method.checkout not in os.environ:
            return f"set {method.checkout} to a checkout of it"
        if n_spots > method.most_spots:
            return f"{n_spots:,} spots, more than {method.most_spots:,.0f}"
        return ""

    def fit_key(self) -> str:
        """What a finished fit was made by: the tissue as a method sees it, the method's file and options, its version."""
        method = self.method
        parts = [facts(self.arrays).get("digest"), sorted(method.options.items()), packages(method)]
        parts.append(fingerprint.of_files(fingerprint.HERE / "methods" / f"{method.module}.py"))
        if method.follows_code:
            parts.append(fingerprint.of_spamca(*fingerprint.BETWEEN))
        return sha256(repr(parts).encode()).hexdigest()[:16]

    def readouts(self, wanted: tuple[str, ...] = READOUTS) -> dict[str, str]:
        """Read-outs of this method, and what each was made by."""
        key, scored = self.fit_key(), fingerprint.of_spamca("metrics")
        names = [name for name in wanted if name != "own" or self.method.own == "labels"]
        mixture = fingerprint.of_spamca("cluster")
        mclust = fingerprint.of_files(fingerprint.HERE / "mclust.R")
        code = {"likelihood": mixture, "coherence": mixture, "mclust": mclust}
        return {name: sha256(f"{key}{scored}{code.get(name)}".encode()).hexdigest()[:16] for name in names}


@cache
def _requirements() -> dict[str, str]:
    lines = (fingerprint.HERE / "rivals.txt").read_text().splitlines()
    return {line.partition("==")[0]: line for line in lines if line and not line.startswith("#")}


def packages(method: Method) -> list[str]:
    """Required versions of the packages of a method."""
    if method.checkout:
        return [os.environ.get(method.checkout, NOT_RUN)]
    asked = _requirements()
    return [asked.get(name, name) if method.rival else f"{name} {version(name)}" for name in method.packages]


def read_record(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def jobs(
    folder: Path,
    tissues: list[str],
    seeds: tuple[int, ...],
    methods: list[str] | None,
    modalities: dict[str, list[str]],
) -> list[Job]:
    """All jobs, method by method. ``methods`` may hold ``"single"`` for every modality alone."""
    found = []
    for tissue in tissues:
        for name in names_for(modalities[tissue]):
            given = methods is None or name in methods or (name.startswith(SINGLE) and "single" in methods)
            if given:
                found.append(Job(folder, tissue, name, seeds))
    order = methods or list(dict.fromkeys(job.name for job in found))
    place = {name: i for i, name in enumerate(order)}
    return sorted(found, key=lambda job: place.get(job.name, place.get("single", -1)))
