"""``onearm cache`` prints what is kept between runs, and clears it."""

from onearm.cache import remembered


def test_it_counts_what_is_kept_and_clears_it(onearm, tmp_path, monkeypatch):
    monkeypatch.setenv("ONEARM_CACHE", str(tmp_path / "kept"))
    for number in range(3):
        remembered("try", {"number": number}, lambda: [1.5], source=("onearm.words",))
    done = onearm("cache")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{tmp_path / 'kept'}: 3 entries, 0.0 MiB of at most 256")
    assert onearm("cache", "--clear").stdout == f"3 entries removed from {tmp_path / 'kept'}\n"
    assert "0 entries" in onearm("cache").stdout


def test_without_a_folder_it_says_so(onearm, monkeypatch):
    monkeypatch.setenv("ONEARM_CACHE", "off")
    for options in ([], ["--clear"]):
        assert onearm("cache", *options).stdout == "The cache is off: nothing is kept.\n"
