"""`ganzoo sample` beyond seeds: classes, captions, styles, walks, maps, and pictures to work on."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganzoo.__main__ import main

CLASSES = ("blue", "green", "red")
CAPTIONS = ("a red circle", "a blue square", "a red square on grey", "the blue circle")
SIDE = 16
STEPS = {"aae": "150"}  # without some training all it decodes is grey


def picture(colour: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(colour).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    pixels[..., colour % 3] = 250
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """Data with classes, a pair of domains, and pictures with captions; runs are made beside them when asked for."""
    home = tmp_path_factory.mktemp("ways")
    for i in range(12):
        picture(i, home / "classes" / CLASSES[i % 3] / f"{i}.png")
        picture(i, home / "pair" / f"train{'AB'[i % 2]}" / f"{i}.png")
        picture(i, home / "told" / f"{i}.png")
    lines = [json.dumps({"file": f"{i}.png", "text": CAPTIONS[i % 4]}) for i in range(12)]
    (home / "told" / "captions.jsonl").write_text("\n".join(lines))
    return home


@pytest.fixture
def run(home, monkeypatch):
    """A small run of a family, made once a session: gives its path."""
    monkeypatch.setenv("GANZOO_CACHE", str(home / "cache"))

    def run(family: str, *settings: str, data: str = "classes") -> Path:
        name = "-".join([family, *settings]).replace("=", "-")
        path = home / "runs" / name
        if not path.exists():
            words = [
                "train",
                family,
                "--preset",
                "tiny",
                "--data",
                home / data,
                "--steps",
                STEPS.get(family, "3"),
                "--name",
                name,
            ]
            told = [word for setting in settings for word in ("--set", setting)]
            assert main([str(word) for word in [*words, *told, "--runs", home / "runs"]]) == 0
        return path

    return run


@pytest.fixture
def sample(ganzoo):
    def sample(run: Path, *more: object):
        return ganzoo("sample", run, *more)

    return sample


def numbers(sample, run: Path, *more: object) -> np.ndarray:
    told = sample(run, *more, "--out", "numbers.npy")
    assert told.status == 0, told.err
    return np.load("numbers.npy")


def is_refused(told, *said: str) -> None:
    assert (told.status, told.out) == (2, ""), told
    assert len(told.err.splitlines()) <= 2
    for word in said:
        assert word in told.err


# classes


def test_a_class_by_name_and_by_number_is_the_same(sample, run):
    cgan = run("cgan")
    named, counted = (numbers(sample, cgan, "-n", 3, "--label", label) for label in ("green", "1"))
    assert (named == counted).all()
    other = numbers(sample, cgan, "-n", 3, "--label", "red")
    assert (named != other).any((1, 2, 3)).all()


@pytest.mark.parametrize("label", ["all", "0-2", "blue,1,red"])
def test_classes_make_rows_of_the_same_seeds(sample, run, label):
    cgan = run("cgan")
    told = sample(cgan, "-n", 2, "--label", label, "--out", "rows.npy", "--json").json
    assert told["seeds"] == [0, 1, 0, 1, 0, 1]
    assert told["labels"] == ["blue", "blue", "green", "green", "red", "red"]
    assert told["rows"] == list(CLASSES)
    rows = np.load("rows.npy")
    for k, name in enumerate(CLASSES):
        assert (rows[2 * k : 2 * k + 2] == numbers(sample, cgan, "-n", 2, "--label", name)).all()


def test_a_table_has_rows_of_eight_unless_told_else(sample, run):
    told = sample(run("cgan"), "--label", "all", "--out", "table.png")
    assert told.out.splitlines()[1:] == ["  row 1: blue", "  row 2: green", "  row 3: red"]
    with Image.open("table.png") as page:
        assert page.size == (8 * 66 + 2, 3 * 66 + 2)
        assert json.loads(page.text["ganzoo"])["labels"] == [name for name in CLASSES for _ in range(8)]
    sample(run("cgan"), "--label", "all", "-n", 2, "--out", "table")
    assert sorted(path.name for path in Path("table").iterdir()) == [
        f"{k:02d}-{name}-seed{seed:06d}.png" for k, name in enumerate(CLASSES) for seed in range(2)
    ]


def test_classes_follow_from_seeds_where_none_is_asked_for(sample, run):
    told = sample(run("cgan"), "--seeds", "0-3,7.5", "--out", "x.npy", "--json").json
    assert told["labels"] == ["blue", "green", "red", "blue", "green"]


def test_a_class_that_is_not_there(sample, run):
    is_refused(sample(run("cgan"), "--label", "gren"), "No class 'gren'", "blue, green, red", "Did you mean green")
    is_refused(sample(run("cgan"), "--label", "0-3"), "No class '3'")
    is_refused(sample(run("cgan"), "--label", "red,,blue"), "No class ''")


def test_a_cluster_by_number_though_the_data_have_no_labels(sample, run):
    aae = run("aae", "variant=clustering", "clusters=4", data="told")
    told = sample(aae, "-n", 2, "--label", "2,0", "--out", "rows.npy", "--json").json
    assert (told["seeds"], told["clusters"]) == ([0, 1, 0, 1], ["cluster 2", "cluster 2", "cluster 0", "cluster 0"])
    assert told["rows"] == ["cluster 2", "cluster 0"]
    rows = np.load("rows.npy")
    assert (rows[:2] == numbers(sample, aae, "-n", 2, "--label", "cluster 2")).all()
    assert (rows[:2] != rows[2:]).any((1, 2, 3)).all()
    assert (rows[2] == numbers(sample, aae, "-n", 1)[0]).all()  # seeds take the clusters in turn where none is named
    assert len(np.unique(numbers(sample, aae, "-n", 1, "--label", "all"), axis=0)) == 4


def test_a_cluster_that_is_not_there(sample, run, home):
    aae = run("aae", "variant=clustering", "clusters=4", data="told")
    is_refused(sample(aae, "--label", "4"), "No cluster '4'", "it has 4, cluster 0, cluster 1")
    is_refused(sample(aae, "--label", "red"), "No cluster 'red'")
    is_refused(sample(aae, "--input", home / "told", "--label", "1"), "finds the cluster of a picture itself")


# captions


def test_captions_make_rows_and_words_are_what_counts(sample, run):
    stackgan = run("stackgan", data="told")
    texts = ("a red circle", "the BLUE square")
    told = sample(stackgan, "-n", 2, "--text", texts[0], "--text", texts[1], "--out", "x.npy", "--json").json
    assert told["texts"] == [texts[0], texts[0], texts[1], texts[1]]
    both = np.load("x.npy")
    assert (both[:2] == numbers(sample, stackgan, "-n", 2, "--text", "A red, circle!")).all()
    assert (both[2:] == numbers(sample, stackgan, "-n", 2, "--text", texts[1])).all()
    assert (both[:2] != both[2:]).any()


def test_captions_come_from_the_data_where_none_is_given(sample, run):
    stackgan = run("stackgan", data="told")
    told = sample(stackgan, "-n", 5, "--out", "x.npy", "--json").json
    assert set(told["texts"]) <= set(CAPTIONS)
    assert len(set(told["texts"])) > 1
    first = numbers(sample, stackgan, "-n", 1, "--text", told["texts"][0])
    assert (first[0] == np.load("x.npy")[0]).all()


def test_words_never_seen_are_named(sample, run):
    stackgan = run("stackgan", data="told")
    is_refused(sample(stackgan, "--text", "a red circel"), "'circel'. Did you mean circle")
    is_refused(sample(stackgan, "--text", "zzz red qqq"), "'zzz'. Nor 'qqq'.", "a, blue, circle")
    is_refused(sample(stackgan, "--text", " ,. "), "no word in it", "blue")


# pictures to work on


def test_translations_keep_their_names_and_do_not_depend_on_their_neighbours(sample, run, home):
    cyclegan = run("cyclegan", data="pair")
    given = home / "pair" / "trainA"
    told = sample(cyclegan, "--input", given, "--out", "out", "--json").json
    assert told["to"] == "b"
    assert sorted(Path("out").iterdir()) == sorted(Path("out") / path.name for path in given.iterdir())
    sample(cyclegan, "--input", given / "4.png", "--out", "alone")
    assert Path("alone/4.png").read_bytes() == Path("out/4.png").read_bytes()
    with Image.open("out/4.png") as picture:
        assert json.loads(picture.text["ganzoo"])["input"] == "4.png"
    there, other = (numbers(sample, cyclegan, "--input", given, "--to", to) for to in "ba")
    assert there.shape == (6, 3, SIDE, SIDE)
    assert (there != other).any()


def test_a_sheet_of_translations_shows_input_translation_and_reconstruction(sample, run, home):
    cyclegan, given = run("cyclegan", data="pair"), home / "pair" / "trainA"
    assert sample(cyclegan, "--input", given, "-n", 2, "--out", "sheet.png").status == 0
    with Image.open("sheet.png") as page, Image.open(given / "0.png") as first:
        tiles = np.asarray(page)
        assert tiles.shape == (2 * 66 + 2, 3 * 66 + 2, 3)
        assert (tiles[2:66:4, 2:66:4] == np.asarray(first)).all()  # four times as large
    there = numbers(sample, cyclegan, "--input", given, "-n", 2)
    assert (tiles[2:66:4, 68:132:4] == np.rint((there[0] + 1) * 127.5).transpose(1, 2, 0)).all()
    sample(cyclegan, "--input", given, "-n", 1, "--out", "there")
    back = numbers(sample, cyclegan, "--input", "there", "--to", "a")
    assert np.abs(tiles[2:66:4, 134:198:4] - np.rint((back[0] + 1) * 127.5).transpose(1, 2, 0)).max() < 30


def test_a_translator_takes_its_own_data_where_none_is_given(sample, run, home):
    cyclegan = run("cyclegan", data="pair")
    told = sample(cyclegan, "--seeds", "0,7", "--to", "a", "--out", "own", "--json").json
    assert told["inputs"] == ["000000", "000001"]  # there are six
    moved = shutil.move(home / "pair", home / "elsewhere")
    try:
        is_refused(sample(cyclegan), "--input")
    finally:
        shutil.move(moved, home / "pair")


def test_reconstructions(sample, run, home):
    aae = run("aae")
    told = sample(aae, "--input", home / "classes", "--out", "again", "--json").json
    assert len(told["files"]) == 12
    assert Path("again/red/2.png").is_file()
    assert sample(aae, "--input", home / "classes", "--out", "sheet.png").status == 0
    with Image.open("sheet.png") as page:
        assert page.size == (4 * 66 + 8 + 2, 6 * 66 + 2)  # two pairs a row, set apart


def test_a_class_for_reconstructions_is_asked_for_or_the_folder_it_lies_in(sample, run, home):
    aae = run("aae", "variant=supervised")
    given = home / "classes"
    by_folder = numbers(sample, aae, "--input", given)
    red = numbers(sample, aae, "--input", given, "--label", "red")
    assert (by_folder == red).all((1, 2, 3)).tolist() == [False] * 8 + [True] * 4
    is_refused(sample(aae, "--input", home / "told"), "--label")
    is_refused(sample(aae, "--input", given, "--label", "all"), "--input draws all of one label, not of 3")


def test_a_zip_is_as_good_as_a_folder(sample, run, home):
    cyclegan = run("cyclegan", data="pair")
    shutil.make_archive("given", "zip", home / "pair" / "trainB")
    zipped, loose = (numbers(sample, cyclegan, "--input", path) for path in ("given.zip", home / "pair" / "trainB"))
    assert (zipped == loose).all()


def test_names_in_a_zip_do_not_lead_out_of_the_folder(sample, run, home):
    with zipfile.ZipFile("given.zip", "w") as archive:
        for name in ("/above.png", "../beside.png", "in/1.png"):
            archive.writestr(name, (home / "pair" / "trainB" / "1.png").read_bytes())
    told = sample(run("cyclegan", data="pair"), "--input", "given.zip", "--out", "out/put", "--json").json
    assert sorted(told["files"]) == [str(Path("out/put/above.png")), str(Path("out/put/in/1.png"))]
    assert not Path("out/beside.png").exists()


def test_faulty_inputs_are_named_and_left_out(sample, run, home, caplog):
    given = Path(shutil.copytree(home / "pair" / "trainA", "given"))
    (given / "cut.png").write_bytes((given / "0.png").read_bytes()[:200])
    (given / "notes.txt").write_text("not a picture")
    (given / "0.jpg").write_bytes((given / "0.png").read_bytes())
    told = sample(run("cyclegan", data="pair"), "--input", given, "--out", "out", "--json")
    assert [fault["file"] for fault in told.json["faults"]] == ["cut.png"]
    assert "left out: cut.png" in caplog.text
    assert {path.name for path in Path("out").iterdir()} >= {"0.jpg.png", "0.png.png", "2.png.png"}


def test_inputs_that_cannot_be(sample, run, home):
    cyclegan = run("cyclegan", data="pair")
    Path("empty").mkdir()
    is_refused(sample(cyclegan, "--input", "empty"), "--input empty", "no pictures")
    is_refused(sample(cyclegan, "--input", "gone"), "--input gone")
    Path("empty/broken.png").write_text("no")
    is_refused(sample(cyclegan, "--input", "empty"), "None of the pictures")
    given = shutil.copytree(home / "pair" / "trainA", "given")
    before = Path("given/0.png").read_bytes()
    is_refused(sample(cyclegan, "--input", given, "--out", "given"), "write over")
    assert Path("given/0.png").read_bytes() == before


# styles


def test_truncation_leads_from_the_mean_to_the_style_itself(sample, run):
    stylegan = run("stylegan")
    told = sample(stylegan, "-n", 3, "--truncation", "0,0.5,1", "--out", "x.npy", "--json").json
    assert told["truncation"] == [0.0] * 3 + [0.5] * 3 + [1.0] * 3
    rows = np.load("x.npy")
    assert (rows[0] == rows[:3]).all()
    assert (rows[6:] == numbers(sample, stylegan, "-n", 3)).all()
    assert (rows[3:6] == numbers(sample, stylegan, "-n", 3, "--truncation", "0.5")).all()
    assert (rows[3] != rows[6]).any()
    for psi in ("1.5", "-0.1", "much", "nan", "0.5,"):
        is_refused(sample(stylegan, f"--truncation={psi}"), f"--truncation {psi}", "0 to 1")


def test_a_table_of_mixed_styles_is_headed_by_its_sources(sample, run):
    stylegan = run("stylegan")
    told = sample(stylegan, "--mix", "0-1:10-12", "--cut", 2, "--out", "mix.png", "--json").json
    assert (told["rows"], told["columns"], told["cut"]) == ([0, 1], [10, 11, 12], 2)
    mixes = numbers(sample, stylegan, "--mix", "0-1:10-12", "--cut", 2)
    assert len(mixes) == 6
    assert (mixes[4] == numbers(sample, stylegan, "--mix", "1:11", "--cut", 2)[0]).all()
    sources = numbers(sample, stylegan, "--seeds", "0,1,10,11,12")
    with Image.open("mix.png") as page:
        tiles = np.asarray(page)
    assert tiles.shape == (3 * 66 + 8 + 2, 4 * 66 + 8 + 2, 3)

    def tile(row: int, column: int) -> np.ndarray:
        y, x = (2 + 66 * place + 8 * (place > 0) for place in (row, column))
        return tiles[y : y + 64 : 4, x : x + 64 : 4]

    shown = np.rint((np.concatenate([sources, mixes]) + 1) * 127.5).transpose(0, 2, 3, 1)
    assert all((tile(1 + k, 0) == shown[k]).all() for k in (0, 1))
    assert all((tile(0, k) == shown[1 + k]).all() for k in (1, 2, 3))
    assert all((tile(1 + k // 3, 1 + k % 3) == shown[5 + k]).all() for k in range(6))
    assert len({tile(row, column).tobytes() for row in range(3) for column in range(4)}) == 12


def test_a_mix_ends_where_its_sources_are(sample, run):
    stylegan = run("stylegan")
    row, column = numbers(sample, stylegan, "--seeds", "3,8")
    assert np.abs(numbers(sample, stylegan, "--mix", "3:8", "--cut", 0)[0] - column).max() < 1e-5
    assert np.abs(numbers(sample, stylegan, "--mix", "3:8", "--cut", 6)[0] - row).max() < 1e-5
    is_refused(sample(stylegan, "--mix", "3:8", "--cut", 7), "--cut 7", "6 layers")
    sample(stylegan, "--mix", "3:8-9", "--out", "folder")
    assert {path.name for path in Path("folder").iterdir()} == {
        "seed000003-mix000008.png",
        "seed000003-mix000009.png",
    }
    for mix in ("3", "3:", "3:8:9", "a:b"):
        is_refused(sample(stylegan, "--mix", mix), "--mix")


# walks


def frames(path: str) -> list[np.ndarray]:
    with Image.open(path) as animation:
        shown = []
        for place in range(animation.n_frames):
            animation.seek(place)
            shown.append(np.asarray(animation.convert("RGB"), np.int16))
        return shown


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_walk_passes_its_seeds_and_ends_where_it_began(sample, run, ending):
    stylegan = run("stylegan")
    told = sample(stylegan, "--walk", "--seeds", "7,2,40", "--frames", 10, "--out", f"walk.{ending}", "--json").json
    assert (told["seeds"], told["frames"]) == ([7, 2, 40], 30)
    shown = frames(f"walk.{ending}")
    assert len(shown) == 30
    stops = np.rint((numbers(sample, stylegan, "--seeds", "7,2,40") + 1) * 127.5).transpose(0, 2, 3, 1)
    for k in range(3):
        tile = shown[10 * k][2:258, 2:258].reshape(16, 16, 16, 16, 3).mean((1, 3))
        others = [np.abs(tile - other).mean() for other in stops]
        assert int(np.argmin(others)) == k
    steps = [np.abs(shown[k] - shown[k - 1]).mean() for k in range(30)]
    legs = [np.abs(shown[10 * k] - shown[10 * k - 10]).mean() for k in range(3)]
    assert max(steps) < 0.5 * max(legs)  # no jump, that from the last frame to the first included
    whole = Path(f"walk.{ending}").read_bytes()
    assert b"trainedAlgorithmicMedia" in whole
    assert b"synthetic" in whole
    sample(stylegan, "--walk", "--seeds", "7,2", "--frames", 2, "--out", f"walk.{ending}", "--no-mark")
    assert b"synthetic" not in Path(f"walk.{ending}").read_bytes()


def test_a_walk_of_every_class_keeps_the_class(sample, run):
    told = sample(run("cgan"), "--walk", "--label", "all", "--seeds", "0-1", "--frames", 2, "--json").json
    assert told["labels"] == list(CLASSES)
    (first, *_) = frames("cgan-walk.gif")
    assert first.shape == (2 * 66 + 2, 2 * 66 + 2, 3)


@pytest.mark.parametrize(
    ("asked", "clusters"), [((), ["1"]), (("--label", "3"), ["3"]), (("--label", "0,2"), ["0", "2"])]
)
def test_a_walk_keeps_its_cluster(sample, run, asked, clusters):
    aae = run("aae", "variant=clustering", "clusters=4", data="told")
    told = sample(aae, "--walk", "--seeds", "1,2", "--frames", 2, "--json", *asked).json
    assert told["clusters"] == [f"cluster {k}" for k in clusters]  # one a row, at every seed


@pytest.mark.parametrize("settings", [(), ("prior=mixture",), ("prior=swiss-roll",)])
def test_priors_are_walked(sample, run, settings):
    aae = run("aae", *settings)
    three, between, four = numbers(sample, aae, "--seeds", "3,3.5,4")
    assert (between != three).any()
    assert (between != four).any()
    assert (numbers(sample, aae, "--seeds", "3,4") == np.stack([three, four])).all()
    assert sample(aae, "--walk", "-n", 3, "--frames", 3, "--out", "walk.gif").status == 0
    assert len(frames("walk.gif")) > 3  # those that are alike share one


def test_a_seed_between_two_is_the_same_alone(sample, run):
    stylegan = run("stylegan")
    several = numbers(sample, stylegan, "--seeds", "0-20,3.25,7")
    assert (numbers(sample, stylegan, "--seeds", "3.25")[0] == several[21]).all()
    assert (several[22] == several[7]).all()
    sample(stylegan, "--seeds", "3.25,4.0", "--out", "folder")
    assert {path.name for path in Path("folder").iterdir()} == {"seed000003.25.png", "seed000004.png"}


def test_walks_that_lead_nowhere(sample, run):
    stylegan = run("stylegan")
    for seeds in ("3", "3.5,4", str(2**60) + ",1"):
        is_refused(sample(stylegan, "--walk", "--seeds", seeds), "--walk", "--seeds 0-7")
    is_refused(sample(stylegan, "--walk", "--out", "walk.png"), ".gif or a .webp")
    is_refused(sample(stylegan, "--out", "walk.gif"), ".png")
    is_refused(sample(run("cyclegan", data="pair"), "--walk"), "nothing by chance")


# the map


def test_the_map_shows_what_the_plane_decodes_to_and_where_codes_lie(sample, run, home):
    aae = run("aae")
    told = sample(aae, "--map", "-n", 5, "--json").json
    assert (told["side"], told["codes"]) == (5, 12)
    with Image.open("aae-map.png") as page:
        width, height = page.size
        tiles = np.asarray(page)
    assert height == 5 * 34 + 2
    assert width > 2 * height
    decoded = [tiles[2 + 34 * r : 34 + 34 * r, 2 + 34 * c : 34 + 34 * c].tobytes() for r in range(5) for c in range(5)]
    assert len(set(decoded)) > 1
    moved = shutil.move(home / "classes", home / "elsewhere")
    try:
        told = sample(aae, "--map", "-n", 5, "--out", "alone.png", "--json").json
    finally:
        shutil.move(moved, home / "classes")
    assert told["codes"] == 0
    with Image.open("alone.png") as page:
        assert (np.asarray(page) == tiles[:, :height]).all()


def test_the_corners_of_the_map_are_those_of_the_plane():
    from ganzoo.train.plane import places

    assert places(2).tolist() == [[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]]


def test_maps_that_cannot_be(sample, run):
    is_refused(sample(run("aae", "latent=3"), "--map"), "no use for --map", "--input")
    is_refused(sample(run("aae"), "--map", "-n", 33), "at most 32")
    is_refused(sample(run("aae"), "--map", "--out", "map.gif"), ".png")


# what a run cannot honour, and what nobody can


@pytest.mark.parametrize(
    ("family", "words", "said"),
    [
        ("cgan", ["--text", "red"], "no use for --text: beside --seeds it takes --label."),
        ("cgan", ["--input", "."], "no use for --input"),
        ("cgan", ["--truncation", "0.5"], "no use for --truncation"),
        ("cgan", ["--mix", "1:2"], "no use for --mix"),
        ("cgan", ["--map"], "no use for --map"),
        ("cgan", ["--to", "a"], "no use for --to"),
        ("stylegan", ["--label", "red"], "beside --seeds it takes --truncation, --mix and --cut."),
        ("aae", ["--label", "red"], "it takes --input and --map."),
        ("aae", ["--to", "b"], "no use for --to"),
        ("stylegan", ["--walk", "--mix", "1:2"], "two ways to draw"),
        ("stylegan", ["--cut", "2"], "--mix"),
        ("stylegan", ["--frames", "2"], "--walk"),
        ("stylegan", ["--seeds", "1", "-n", "3"], "one of the two"),
        ("stylegan", ["--mix", "1:2", "-n", "3"], "-n"),
        ("aae", ["--map", "--seeds", "3"], "--seeds"),
        ("aae", ["--to", "c"], "expected a or b"),
    ],
)
def test_what_cannot_be_honoured_is_said_in_a_line(sample, run, family, words, said):
    told = sample(run(family), *words)
    is_refused(told, said)
    assert len(told.err.splitlines()) == 1
