"""What ``spamca run`` and ``spamca transform`` share: read a tissue, work on it, write the results."""

from __future__ import annotations

import inspect
import os
import sys
from collections import ChainMap
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Group, Parameter
from cyclopts.types import PositiveInt  # noqa: TC002 (cyclopts reads the annotations)
from cyclopts.validators import Path as Ending

from spamca import _keys
from spamca._logging import logger
from spamca.cli._inputs import READERS, Kind, digest, files_of, kind_of, read
from spamca.cli._options import SHARED
from spamca.cli._outputs import Outputs
from spamca.cli._process import Code, CommandError, is_first, reading, write_lines, writing

if TYPE_CHECKING:
    from spamca.cli._record import Record

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Set before the libraries are imported, which read them then."""

FIGURES = ["domains", "modality_weights", "confidence"]
"""The last one only after a training."""

BAR_EVERY = "30"
"""Seconds between two states of a progress bar if stderr is no terminal."""


FILES = Group.create_ordered("Files and threads")
Flag = Annotated[bool, Parameter(negative=())]


@Parameter(name="*", group=FILES)
@dataclass(frozen=True)
class Files:
    """Options of the commands that compute."""

    output: Annotated[Path, Parameter(alias="-o", validator=Ending(ext="h5mu"))]
    """.h5mu file to write."""
    figures: Path | None = None
    """Folder for figures."""
    figure_format: Literal["png", "pdf", "svg"] = "png"
    """Format of the figures."""
    report: Annotated[Path | None, Parameter(validator=Ending(ext=("html", "htm")))] = None
    """.html file for a report: one page with figures, tables, and what they mean."""
    label: str | None = None
    """Column of obs with known labels that the report compares the domains with."""
    record: Path | None = None
    """Record of the run in JSON, by default OUTPUT.json."""
    overwrite: Annotated[Flag, Parameter(name="--overwrite")] = False
    """Replace outputs that exist."""
    config: Annotated[Path | None, Parameter(validator=Ending(exists=True, ext=("json", "toml")))] = None
    """.json or .toml file with options; what is typed wins."""
    threads: PositiveInt | None = None
    """Threads to compute with, by default what the libraries choose."""


@dataclass
class Job:
    """One tissue from its file to its results; ``given`` are the options that were given, for each function."""

    source: Path
    files: Files
    given: dict[str, dict[str, Any]]
    record: Record
    calls: list[dict[str, Any]] = field(default_factory=list)
    mdata: Any = None

    def __post_init__(self) -> None:
        given = ChainMap(*self.given.values())
        self.is_first = is_first(given.get("devices", "auto"))
        self.key = given.get("key_added", _keys.SPAMCA)

    def find_domains(self, model: Path | None) -> None:
        """Apply a model, or run those steps that are needed or that have options."""
        if model is not None:
            self._step("tl.transform", model=str(model))
            return
        if self._wanted("pp.prepare"):
            self._step("pp.prepare")
        has_features = any(_keys.MODALITY_RECORD in modality.uns for modality in self.mdata.mod.values())
        if self._wanted("pp.neighbors") or not has_features or _keys.SPATIAL_NEIGHBORS not in self.mdata.uns:
            self._step("pp.neighbors")
        else:
            logger.info("run: using the graphs of the input; an option of pp.neighbors builds others")
        published = self.given["tl.integrate"].get("preset") == "paper"
        if published:  # whose domains tl.cluster finds
            self.given["tl.integrate"].pop("n_clusters_range", None)
        self._step("tl.integrate")
        if self.is_first and (published or self.given["tl.cluster"].keys() - set(SHARED)):
            self.given["tl.cluster"].pop("key_added", None)
            self._step("tl.cluster", key=self.key)

    def perform(self, *, model: Path | None = None, save_model: Path | None = None) -> None:
        """Read the tissue, find its domains and write all outputs."""
        with reading(self.source):
            kind, files = kind_of(self.source), self.files
        usable = self.given.get(READERS.get(kind, ""), {})
        for reader in READERS.values():
            if unusable := [argument for argument in self.given[reader] if argument not in usable]:
                option = unusable[0].replace("_", "-")
                raise CommandError(Code.USAGE, f"--{option} is for {reader}, the input is {kind}")
        if files.threads is not None:
            os.environ.update(dict.fromkeys(THREADS, str(files.threads)))
        if not sys.stderr.isatty():
            os.environ.setdefault("TQDM_MININTERVAL", BAR_EVERY)
        account = files.record or Path(f"{files.output}.json")
        names = FIGURES if model is None else FIGURES[:2]
        drawn = {files.figures / f"{name}.{files.figure_format}": name for name in names if files.figures}
        if files.label is not None and files.report is None:
            raise CommandError(Code.USAGE, "--label is for the report; give --report too")
        extra = [path for path in (save_model, files.report) if path is not None]
        paths = [*drawn, *extra, account, files.output] if self.is_first else []
        with Outputs(
            paths, folder=files.figures, overwrite=files.overwrite, interruption=self.record.interruption
        ) as outputs:
            inputs = self._read(kind, model)
            if files.label is not None:
                import_module("spamca._checks").check_column(self.mdata, "--label", files.label)
            self.find_domains(model)
            if not self.is_first:
                return
            if drawn:
                with self.record.stage("figures"):
                    for path, name in drawn.items():
                        with writing(path):
                            self._draw(name, outputs.temporary(path))
            if save_model is not None:
                with self.record.stage("model"), writing(save_model):
                    import_module("spamca").Model.from_mudata(self.mdata, self.key).save(
                        outputs.temporary(save_model), overwrite=True
                    )
            done = {"inputs": inputs, "calls": self.calls, "result": self._result()}
            if files.report is not None:
                with self.record.stage("report"), writing(files.report):
                    self._report(outputs.temporary(files.report), self.record.text(**done))
            self.mdata.uns[_keys.command(self.key)] = self.record.text(**done)
            with self.record.stage("write"), writing(files.output):
                self.mdata.write(outputs.temporary(files.output))
            with writing(account):
                outputs.temporary(account).write_text(self.record.text(**done), encoding="utf-8")
            outputs.commit()
        write_lines(map(str, paths))

    def _read(self, kind: Kind, model: Path | None) -> dict[str, Any]:
        """Read the tissue; the checksums of what is read."""
        reader = READERS.get(kind)
        with self.record.stage("checksum"), reading(self.source):
            files = files_of(self.source, kind, **(self.given[reader] if reader else {}))
            inputs = {str(self.source): {"kind": kind, **digest(self.source, files)}}
        if model is not None:
            with reading(model):
                inputs[str(model)] = {"kind": "model", **digest(model, [model])}
        with self.record.stage("read"), reading(self.source):
            self.mdata = read(self.source, kind)
            if reader:
                self.mdata = self._call(reader)
        return inputs

    def _wanted(self, name: str) -> bool:
        """Whether an option of a step was given, other than the seed, which all steps share, or of clustering what integrate takes."""
        shared = set(SHARED) if name == "tl.cluster" else {"random_state"}
        return bool(self.given[name].keys() - shared)

    def _step(self, name: str, **more: Any) -> None:
        with self.record.stage(name.split(".")[1]):
            self._call(name, **more)

    def _call(self, name: str, **more: Any) -> Any:
        """Call a function on the tissue with the options for it; record the call with all arguments, defaults too."""
        part, verb = name.split(".")
        function = getattr(import_module(f"spamca.{part}"), verb)
        call = inspect.signature(function).bind(self.mdata, **self.given[name], **more)
        result = function(*call.args, **call.kwargs)
        call.apply_defaults()
        _, *arguments = call.arguments.items()
        values = {argument: value for argument, value in arguments if argument != "copy"}
        self.calls.append({"function": f"spamca.{name}", "arguments": values})
        return result

    def _draw(self, name: str, path: Path) -> None:
        import matplotlib as mpl

        mpl.use("agg")
        import matplotlib.pyplot as plt
        import numpy as np

        from spamca import pl

        axes: Any
        if name == "modality_weights":
            axes = pl.modality_weights(self.mdata, key=self.key)
        else:
            axes = pl.spatial_clusters(self.mdata, color=self.key if name == "domains" else _keys.confidence(self.key))
        figure = np.ravel(axes)[0].figure
        # No date in the file: the same result gives the same bytes.
        metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(self.files.figure_format)
        figure.savefig(path, format=self.files.figure_format, dpi=200, bbox_inches="tight", metadata=metadata)
        plt.close(figure)

    def _report(self, path: Path, record: str) -> None:
        """Write the report, which shows the record so far."""
        import matplotlib as mpl

        mpl.use("agg")
        from spamca._report import page

        self.mdata.uns[_keys.command(self.key)] = record
        path.write_text(page(self.mdata, key=self.key, label_key=self.files.label), encoding="utf-8")

    def _result(self) -> dict[str, Any]:
        """The result in a few numbers."""
        held = self.mdata.uns[self.key]
        numbers = {
            "random_state": held["random_state"],
            "n_threads": held["params"].get("n_threads"),
            "share_beyond": held.get("transform", {}).get("share_beyond"),
        }
        return {
            "n_spots": self.mdata.n_obs,
            "n_domains": len(self.mdata.obs[self.key].cat.categories),
            **{name: value for name, value in numbers.items() if value is not None},
        }
