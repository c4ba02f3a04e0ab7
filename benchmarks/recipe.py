"""Requirements of the package as conda-forge names them; ``python -m benchmarks.recipe`` writes them into ``conda/recipe.yaml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "conda" / "recipe.yaml"
NAMES = {
    "docstring-parser": ["docstring_parser"],
    "matplotlib": ["matplotlib-base"],
    "pandas": ["pandas", "pyarrow"],
    "scanpy": ["scanpy", "python-igraph", "leidenalg"],
    "torch": ["pytorch"],
    "torch-geometric": ["pytorch_geometric"],
}
"""Names that differ from those of PyPI, and what extras such as ``pandas[parquet]`` stand for."""


def requirements() -> list[str]:
    """What ``run`` of the recipe lists."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = [f"python {project['requires-python']}"]
    for one in project["dependencies"]:
        name, version = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?(.*)", one).groups()
        first, *more = NAMES.get(name, [name])
        found += [f"{first} {version}".strip(), *more]
    return found


def text() -> str:
    """The recipe."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    run = "\n".join(f"    - {one}" for one in requirements())
    return f"""# Written by python -m benchmarks.recipe from pyproject.toml. For conda-forge: put the checksum of the archive of the release in.
schema_version: 1

context:
  version: "{project["version"]}"

package:
  name: spamca
  version: ${{{{ version }}}}

source:
  url: https://pypi.org/packages/source/s/spamca/spamca-${{{{ version }}}}.tar.gz
  sha256: "0000000000000000000000000000000000000000000000000000000000000000"

build:
  number: 0
  noarch: python
  script: ${{{{ PYTHON }}}} -m pip install . --no-deps --no-build-isolation -vv
  python:
    entry_points:
      - spamca = {project["scripts"]["spamca"]}

requirements:
  host:
    - python 3.11.*
    - pip
    - hatchling
  run:
{run}

tests:
  - python:
      imports:
        - spamca
      pip_check: false # some of conda-forge's packages go by other names than PyPI's
  - script:
      - spamca --help

about:
  license: {project["license"]}
  license_file: LICENSE
  summary: {project["description"]}
"""


if __name__ == "__main__":
    RECIPE.parent.mkdir(exist_ok=True)
    RECIPE.write_text(text())
