from __future__ import annotations

import os

import pytest

from spamca.cli._outputs import Outputs
from spamca.cli._process import CommandError, Interruption


def outputs(*paths, **options):
    return Outputs(paths, interruption=Interruption(), **{"overwrite": False, **options})


def written(held):
    for path in held.paths:
        held.temporary(path).write_text("new")


def test_names_are_given_at_the_end(tmp_path):
    a, b = tmp_path / "a.h5mu", tmp_path / "b.png"
    with outputs(a, b) as held:
        written(held)
        assert not a.exists()
        assert not b.exists()
        unfinished = sorted(path.name for path in tmp_path.iterdir())
        assert [name.split(".")[:2] for name in unfinished] == [["a", "h5mu"], ["b", "png"]]
        assert all(name.endswith(".part") for name in unfinished)
        held.commit()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5mu", "b.png"]
    assert a.read_text() == "new"


def test_nothing_is_left_after_an_error(tmp_path):
    def interrupted():
        with outputs(tmp_path / "figures" / "a.png", folder=tmp_path / "figures") as held:
            written(held)
            assert (tmp_path / "figures").is_dir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(tmp_path):
    with outputs(tmp_path / "a.png", folder=tmp_path) as held:
        written(held)
    assert tmp_path.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_replacing_needs_overwrite(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(CommandError, match="exists already; give another name, or --overwrite") as error:
        outputs(path)
    assert error.value.code == 5
    with outputs(path, overwrite=True) as held:
        written(held)
        assert path.read_text() == "old"
        held.commit()
    assert path.read_text() == "new"


@pytest.mark.parametrize("when", ["before", "while"])
def test_another_process_was_faster(tmp_path, monkeypatch, when):
    path = tmp_path / "a"

    def overtaken():
        with outputs(path) as held:
            written(held)
            if when == "while":
                monkeypatch.setattr(held, "_check_free", lambda: path.write_text("theirs"))
            else:
                path.write_text("theirs")
            held.commit()

    with pytest.raises(CommandError, match="exists already|another process") as error:
        overtaken()
    assert error.value.code == 5
    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_file_system_without_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    with outputs(tmp_path / "a") as held:
        written(held)
        held.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_same_name_twice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match="several outputs would be written to") as error:
        outputs(tmp_path / "a", (tmp_path / "a").relative_to(tmp_path))
    assert error.value.code == 2


def test_folders(tmp_path):
    with pytest.raises(CommandError, match="is a folder; name a file"):
        outputs(tmp_path, overwrite=True)
    with pytest.raises(CommandError, match="there is no such folder"):
        outputs(tmp_path / "none" / "a")
    with pytest.raises(CommandError, match="cannot write to .*none: there is no such folder"):
        outputs(tmp_path / "none" / "figures" / "a", folder=tmp_path / "none" / "figures")
