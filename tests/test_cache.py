"""What is kept on disk is found again, is exactly what it was, and is never believed if not."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from onearm import cache

SOURCE = ("onearm.models",)


class Counted:
    """A computation that knows how often it was asked."""

    def __init__(self, value):
        self.value, self.times = value, 0

    def __call__(self):
        self.times += 1
        return self.value


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ONEARM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_written", {})
    return tmp_path / "cache"


def ask(compute, kind="fit", source=SOURCE, **key):
    return cache.remembered(kind, key, compute, source=source)


def files(folder):
    return sorted(folder.rglob("*.json"))


def test_a_result_is_computed_once_and_found_to_the_last_bit(folder):
    compute = Counted({"x": [0.1 + 0.2, 1e-300, -0.0, math.inf, -math.inf], "text": "τ²"})
    first, again = ask(compute, model="glmm"), ask(compute, model="glmm")
    assert compute.times == 1
    assert repr(first) == repr(again) == repr(compute.value)
    assert math.isnan(ask(Counted(math.nan), nan=1))
    assert math.isnan(ask(Counted(0.0), nan=1))


def test_found_or_computed_it_has_the_same_types(monkeypatch):
    compute = Counted({1: (2, 3)})
    assert ask(compute) == ask(compute) == {"1": [2, 3]}
    monkeypatch.setenv("ONEARM_CACHE", "off")
    assert ask(compute) == {"1": [2, 3]}


def test_another_question_has_another_answer():
    answers = [
        ask(Counted(place), **key)
        for place, key in enumerate(
            ({}, {"a": 1}, {"a": 2}, {"b": 1}, {"a": "1"}, {"kind": "pool", "a": 1},
             {"source": ("onearm.words",), "a": 1})
        )
    ]  # fmt: skip
    assert answers == list(range(7))


def test_the_order_of_a_question_does_not_matter():
    compute = Counted(1)
    ask(compute, a=1, b=2)
    ask(compute, b=2, a=1)
    assert compute.times == 1


def test_another_source_computes_anew(tmp_path, monkeypatch):
    (tmp_path / "toy_source").mkdir()
    module = tmp_path / "toy_source" / "__init__.py"
    monkeypatch.syspath_prepend(tmp_path)
    compute = Counted(1)
    for text in ("a = 1\n", "a = 2\n", "a = 2\n"):
        module.write_text(text)
        cache._program.cache_clear()
        ask(compute, source=("toy_source",))
    assert compute.times == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b[:-1],
        lambda b: b[: len(b) // 2],
        lambda b: b"",
        lambda b: b.replace(b"0.25", b"0.75"),
        lambda b: b"\x80\x04N.",  # a pickle
        lambda b: b"null",
        lambda b: b + b" ",
        lambda b: b.replace(b"\n", b"\r\n"),
    ],
)
def test_a_damaged_file_is_computed_anew_and_mended(folder, spoil):
    compute = Counted([0.25])
    ask(compute)
    (path,) = files(folder)
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))
    assert ask(compute) == [0.25]
    assert compute.times == 2
    assert path.read_bytes() == whole


def test_a_file_of_another_question_is_not_believed(folder):
    ask(Counted("theirs"), a=1)
    (theirs,) = files(folder)
    ask(Counted("ours"), a=2)
    (ours,) = (path for path in files(folder) if path != theirs)
    ours.write_bytes(theirs.read_bytes())
    assert ask(Counted("ours"), a=2) == "ours"


def test_what_goes_wrong_is_not_kept(folder):
    def fails():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(fails)
    assert ask(Counted(3)) == 3


def test_off_means_that_nothing_is_kept(folder, monkeypatch):
    monkeypatch.setenv("ONEARM_CACHE", "off")
    compute = Counted(1)
    ask(compute)
    ask(compute)
    assert compute.times == 2
    assert not folder.exists()
    assert (cache.size(), cache.clear(), cache.folder()) == (0, 0, None)


def test_the_folder_is_the_platforms(monkeypatch, tmp_path):
    monkeypatch.delenv("ONEARM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "onearm"
    monkeypatch.setenv("XDG_CACHE_HOME", "here")  # relative ones do not count
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "onearm"


@pytest.mark.parametrize("where", ["a file", "below a file", "full"])
def test_no_disk_is_no_failure(folder, monkeypatch, where):
    if where == "full":

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)
    else:
        folder.write_text("")
        monkeypatch.setenv("ONEARM_CACHE", str(folder / "x" if where == "below a file" else folder))
    compute = Counted(1)
    assert [ask(compute), ask(compute)] == [1, 1]
    assert compute.times == 2
    assert not list(folder.rglob("*draft"))
    assert (cache.size(), cache.clear()) == (0, 0)


def test_what_was_not_used_for_longest_goes_first(folder, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 5_000)
    for place in range(4):
        ask(Counted("x" * 1_000), place=place)
    for age, path in enumerate(files(folder)):
        os.utime(path, (age, age))
    used = Counted("")
    ask(used, place=0)
    assert not used.times  # and so it is the newest now
    for place in range(4, 7):
        ask(Counted("x" * 1_000), place=place)
        assert cache.size() <= 5_000
    ask(used, place=0)
    assert not used.times
    assert len(files(folder)) < 7


def test_what_is_larger_than_all_there_is_is_not_kept(folder, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 500)
    ask(Counted("small"))
    assert ask(Counted("x" * 1_000), a=1) == "x" * 1_000
    assert len(files(folder)) == 1


def test_clearing_takes_its_own_files_and_no_other(folder):
    ask(Counted(1))
    ask(Counted(2), kind="calibration")
    others = [folder / "thesis.json", folder / "fit" / "thesis.json"]
    for other in others:
        other.write_text("{}")
    assert cache.size() == sum(p.stat().st_size for p in files(folder) if p not in others) > 0
    (folder / "fit" / f"abc{cache._DRAFT}").write_text("half")
    assert cache.clear() == 2
    assert not list(folder.rglob("*draft"))
    assert files(folder) == sorted(others)
    assert cache.size() == 0


@pytest.mark.parametrize("kind", ["", "Fit", "../fit", "a/b", "1"])
def test_a_kind_is_the_name_of_a_folder(kind):
    with pytest.raises(ValueError, match="A kind is written"):
        ask(Counted(1), kind=kind)


def test_two_processes_do_not_disturb_each_other(folder):
    program = """
import sys
from onearm.cache import remembered
for turn in range(300):
    value = [turn % 7] * 2000
    found = remembered("fit", {"turn": turn % 7}, lambda: value, source=("onearm.words",))
    assert found == value
"""
    path = str(Path(cache.__file__).parents[1])
    env = os.environ | {"PYTHONPATH": os.pathsep.join([path, os.environ.get("PYTHONPATH", "")])}
    both = [subprocess.Popen([sys.executable, "-c", program], env=env) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert len(files(folder)) == 7
    assert not list(folder.rglob("*draft"))
