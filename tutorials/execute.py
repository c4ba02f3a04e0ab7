"""Run the notebooks of this folder, and store their outputs; ``make notebooks`` does it.

``python tutorials/execute.py lymph_node cortex`` runs those. Tissue is read from the folder ``data`` of ``SPAMCA_TEST_DATA`` where that is
set, and is downloaded elsewhere. A test compares what is stored with what comes out (``tests/test_tutorials.py``), strictly where the
packages are those that the notebook names in its metadata.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

HERE = Path(__file__).parent
PACKAGES = (
    "anndata",
    "matplotlib",
    "mudata",
    "muon",
    "numpy",
    "pandas",
    "scanpy",
    "scikit-learn",
    "scipy",
    "squidpy",
    "torch",
)


SAME_SUMS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "MKL_CBWR": "COMPATIBLE",
    "ATEN_CPU_CAPABILITY": "avx2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
"""Sums have the same last digits on every processor with AVX2. A search can settle in another optimum for the sake of such a digit."""


def main() -> None:
    """Run the notebooks that are named, or all."""
    settled = environment()
    os.environ.clear()
    os.environ.update(settled)
    names = sys.argv[1:] or [path.stem for path in sorted(HERE.glob("*.ipynb"))]
    for name in names:
        before = processor_time()
        execute(HERE / f"{name}.ipynb")
        print(f"{name}: {processor_time() - before:.0f} s of one core", flush=True)


def environment() -> dict[str, str]:
    """Variables of a kernel whose results are those that are stored, with the tissue of ``SPAMCA_TEST_DATA`` where that is set."""
    # another backend than the notebook's own would keep its figures out
    found = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | SAME_SUMS
    if "SPAMCA_TEST_DATA" in os.environ:
        found["SPAMCA_DATA_DIR"] = str(Path(os.environ["SPAMCA_TEST_DATA"]) / "data")
    return found


def processor_time() -> float:
    """Seconds of one core that the kernels before this one took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def execute(path: Path) -> None:
    """Run a notebook in an empty folder, and store it."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        # neither clock times nor every step of a progress bar: what is stored should change only where the result does
        client = NotebookClient(
            notebook, timeout=600, record_timing=False, coalesce_streams=True, resources={"metadata": {"path": folder}}
        )
        client.execute()
    for cell in notebook.cells:
        without_bars(cell)
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = smaller(output["data"]["image/png"])
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "made_with": made_with(),
    }
    nbformat.write(notebook, path)


def made_with() -> dict[str, str]:
    """What decides how outputs look, to the pixel."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"platform": f"{sys.platform} {platform.machine()}", "python": python} | {p: version(p) for p in PACKAGES}


def without_bars(cell: NotebookNode) -> None:
    """Remove progress bars, which show clock times, from what a cell wrote."""
    for output in [output for output in cell.get("outputs", []) if output.output_type == "stream"]:
        output.text = re.sub(
            r"[^\n]*?\d+%\|[^\n\]]*\]\n?", "", output.text
        )  # a message may follow on the line of the bar
        if not output.text.strip():
            cell.outputs.remove(output)


def pictures(cell: NotebookNode) -> list[bytes]:
    """The figures that a cell shows, as PNG."""
    from base64 import b64decode

    data: list[Any] = [output.get("data", {}) for output in cell.get("outputs", [])]
    return [b64decode(one["image/png"]) for one in data if "image/png" in one]


def smaller(picture: str) -> str:
    """A figure, PNG in base64, in 256 colours: a quarter of the size, and looks the same."""
    from base64 import b64decode, b64encode
    from io import BytesIO

    from PIL import Image

    stored = BytesIO()
    figure = Image.open(BytesIO(b64decode(picture))).convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", figure.size, "white"), figure).convert("RGB")
    few = on_white.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE, kmeans=2)
    few.save(stored, "PNG", optimize=True)
    return b64encode(stored.getvalue()).decode()


if __name__ == "__main__":
    main()
