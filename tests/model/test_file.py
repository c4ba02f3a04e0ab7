from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from safetensors.numpy import save_file

from spamca.model.file import digest, read, write

HEADER = {"name": "ä", "numbers": [1, 0.1], "nothing": None}


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {
        "a": rng.normal(size=(4, 3)),
        "turned": rng.normal(size=(4, 3)).astype(np.float32).T,
        "part": np.arange(10)[::2],
        "one": np.array(7, dtype=np.int64),
        "none": np.zeros((2, 0)),
    }


@pytest.fixture
def path(tmp_path, arrays):
    write(tmp_path / "a.safetensors", HEADER, arrays)
    return tmp_path / "a.safetensors"


def test_what_is_written_is_read(path, arrays):
    header, found = read(path)
    assert {name: header[name] for name in HEADER} == HEADER
    assert found.keys() == arrays.keys()
    for name, values in arrays.items():
        assert (found[name].dtype, found[name].shape) == (values.dtype, values.shape)
        np.testing.assert_array_equal(found[name], values)
    assert [file.name for file in path.parent.iterdir()] == ["a.safetensors"]


def test_every_file_is_the_same(path, arrays):
    before = path.read_bytes()
    write(path, HEADER, arrays)
    assert path.read_bytes() == before


@pytest.mark.parametrize("where", [-1, 100, 400])
def test_changed_files_are_refused(path, where):
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="a.safetensors'"):
        read(path)


def test_changed_numbers_are_named(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="checksum does not fit"):
        read(path)


def test_changed_header_is_named(path):
    path.write_bytes(path.read_bytes().replace(b"[1, 0.1]", b"[2, 0.1]"))
    with pytest.raises(ValueError, match="checksum does not fit"):
        read(path)


@pytest.mark.parametrize("length", [0, 5, 50, -1])
def test_truncated_files_are_named(path, length):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="a.safetensors' is no safetensors file, or is cut short"):
        read(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file '.*b.safetensors'"):
        read(tmp_path / "b.safetensors")
    with pytest.raises(ValueError, match="is no safetensors file"):
        read(tmp_path)


class Trap:
    def __reduce__(self):
        return pytest.fail, ("something in the file was run",)


def test_pickles_are_not_run(tmp_path):
    path = tmp_path / "trap.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="trap.safetensors' is no safetensors file"):
        read(path)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"spamca": "no JSON"}, {"spamca": "[" * 100_000}])
def test_tensors_of_others_are_named(tmp_path, arrays, metadata):
    path = tmp_path / "other.safetensors"
    save_file({"a": arrays["a"]}, path, metadata=metadata)
    with pytest.raises(ValueError, match="other.safetensors' holds tensors, but no model of spamca"):
        read(path)


@pytest.mark.parametrize(
    ("version", "mends"),
    [(2, "pip install --upgrade spamca"), (0, "train with this version"), ("x", "train with this")],
)
def test_unknown_versions_name_the_call(tmp_path, version, mends):
    path, header = tmp_path / "a.safetensors", {"format": "spamca.Model", "format_version": version}
    header["sha256"] = digest(header, {})
    save_file({}, path, metadata={"spamca": json.dumps(header)})
    with pytest.raises(
        ValueError, match=f"has version {version!r} of the format, and this spamca reads version 1; .*{mends}"
    ):
        read(path)


def test_other_formats_are_named(tmp_path):
    save_file({}, tmp_path / "a.safetensors", metadata={"spamca": '{"format": "x", "format_version": 1}'})
    with pytest.raises(ValueError, match="holds 'x' and no 'spamca.Model'"):
        read(tmp_path / "a.safetensors")


def test_interrupted_writing_leaves_what_was_there(path, arrays, monkeypatch):
    before = path.read_bytes()

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("safetensors.numpy.save_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, {}, arrays)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["a.safetensors"]


def test_who_may_read_other_files_may_read_this_one(path, tmp_path):
    (tmp_path / "other").touch()
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode
