"""Seeds, chunks and kept blocks: what makes a study the same with any number of processes, and after a kill."""

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from pipelines.errors import WorkspaceError
from pipelines.prove.blocks import (
    Block,
    Purpose,
    blocks_folder,
    children_in,
    chunks_of,
    keep_block,
    kept_block,
    merged,
    structure_words,
)
from pipelines.simulate.scenarios import load_scenario

BLOCK = Block("no_effect", 8, Purpose.STUDY, 3, 1)
NUMBERS = np.arange(30.0).reshape(3, 2, 5)


def test_every_repetition_of_every_block_has_its_own_seed() -> None:
    seeds = {
        Block(scenario, districts, purpose, 10, seed).seed_of(repetition)
        for scenario in ("no_effect", "confounded")
        for districts in (4, 8)
        for purpose in Purpose
        for seed in (1, 2)
        for repetition in range(10)
    }
    assert len(seeds) == 2 * 2 * len(Purpose) * 2 * 10


def test_a_seed_is_the_same_today_as_when_a_study_was_kept() -> None:
    assert BLOCK.seed_of(0) == 6980975541722478024
    assert BLOCK.seed_of(0) == Block("no_effect", 8, Purpose.STUDY, 1000, 1).seed_of(0)


def test_two_advised_districts_are_drawn_with_seeds_of_their_own_and_kept_apart() -> None:
    half, two, all_of_them = (Block("no_effect", 8, Purpose.STUDY, 3, 1, advisers) for advisers in (None, 2, 8))
    assert len({block.seed_of(number) for block in (half, two, all_of_them) for number in range(3)}) == 9
    assert half.file_name == "study-no_effect-8.npz"
    assert two.file_name == "study-no_effect-8-2.npz"


@pytest.mark.parametrize(
    ("advisers", "words"), [(None, "8 distrikter"), (2, "8 distrikter (2 med rådgiver)")], ids=["half", "two"]
)
def test_the_structure_of_a_block_in_words(advisers: int | None, words: str) -> None:
    assert structure_words(8, advisers) == words


@given(st.integers(0, 200), st.integers(1, 30), st.randoms())
def test_chunks_come_together_in_order_whatever_order_they_came_in(repetitions: int, size: int, random) -> None:
    chunks = [(chunk, np.array(chunk, dtype=float)[:, None]) for chunk in chunks_of(repetitions, size=size)]
    random.shuffle(chunks)
    if chunks:
        assert merged(chunks, repetitions=repetitions)[:, 0].tolist() == list(range(repetitions))


@pytest.mark.parametrize("chunks", [[range(0, 2)], [range(0, 2), range(1, 3)], [range(0, 2), range(0, 2), range(2, 3)]])
def test_a_lost_or_doubled_repetition_is_refused(chunks: list[range]) -> None:
    with pytest.raises(ValueError, match="missing or came twice"):
        merged([(chunk, np.zeros((len(chunk), 1))) for chunk in chunks], repetitions=3)


def test_a_kept_block_comes_back(tmp_path: Path) -> None:
    assert kept_block(tmp_path, BLOCK, names=["a", "b"], checksum="x") is None
    keep_block(tmp_path, BLOCK, NUMBERS, names=["a", "b"], checksum="x")
    found = kept_block(tmp_path, BLOCK, names=["a", "b"], checksum="x")
    assert found is not None
    assert (found == NUMBERS).all()
    assert [path.name for path in tmp_path.iterdir()] == [BLOCK.file_name]


@pytest.mark.parametrize(
    ("block", "names", "checksum"),
    [
        (Block("no_effect", 8, Purpose.STUDY, 4, 1), ["a", "b"], "x"),
        (Block("no_effect", 8, Purpose.STUDY, 3, 2), ["a", "b"], "x"),
        (BLOCK, ["a", "c"], "x"),
        (BLOCK, ["a", "b"], "y"),
    ],
    ids=["repetitions", "seed", "estimators", "code"],
)
def test_a_block_of_another_plan_or_other_code_is_drawn_anew(
    block: Block, names: list[str], checksum: str, tmp_path: Path
) -> None:
    keep_block(tmp_path, BLOCK, NUMBERS, names=["a", "b"], checksum="x")
    assert kept_block(tmp_path, block, names=names, checksum=checksum) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not numbers at all"], ids=["empty", "a stub", "no archive"])
def test_a_damaged_block_is_drawn_anew(content: bytes, tmp_path: Path) -> None:
    keep_block(tmp_path, BLOCK, NUMBERS, names=["a", "b"], checksum="x")
    (tmp_path / BLOCK.file_name).write_bytes(content)
    assert kept_block(tmp_path, BLOCK, names=["a", "b"], checksum="x") is None


def test_a_block_with_a_wrong_byte_or_cut_short_never_gives_other_numbers(tmp_path: Path) -> None:
    keep_block(tmp_path, BLOCK, NUMBERS, names=["a", "b"], checksum="x")
    path = tmp_path / BLOCK.file_name
    content = path.read_bytes()
    for place in range(0, len(content), 5):
        wrong_byte = content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]
        path.write_bytes(wrong_byte if place % 2 else content[:place])
        found = kept_block(tmp_path, BLOCK, names=["a", "b"], checksum="x")
        assert found is None or (found == NUMBERS).all(), place


def test_a_block_of_another_shape_is_drawn_anew(tmp_path: Path) -> None:
    keep_block(tmp_path, BLOCK, NUMBERS[:2], names=["a", "b"], checksum="x")
    assert kept_block(tmp_path, BLOCK, names=["a", "b"], checksum="x") is None


@pytest.mark.parametrize("out", ["file", "file/inner", "blocks_is_a_file", "nul\0"])
def test_a_folder_that_cannot_be_written_is_refused(out: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "blocks_is_a_file").mkdir()
    (tmp_path / "blocks_is_a_file" / "blocks").write_bytes(b"")
    with pytest.raises(WorkspaceError, match="Vælg en anden mappe"):
        blocks_folder(tmp_path / out)


def test_a_folder_that_is_made_is_left_empty(tmp_path: Path) -> None:
    assert blocks_folder(tmp_path / "new" / "study") == tmp_path / "new" / "study" / "blocks"
    assert [path.name for path in (tmp_path / "new" / "study").rglob("*")] == ["blocks"]


def test_districts_are_equally_large_however_many() -> None:
    scenario = load_scenario("no_effect")
    assert [children_in(scenario, count) / count for count in (4, 6, 8, 10)] == [5000 / 8] * 4
