"""Rows come back as they went in, every flipped bit is noticed, and the cap holds."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import ArtifactError
from medgraft.progress import Progress
from medgraft.source.embedding.row_cache import RowCache, shrink


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.binary(max_size=40), max_size=8))
@settings(deadline=None, max_examples=25)
def test_rows_come_back(tmp_path_factory, rows):
    cache = RowCache(tmp_path_factory.mktemp("cache") / "kind" / "recipe")
    keyed = {RowCache.key(name): value for name, value in rows.items()}
    cache.put(keyed)
    assert cache.rows(keyed) == keyed
    assert cache.rows([RowCache.key("never put in")]) == {}


def test_keys_keep_their_parts_apart():
    assert RowCache.key("ab", "c") != RowCache.key("a", "bc")
    assert len(RowCache.key("caf\udce9.png")) == 32


def test_every_flipped_bit_is_noticed(tmp_path):
    folder = tmp_path / "kind" / "recipe"
    rows = {RowCache.key("a"): b"first", RowCache.key("b"): b"second"}
    RowCache(folder).put(rows)
    (shard,) = folder.iterdir()
    whole = shard.read_bytes()
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        shard.write_bytes(damaged)
        progress = Progress()
        assert RowCache(folder, progress).rows(rows) == {}
        assert "damaged" in progress.notices[0]
        assert not shard.exists()


def test_a_half_written_file_is_no_row(tmp_path):
    folder = tmp_path / "kind" / "recipe"
    folder.mkdir(parents=True)
    (folder / ".abc.safetensors.x7").write_bytes(b"half")
    assert RowCache(folder).rows([RowCache.key("a")]) == {}


@pytest.mark.parametrize("step", ["os.fsync", "os.fdopen", "pathlib.Path.replace"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_write_leaves_nothing_to_read(tmp_path, monkeypatch, step, failure):
    cache, rows = RowCache(tmp_path / "kind" / "recipe"), {RowCache.key("a"): b"x" * 1000}

    def interrupted(*_, **__):
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(step, interrupted)
        with pytest.raises(KeyboardInterrupt if failure is KeyboardInterrupt else ArtifactError):
            cache.put(rows)
    assert cache.rows(rows) == {}
    cache.put(rows)
    assert cache.rows(rows) == rows


@given(st.permutations(range(5)), st.lists(st.integers(0, 2000), min_size=5, max_size=5), st.integers(0, 9000))
@settings(deadline=None, max_examples=25)
def test_what_remains_is_what_was_used_last(tmp_path_factory, ages, sizes, cap):
    """Whatever the sizes: the deleted ones are the oldest, and no more of them than needed."""
    folder = tmp_path_factory.mktemp("cache")
    paths = [folder / "kind" / str(number) / "shard.safetensors" for number in range(5)]
    for path, age, size in zip(paths, ages, sizes, strict=True):
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(size))
        os.utime(path, (100 + age, 100 + age))
    newest_first = sorted(range(5), key=lambda number: -ages[number])
    totals = np.cumsum([sizes[number] for number in newest_first])
    expected = {paths[number] for number, total in zip(newest_first, totals, strict=True) if total <= cap}
    remaining = shrink(folder, cap)
    assert {path for path in paths if path.exists()} == expected
    assert remaining == sum(path.stat().st_size for path in expected) <= cap


def test_what_was_used_longest_ago_goes_first(tmp_path):
    old, new = (RowCache(tmp_path / "kind" / name) for name in ("old", "new"))
    old.put({RowCache.key("a"): b"x" * 1000})
    new.put({RowCache.key("a"): b"y" * 1000})
    for cache, age in ((old, 100), (new, 200)):
        (shard,) = cache.folder.iterdir()
        os.utime(shard, (age, age))
    assert shrink(tmp_path, cap=1500) <= 1500
    assert old.rows([RowCache.key("a")]) == {}
    assert new.rows([RowCache.key("a")]) == {RowCache.key("a"): b"y" * 1000}


def test_reading_counts_as_use(tmp_path):
    first, second = (RowCache(tmp_path / "kind" / name) for name in ("first", "second"))
    for cache in (first, second):
        cache.put({RowCache.key("a"): b"x" * 1000})
        (shard,) = cache.folder.iterdir()
        os.utime(shard, (100, 100))
    first.rows([RowCache.key("a")])
    shrink(tmp_path, cap=1500)
    assert first.rows([RowCache.key("a")])
    assert not second.rows([RowCache.key("a")])


def test_the_cap_comes_from_the_environment(tmp_path, monkeypatch):
    cache = RowCache(tmp_path / "kind" / "recipe")
    monkeypatch.setenv("MEDGRAFT_CACHE_CAP", "10")
    cache.put({RowCache.key("a"): b"x" * 1000})
    assert cache.rows([RowCache.key("a")]) == {}


@pytest.mark.parametrize("text", ["much", "", "-1", "1e9", "20 GiB", "1_000", "²", "9" * 5000])
def test_a_cap_that_is_no_number_is_refused(tmp_path, monkeypatch, text):
    monkeypatch.setenv("MEDGRAFT_CACHE_CAP", text)
    with pytest.raises(ArtifactError, match="a number of bytes is needed"):
        shrink(tmp_path)
    with pytest.raises(ArtifactError, match="a number of bytes is needed"):
        RowCache(tmp_path / "kind" / "recipe").put({RowCache.key("a"): b"x"})


def test_private(tmp_path):
    cache = RowCache(tmp_path / "kind" / "recipe")
    cache.put({RowCache.key("a"): b"x"})
    (shard,) = cache.folder.iterdir()
    assert shard.stat().st_mode & 0o077 == 0
