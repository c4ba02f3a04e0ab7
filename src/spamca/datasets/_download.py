"""Tissue that is downloaded once: the files, where they come from, and what they must hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from spamca import _edge
from spamca._checks import check_path

if TYPE_CHECKING:
    from mudata import MuData

FOLDER = "SPAMCA_DATA_DIR"
"""Environment variable with the folder of the files."""

ADDRESS = "SPAMCA_DATA_URL"
"""Environment variable with the address that the files are below."""

URL = "https://github.com/spamca/spamca-data/releases/download/v1"

SHA256 = {
    "dlpfc_151676.h5mu": "385b46a4504c8f98b3a9688d47ce67470ee2e534400846378c8d037fe288896d",
    "her2st_a1.h5mu": "3e875723ecb00738d257fb468702877744cf3377c365c095fd59a845d45ad058",
    "hln_a1_panel_split.h5mu": "441f72011dbd10308c52863074b241eb8f4d3ff26ad94a2249a9dead15308fd1",
    "p22_atac.h5mu": "b2bda0602f4bae56240f1ba131c4e0010cd8e9290c5becd4f84e09722ed4a7f6",
}
"""What each file must hold."""


def load(name: str, *, path: str | os.PathLike[str] | None, url: str | None) -> MuData:
    """The tissue in a file, which is downloaded where the folder does not hold it."""
    import mudata

    file = fetch(name, path=path, url=url)
    with _edge.without_pull():
        return mudata.read_h5mu(file)


def fetch(name: str, *, path: str | os.PathLike[str] | None, url: str | None) -> Path:
    """The file on this machine, downloaded where the folder does not hold it or holds another content under its name."""
    import pooch

    folder = check_path("path", os.environ.get(FOLDER, pooch.os_cache("spamca")) if path is None else path)
    base = _address(url)
    # pooch writes to a temporary file, and moves it once its content is what it must be: no half of a file stays.
    files = pooch.create(folder, base_url=f"{base}/", registry={name: f"sha256:{SHA256[name]}"})
    try:
        return Path(files.fetch(name))
    except ValueError as error:
        msg = (
            f"url={base!r} gives another content for {name!r} than this version of spamca expects, and nothing was kept: "
            f"{error} Try again, or name an address with the right file by url= or {ADDRESS}"
        )
        raise ValueError(msg) from error
    except OSError as error:
        msg = (
            f"{name!r} could not be fetched from url={base!r} into path={str(folder)!r}: {error}. Try again; or put the file into that "
            f"folder by hand; or name another folder by path= or {FOLDER}, another address by url= or {ADDRESS}"
        )
        raise ConnectionError(msg) from error


def _address(url: str | None) -> str:
    address = os.environ.get(ADDRESS, URL) if url is None else url
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        msg = (
            f"url must be an address that begins with http:// or https://, got {address!r}; a folder is named by path="
        )
        raise ValueError(msg)
    return address.rstrip("/")
