from __future__ import annotations

import logging
import warnings

import pytest

from spamca._logging import logger
from spamca.cli._logs import logs

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def other():
    """Another package, which has set a level of its own."""
    found = logging.getLogger("another_package")
    found.setLevel(logging.INFO)
    yield found
    found.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", {"own debug", "own info", "own error", "other warning", "UserWarning", "FutureWarning"}),
        ("info", {"own info", "own error", "other warning", "UserWarning"}),
        ("warning", {"own error", "other warning", "UserWarning"}),
        ("error", {"own error"}),
    ],
)
def test_levels(level, heard, other, tmp_path, capsys):
    with logs(level, str(tmp_path / "log")):
        logger.debug("own debug")
        logger.info("own info")
        logger.error("own error")
        other.info("other info")
        other.warning("other warning")
        warnings.warn("of users", UserWarning, stacklevel=1)
        warnings.warn("of developers", FutureWarning, stacklevel=1)
    shown = capsys.readouterr()
    words = {"own debug", "own info", "own error", "other info", "other warning", "UserWarning", "FutureWarning"}
    assert {word for word in words if word in shown.err} == heard
    assert (tmp_path / "log").read_text() == shown.err
    assert shown.out == ""


@pytest.mark.parametrize("level", ["debug", "error"])
def test_warnings_are_kept_for_the_record_whatever_is_shown(level, other):
    with logs(level, None) as warned:
        logger.info("own info")
        for _ in range(2):
            logger.warning("own %s", "warning")
        other.warning("other warning")
        warnings.warn("two\nlines", UserWarning, stacklevel=1)
        warnings.warn("of developers", FutureWarning, stacklevel=1)
    assert warned == ["own warning", "other warning", "UserWarning: two\nlines"]


def test_the_file_is_appended_to(tmp_path, capsys):
    for _ in range(2):
        with logs("info", str(tmp_path / "log")):
            logger.info("once more")
    assert (tmp_path / "log").read_text().count("INFO once more") == 2
