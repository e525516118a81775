"""Layers: circles, several parts and loose keys, and no two things in one place."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from polc.graph.layered import layered

KEYS = [f"s{number}" for number in range(12)]
PAIRS = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=30)


def test_an_edge_that_skips_a_column_bends_around_what_stands_there() -> None:
    drawn = layered(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")])
    assert drawn.columns == (("a",), ("b",), ("c",))
    ((column, row),) = drawn.bends["a", "c"]
    assert (column, abs(row - drawn.rows["b"]) >= 1) == (1, True)


@pytest.mark.parametrize("circle", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_circles_are_opened_at_the_edge_that_closes_them(circle: list[str]) -> None:
    edges = [*zip(circle, [*circle[1:], circle[0]], strict=True)]
    assert layered(circle, edges).columns == tuple((key,) for key in circle)


def test_parts_and_loose_keys_stand_below_each_other() -> None:
    drawn = layered(["a", "b", "c", "d", "e"], [("a", "b"), ("c", "d")])
    assert drawn.columns == (("a", "c", "e"), ("b", "d"))


@given(PAIRS)
@example([("s0", "s5"), ("s1", "s2"), ("s1", "s3"), ("s2", "s4"), ("s4", "s3")])
def test_every_key_has_a_place_of_its_own_and_bends_pass_between(
    pairs: list[tuple[str, str]],
) -> None:
    drawn = layered(KEYS, pairs)
    column_of = {key: number for number, keys in enumerate(drawn.columns) for key in keys}
    assert sorted(column_of) == sorted(KEYS)
    taken = [(column_of[key], drawn.rows[key]) for key in KEYS]
    for pair, route in drawn.bends.items():
        start, end = (column_of[key] for key in pair)
        step = 1 if end > start else -1
        assert [column for column, _ in route] == [*range(start + step, end, step)]
        taken += route
    for column in range(len(drawn.columns)):
        rows = sorted(row for number, row in taken if number == column)
        assert all(b - a > 0.99 for a, b in pairwise(rows)), rows
    assert all(row >= 0 for _, row in taken)
    skipping = {(a, b) for a, b in pairs if abs(column_of[a] - column_of[b]) > 1}
    assert set(drawn.bends) == skipping


def test_no_layout_depends_on_the_hash_seed() -> None:
    code = (
        "from polc.graph.layered import layered\n"
        "keys = [f's{n}' for n in range(40)]\n"
        "print(layered(keys, [(keys[n], keys[n * m % 40]) for n in range(40) for m in (3, 7)]))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONHASHSEED": s}
        ).stdout
        for s in ("1", "2", "3")
    }
    assert len(texts) == 1
