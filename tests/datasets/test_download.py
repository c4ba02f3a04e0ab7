"""Tissue is downloaded once, checked, and read from the folder from then on; the server is this machine."""

from __future__ import annotations

import hashlib
import inspect
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

import spamca
from spamca.datasets import _download

LOADERS = ("breast_tumour", "cortex", "lymph_node", "mouse_brain")
NAME = "her2st_a1.h5mu"


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, notes what was asked for, and may end a file in the middle."""

    broken = False

    def do_GET(self):
        self.server.asked.append(self.path)
        if not self.broken:
            return super().do_GET()
        content = (self.server.folder / self.path.lstrip("/")).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path):
    """A server of a folder; ``served.url`` is its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Handler(*args, directory=str(folder)))
    server.folder, server.asked, server.url = folder, [], f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def offered(served, tissue, monkeypatch):
    """The server with a tissue under the name of a file, whose checksum is expected."""
    tissue.write(served.folder / NAME)
    digest = hashlib.sha256((served.folder / NAME).read_bytes()).hexdigest()
    monkeypatch.setitem(_download.SHA256, NAME, digest)
    return served


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    monkeypatch.delenv(_download.FOLDER, raising=False)
    monkeypatch.delenv(_download.ADDRESS, raising=False)


def test_downloads_once(offered, tissue, tmp_path):
    folder = tmp_path / "kept" / "here"
    first = spamca.datasets.breast_tumour(path=folder, url=offered.url)
    offered.shutdown()
    second = spamca.datasets.breast_tumour(path=str(folder), url="http://127.0.0.1:9/nobody/is/there/")
    assert offered.asked == [f"/{NAME}"]
    for mdata in (first, second):
        assert list(mdata.mod) == list(tissue.mod)
        assert mdata.obs["label"].tolist() == tissue.obs["label"].tolist()


def test_variables_name_folder_and_address(offered, tmp_path, monkeypatch):
    monkeypatch.setenv("SPAMCA_DATA_DIR", str(tmp_path / "mine"))
    monkeypatch.setenv("SPAMCA_DATA_URL", f"{offered.url}/")
    spamca.datasets.breast_tumour()
    assert [file.name for file in (tmp_path / "mine").iterdir()] == [NAME]
    spamca.datasets.breast_tumour(path=tmp_path / "other")
    assert (tmp_path / "other" / NAME).exists()


def test_the_cache_is_the_folder_of_none(monkeypatch, tmp_path, offered):
    import pooch

    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    spamca.datasets.breast_tumour(url=offered.url)
    assert (tmp_path / "cache" / "spamca" / NAME).exists()


def test_another_content_is_refused(offered, tmp_path, monkeypatch):
    monkeypatch.setitem(_download.SHA256, NAME, "0" * 64)
    with pytest.raises(
        ValueError, match=f"url='{offered.url}' gives another content for '{NAME}'.*nothing was kept.*{'0' * 64}"
    ):
        spamca.datasets.breast_tumour(path=tmp_path / "kept", url=offered.url)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_broken_file_in_the_folder_is_downloaded_again(offered, tmp_path):
    (tmp_path / NAME).write_bytes(b"half of it")
    assert spamca.datasets.breast_tumour(path=tmp_path, url=offered.url).n_obs == 225
    assert offered.asked == [f"/{NAME}"]


def test_an_interrupted_download_leaves_nothing_and_can_be_repeated(offered, tmp_path, monkeypatch):
    monkeypatch.setattr(Handler, "broken", True)
    with pytest.raises(
        ConnectionError, match=f"'{NAME}' could not be fetched from url='{offered.url}' into path='.*kept'"
    ):
        spamca.datasets.breast_tumour(path=tmp_path / "kept", url=offered.url)
    assert list((tmp_path / "kept").iterdir()) == []
    monkeypatch.setattr(Handler, "broken", False)
    assert spamca.datasets.breast_tumour(path=tmp_path / "kept", url=offered.url).n_obs == 225


def test_an_interrupted_download_keeps_the_file_that_was_there(offered, tmp_path, monkeypatch):
    (tmp_path / NAME).write_bytes(b"an older version")
    monkeypatch.setattr(Handler, "broken", True)
    with pytest.raises(ConnectionError):
        spamca.datasets.breast_tumour(path=tmp_path, url=offered.url)
    assert (tmp_path / NAME).read_bytes() == b"an older version"


def test_what_is_not_served(served, tmp_path):
    with pytest.raises(
        ConnectionError, match=f"'{NAME}' could not be fetched.*404.*put the file into that folder by hand"
    ):
        spamca.datasets.breast_tumour(path=tmp_path, url=served.url)


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"path": 3}, TypeError, "path must be the path of a file or folder, got 3"),
        (
            {"url": "ftp://host"},
            ValueError,
            "url must be an address that begins with http:// or https://, got 'ftp://host'",
        ),
        ({"url": 3}, ValueError, "url must be an address.*got 3"),
    ],
)
def test_arguments(given, error, match, tmp_path):
    with pytest.raises(error, match=match):
        spamca.datasets.lymph_node(**{"path": tmp_path, **given})


@pytest.mark.parametrize("name", LOADERS)
def test_each_file_is_the_one_that_is_expected(name, data_dir):
    """A folder with the right files, which cannot be written to, is all that is needed."""
    mdata = getattr(spamca.datasets, name)(path=data_dir, url="http://127.0.0.1:9")
    assert "provenance" in mdata.uns
    assert all("spatial" in modality.obsm for modality in mdata.mod.values())
    assert ("label" in mdata.obs) == (name != "mouse_brain")


def test_every_loader_says_that_its_address_was_not_verified():
    assert set(LOADERS) == set(spamca.datasets.__all__) - {"simulated"}
    for name in LOADERS:
        assert "could not be verified" in inspect.getdoc(getattr(spamca.datasets, name))
    assert len(_download.SHA256) == len(LOADERS)
