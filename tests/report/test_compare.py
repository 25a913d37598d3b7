import json
import zipfile

from onearm.report.build.results import differences, value_differences


def _folder(path, numbers, page):
    path.mkdir()
    (path / "results.json").write_text(json.dumps(numbers))
    (path / "pcr.html").write_text(page)
    return path


def test_equal_folders_do_not_differ(tmp_path):
    one = _folder(tmp_path / "a", {"x": [1.0, None, "t"]}, "<p>\n")
    other = _folder(tmp_path / "b", {"x": [1.0 + 1e-12, None, "t"]}, "<p>\n")
    assert list(differences(one, other)) == []


def test_a_number_beyond_the_tolerance_is_named_with_its_place(tmp_path):
    one = _folder(tmp_path / "a", {"pcr": {"ci": [0.1, 0.2]}}, "<p>")
    other = _folder(tmp_path / "b", {"pcr": {"ci": [0.1, 0.2 + 1e-8]}}, "<p>")
    (message,) = differences(one, other)
    assert "pcr.ci[1]" in message
    assert "0.20000001" in message


def test_the_first_differing_line_of_a_page_is_shown(tmp_path):
    one = _folder(tmp_path / "a", {}, "<p>\nsame\n" + "x" * 500 + "old\n")
    other = _folder(tmp_path / "b", {}, "<p>\nsame\n" + "x" * 500 + "new\n")
    (message,) = differences(one, other)
    assert message.startswith("pcr.html, line 3")
    assert "old" in message
    assert "new" in message
    assert len(message) < 400


def test_missing_and_new_files_are_named(tmp_path):
    one = _folder(tmp_path / "a", {}, "")
    other = _folder(tmp_path / "b", {}, "")
    (one / "gone.html").write_text("")
    (other / "more.html").write_text("")
    assert list(differences(one, other)) == ["gone.html is no longer made", "more.html is new"]


def test_a_missing_value_is_not_zero_and_true_is_not_one():
    assert list(value_differences({"a": None}, {"a": 0})) == [("a", None, 0)]
    assert list(value_differences([True], [1.0])) == []  # JSON readers disagree; Python does not
    assert list(value_differences([1, 2], [1])) == [("[1]", 2, None)]


def test_the_texts_of_a_word_file_are_compared_and_its_pictures_are_not(tmp_path):
    one, other = (_folder(tmp_path / name, {}, "") for name in "ab")
    for folder, words, drawn in ((one, "<w>18.4</w>", b"a"), (other, "<w>18.5</w>", b"b")):
        with zipfile.ZipFile(folder / "m.docx", "w") as archive:
            archive.writestr("word/document.xml", words)
            archive.writestr("word/media/image1.png", drawn)
    (message,) = differences(one, other)
    assert message.startswith("m.docx, word/document.xml, line 1: was '<w>18.4")


def test_references_and_metadata_are_compared_by_line(tmp_path):
    one = _folder(tmp_path / "a", {}, "")
    other = _folder(tmp_path / "b", {}, "")
    names = [
        "references.bib",
        "ro-crate-metadata.json",
        "files/data/outcomes.csv",
        "files/data/protocol.toml",
        "files/included.ris",
        "files/table-results.csv",
    ]
    for name in names:
        for folder in (one, other):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (one / name).write_text("x\nold\n")
        (other / name).write_text("x\nnew\n")
    assert [message.split(":")[0] for message in differences(one, other)] == [
        f"{name}, line 2" for name in sorted(names)
    ]
