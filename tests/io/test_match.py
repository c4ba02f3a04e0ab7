"""Rows matched by name."""

from __future__ import annotations

import pandas as pd
import pytest

from spamca.io._match import match


def names(**lists):
    return {name: pd.Index(list(values)) for name, values in lists.items()}


def test_inner(told):
    assert list(match(names(rna="abcd", protein="xdca"), "inner", "read")) == list("acd")
    assert told() == [
        "read: 3 spots in all of ['rna', 'protein']; left out 1 of 'rna' (e.g. 'b') and 1 of 'protein' (e.g. 'x')"
    ]


def test_outer(told):
    assert list(match(names(rna="abcd", protein="xdca"), "outer", "read")) == list("abcdx")
    assert told() == [
        "read: 5 spots in any of ['rna', 'protein']; 1 lack 'rna' (e.g. 'x'), 1 lack 'protein' (e.g. 'b')"
    ]


def test_all_match(told):
    match(names(rna="ab", protein="ba"), "inner", "read")
    match(names(rna="ab", protein="ba"), "outer", "read")
    assert told() == [
        "read: 2 spots in all of ['rna', 'protein']; none left out",
        "read: 2 spots in any of ['rna', 'protein']; none lacks a modality",
    ]


def test_no_more_than_three_examples(told):
    match(names(rna="abcdef", protein="a"), "inner", "read")
    assert "left out 5 of 'rna' (e.g. 'b', 'c', 'd')" in told()[0]


@pytest.mark.parametrize("join", ["inner", "outer"])
def test_name_twice(join):
    with pytest.raises(ValueError, match="obs_names of 'protein' must be unique, 2 occur again, e.g. 'b'"):
        match(names(rna="abc", protein="bbbc"), join, "read")


@pytest.mark.parametrize("join", ["inner", "outer"])
@pytest.mark.parametrize(
    ("one", "other", "ending"),
    [
        (["AC-1", "GT-1"], ["GT", "AC"], "-1"),
        (["AC", "GT"], ["GT-1", "TT-1"], "-1"),
        (["AC-1", "GT-1"], ["AC-2", "GT-2"], "-1"),
        (["AC.1", "GT.1"], ["AC-1", "TT-1"], ".1"),
    ],
)
def test_endings_differ(join, one, other, ending):
    n = len({name[:2] for name in one} & {name[:2] for name in other})
    with pytest.raises(
        ValueError, match=rf"no spot in common.*endings such as '{ending}' {n} of them agree.*str\.replace"
    ):
        match(names(rna=one, protein=other), join, "read")


def test_same_number_of_rows():
    with pytest.raises(
        ValueError, match=r"'rna' begin with \['a', 'b'\], .*'protein' with \['x', 'y'\]; if their rows are"
    ):
        match(names(rna="abc", protein="xyz"), "inner", "read")


def test_nothing_alike():
    with pytest.raises(ValueError, match="give the same spot the same name in each"):
        match(names(rna="abc", protein="xy"), "inner", "read")


def test_no_spot_in_all_of_three(told):
    three = names(rna="ab", protein="bc", atac="ca")
    with pytest.raises(ValueError, match=r"no spot is in all of \['rna', 'protein', 'atac'\].*join='outer'"):
        match(three, "inner", "read")
    assert list(match(three, "outer", "read")) == list("abc")


def test_two_that_share_by_way_of_a_third():
    assert list(match(names(rna="ab", protein="cd", atac="bc"), "outer", "read")) == list("abcd")
    with pytest.raises(ValueError, match="'rna' and 'protein' have no spot in common"):
        match(names(rna="ab", protein="cd", atac="bc"), "inner", "read")
    with pytest.raises(ValueError, match="'rna' and 'atac' have no spot in common"):
        match(names(rna="ab", protein="ab", atac="xyz"), "outer", "read")


def test_one():
    assert list(match(names(rna="ab"), "inner", "read")) == list("ab")


def test_no_rows():
    with pytest.raises(ValueError, match="'rna' and 'protein' have no spot in common"):
        match(names(rna="", protein="ab"), "inner", "read")
