"""What ``spamca run`` and ``spamca transform`` share: read a tissue, work on it, write the results."""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spamca import _keys
from spamca._logging import logger
from spamca.cli._exit import Code, CommandError, reading, writing
from spamca.cli._inputs import Kind, digest, kind_of
from spamca.cli._options import given_to, options
from spamca.cli._outputs import Outputs
from spamca.cli._process import is_first

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spamca.cli._common import Files
    from spamca.cli._record import Record

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Set before the libraries are imported, which read them then."""

BAR_EVERY = "30"
"""Seconds between two states of a progress bar if stderr is no terminal."""


@dataclass
class Job:
    """One tissue from its file to its results; ``given`` are the options that were given for ``functions``."""

    source: Path
    files: Files
    functions: tuple[str, ...]
    given: dict[str, Any]
    record: Record
    calls: list[dict[str, Any]] = field(default_factory=list)
    mdata: Any = None

    def __post_init__(self) -> None:
        self.is_first = is_first(self.given.get("devices", "auto"))

    def find_domains(self) -> None:
        """Run those steps that are needed or that have options."""
        if self._wanted("pp.prepare"):
            self._step("pp.prepare")
        modalities = self.mdata.mod.values()
        has_features = any(_keys.MODALITY_RECORD in modality.uns for modality in modalities)
        if self._wanted("pp.neighbors") or not has_features or _keys.SPATIAL_NEIGHBORS not in self.mdata.uns:
            self._step("pp.neighbors")
        else:
            logger.info("run: using the graphs of the input; an option of pp.neighbors builds others")
        self._step("tl.integrate")
        if self.is_first and (self._wanted("tl.cluster") or self.given.get("preset") == "paper"):
            self._step("tl.cluster")

    def apply(self, model: Path) -> None:
        """Apply a saved model."""
        self._step("tl.transform", model=str(model))

    def perform(
        self,
        work: Callable[[], None],
        figures: Sequence[str],
        *,
        model: Path | None = None,
        save_model: Path | None = None,
    ) -> None:
        """Read the tissue, ``work``, draw ``figures`` and write all outputs."""
        kind, files = kind_of(self.source), self.files
        self._check_options(kind)
        if files.threads is not None:
            os.environ.update(dict.fromkeys(THREADS, str(files.threads)))
        if not sys.stderr.isatty():
            os.environ.setdefault("TQDM_MININTERVAL", BAR_EVERY)
        account = files.record or Path(f"{files.output}.json")
        drawn = {files.figures / f"{name}.{files.figure_format}": name for name in figures if files.figures}
        paths = [*drawn, *([save_model] if save_model else []), account, files.output] if self.is_first else []
        key = self.given.get("key_added", _keys.SPAMCA)
        with Outputs(paths, folder=files.figures, force=files.force, interruption=self.record.interruption) as outputs:
            inputs = self._read(kind, model)
            work()
            if not self.is_first:
                return
            if drawn:
                with self.record.stage("figures"):
                    for path, name in drawn.items():
                        with writing(path):
                            self._draw(name, key, outputs.temporary(path))
            if save_model is not None:
                with self.record.stage("model"), writing(save_model):
                    import_module("spamca").Model.from_mudata(self.mdata, key).save(outputs.temporary(save_model))
            done = {"inputs": inputs, "calls": self.calls, "result": self._result(key)}
            self.mdata.uns[_keys.command(key)] = self.record.text(**done)
            with self.record.stage("write"), writing(files.output):
                self.mdata.write(outputs.temporary(files.output))
            with writing(account):
                outputs.temporary(account).write_text(self.record.text(**done), encoding="utf-8")
            outputs.commit()
        sys.stdout.writelines(f"{path}\n" for path in paths)

    def _check_options(self, kind: Kind) -> None:
        for option in options(self.functions):
            readers = [function for function in option.functions if function.startswith("io.")]
            if readers and option.name in self.given and kind.function not in readers:
                flag = "--" + option.name.replace("_", "-")
                raise CommandError(Code.USAGE, f"{flag} is for {' and '.join(readers)}, the input is {kind.name}")

    def _read(self, kind: Kind, model: Path | None) -> dict[str, Any]:
        """Read the tissue; the sums of what is read."""
        with self.record.stage("checksum"), reading(self.source):
            given = self._given_to(kind.function) if kind.function else {}
            inputs = {str(self.source): {"kind": kind.name, **digest(self.source, kind.files(self.source, **given))}}
        if model is not None:
            with reading(model):
                inputs[str(model)] = {"kind": "model", **digest(model, [model])}
        with self.record.stage("read"), reading(self.source):
            self.mdata = kind.read(self.source)
            if kind.function:
                self.mdata = self._call(kind.function)
        return inputs

    def _given_to(self, function: str) -> dict[str, Any]:
        return given_to(function, self.functions, self.given)

    def _step(self, name: str, **more: Any) -> None:
        with self.record.stage(name.split(".")[1]):
            self._call(name, **more)

    def _call(self, name: str, **more: Any) -> Any:
        """Call a function on the tissue with the options for it; record the call with all arguments, defaults too."""
        part, verb = name.split(".")
        function = getattr(import_module(f"spamca.{part}"), verb)
        given = {**self._given_to(name), **more}
        result = function(self.mdata, **given)
        parameters = [one for one in list(inspect.signature(function).parameters.values())[1:] if one.name != "copy"]
        values = {one.name: given.get(one.name, one.default) for one in parameters}
        self.calls.append({"function": f"spamca.{name}", "arguments": values})
        return result

    def _wanted(self, name: str) -> bool:
        """Whether an option of a step was given, other than the seed, which all steps share."""
        return bool(self._given_to(name).keys() - {"random_state"})

    def _draw(self, name: str, key: str, path: Path) -> None:
        import matplotlib as mpl

        mpl.use("agg")
        import matplotlib.pyplot as plt
        import numpy as np

        from spamca import pl

        if name == "modality_weights":
            axes = pl.modality_weights(self.mdata, key=key)
        else:
            axes = pl.spatial_clusters(self.mdata, color=key if name == "domains" else _keys.confidence(key))
        figure = np.ravel(axes)[0].figure
        try:
            # No date in the file: the same result gives the same bytes.
            metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(self.files.figure_format)
            figure.savefig(path, format=self.files.figure_format, dpi=200, bbox_inches="tight", metadata=metadata)
        finally:
            plt.close(figure)

    def _result(self, key: str) -> dict[str, Any]:
        """The result in a few numbers."""
        held = self.mdata.uns[key]
        numbers = {"random_state": held["random_state"], "n_threads": held["params"].get("n_threads")}
        beyond = held.get("transform", {}).get("share_beyond")
        return {
            "n_spots": self.mdata.n_obs,
            "n_domains": len(self.mdata.obs[key].cat.categories),
            **{name: int(value) for name, value in numbers.items() if value is not None},
            **({} if beyond is None else {"share_beyond": float(beyond)}),
        }
