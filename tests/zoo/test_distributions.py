"""The scan of installed packages: what it finds, and that it agrees with importlib.metadata."""

from __future__ import annotations

import importlib.metadata

from ganzoo.zoo.distributions import entry_points, own_version


def found(*folders):
    return {(point.origin, point.target) for point in entry_points(map(str, folders))}


def test_it_agrees_with_the_standard_library():
    expected = {
        (point.dist.name, point.dist.version, point.name, point.value)
        for point in importlib.metadata.entry_points(group="ganzoo")
    }
    assert {(*point.origin, point.target) for point in entry_points()} == expected
    assert ("ganzoo", own_version(), "core", "ganzoo.zoo.builtin") in expected


def test_it_agrees_on_odd_metadata(guests):
    info = guests.describe("ganzoo-Odd.Name", {"a": "mod : attr.sub  [extra]"}, version="1.0rc1")
    (info / "entry_points.txt").write_text(
        "# a comment\n[other]\nz = zz\n\n[ganzoo]\n# another = one\na= mod:attr.sub [extra]\n b =pkg\n[more]\nc = cc\n"
    )
    folder = [str(guests.folder)]
    expected = {
        (point.name, point.module, point.attr)
        for dist in importlib.metadata.distributions(path=folder)
        for point in dist.entry_points
        if point.group == "ganzoo"
    }
    points = entry_points(folder)
    assert {(p.origin.entry_point, *(p.target + ":").split(":")[:2]) for p in points} == {
        (name, module, attr or "") for name, module, attr in expected
    }
    assert {(p.origin.package, p.origin.version) for p in points} == {("ganzoo-Odd.Name", "1.0rc1")}


def test_a_package_counts_once(guests, tmp_path):
    """Editable and installed, or left over from an older version: the first on the path is the one that is imported."""
    guests.describe("ganzoo-twice", {"a": "new"}, version="2.0")
    older = tmp_path / "older"
    older.mkdir()
    type(guests)(older).describe("Ganzoo_Twice", {"a": "old", "gone": "old"}, version="1.0")
    ((origin, target),) = found(guests.folder, older, guests.folder)
    assert (origin.version, target) == ("2.0", "new")


def test_a_source_tree_counts_too(guests):
    guests.describe("ganzoo-tree", {"a": "mod"}, version="3", kind="egg-info")
    ((origin, _),) = found(guests.folder)
    assert tuple(origin) == ("ganzoo-tree", "3", "a")


def test_what_cannot_be_read_is_passed_over(guests, tmp_path):
    guests.describe("ganzoo-fine", {"a": "mod"})
    (tmp_path / "ganzoo_file-1.0.dist-info").write_text("not a folder")
    (tmp_path / "ganzoo_empty-1.0.dist-info").mkdir()
    guests.describe("ganzoo-half", {"h": "mod"}).rename(tmp_path / "~anzoo_half-1.0.dist-info")
    archive = tmp_path / "archive.zip"
    archive.write_bytes(b"PK")
    assert {origin.package for origin, _ in found(archive, tmp_path / "absent", tmp_path)} == {"ganzoo-fine"}


def test_without_metadata_the_folder_names_the_package(guests):
    (guests.describe("ganzoo-bare", {"a": "mod"}, version="4.5") / "METADATA").unlink()
    ((origin, _),) = found(guests.folder)
    assert tuple(origin) == ("ganzoo_bare", "4.5", "a")
