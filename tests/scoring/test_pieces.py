"""A run shared out over pieces and gathered: the same files as a run in one."""

import os

import pytest

import danq
from danq.errors import InputError
from danq.parts import Parts
from danq.scoring.blocks.pieces import Piece
from tests.scoring.stopped_run import BLOCKS, same, started


def of_piece(arguments, tmp_path, piece):
    """The command of one piece, which has no other files than its folder."""
    words = list(arguments)
    for option in ("--scores", "--summary", "--plot"):
        place = words.index(option)
        del words[place : place + 2]
    words[words.index("--output") + 1] = str(tmp_path / f"{piece.replace('/', '-of-')}.blocks")
    return [*words, "--piece", piece]


@pytest.mark.parametrize("count", [1, 3, BLOCKS + 2])
def test_gathered_pieces_equal_one_run(arguments, resumed, whole, tmp_path, count):
    pieces = [of_piece(arguments, tmp_path, f"{k}/{count}") for k in range(1, count + 1)]
    calls = [len(resumed(piece)) for piece in pieces]
    assert sum(calls) == BLOCKS
    assert max(calls) - min(calls) <= 1
    folders = [piece[piece.index("--output") + 1] for piece in pieces]
    assert resumed([*arguments, "--gather", *folders[::-1]]) == []
    same(tmp_path / "out", whole)


def test_blocks_of_an_earlier_version_are_of_the_same_model(tmp_path):
    """It recorded the SHA-256 of the model file."""
    recorded = {"model_checksum": "of the file", "window": 20}
    (tmp_path / "x.parts").mkdir()
    Parts(tmp_path / "x.parts", recorded).begin()
    now = {**recorded, "model_checksum": "of the content"}
    Parts(tmp_path / "x.parts", now, lambda: "of the file").check(must_exist=True)
    for parts in (
        Parts(tmp_path / "x.parts", now, lambda: "of another file"),
        Parts(tmp_path / "x.parts", {**now, "window": 30}, lambda: "of the file"),
    ):
        with pytest.raises(InputError, match="holds blocks of another run"):
            parts.check()


def test_a_missing_piece_is_an_error(arguments, resumed, tmp_path, capsys):
    first = of_piece(arguments, tmp_path, "1/2")
    resumed(first)
    folder = first[first.index("--output") + 1]
    resumed([*arguments, "--gather", folder], status=2)
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == (
        "danq: error: records 17 to 32 of the VCF are in none of the pieces gathered: "
        f"block-00000001.npz is missing or damaged in {folder}"
    )
    os.mkfifo(f"{folder}/block-00000001.npz")
    resumed([*arguments, "--gather", folder], status=2)
    assert "block-00000001.npz is missing or damaged" in capsys.readouterr().err
    resumed([*arguments, "--gather", folder, str(tmp_path / "none.blocks")], status=2)
    assert "none.blocks: is not a folder of finished blocks" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def test_a_killed_piece_goes_on(arguments, resumed, whole, tmp_path):
    one, two = (of_piece(arguments, tmp_path, f"{k}/2") for k in (1, 2))
    started(one, "danq.parts:Parts.save", 2)
    assert not (tmp_path / "1-of-2.blocks").exists()
    assert len(resumed([*one, "--resume"])) == -(-BLOCKS // 2) - 2
    assert not (tmp_path / "1-of-2.blocks.parts").exists()
    resumed(two)
    folders = [str(tmp_path / f"{k}-of-2.blocks") for k in (1, 2)]
    resumed([*arguments, "--gather", *folders])
    same(tmp_path / "out", whole)


def test_a_piece_does_not_gather(arguments, resumed, tmp_path, capsys):
    words = of_piece(arguments, tmp_path, "1/2")
    resumed([*words, "--gather", str(tmp_path)], status=2)
    assert "a run scores a piece, or gathers all of them" in capsys.readouterr().err


def test_a_piece_leaves_what_is_not_danqs(arguments, resumed, tmp_path, capsys):
    words = of_piece(arguments, tmp_path, "1/2")
    folder = tmp_path / "1-of-2.blocks"
    folder.mkdir()
    (folder / "notes.txt").write_text("precious")
    assert resumed(words, status=2) == []
    assert "1-of-2.blocks: is there, and no folder of danq's alone" in capsys.readouterr().err
    assert (folder / "notes.txt").read_text() == "precious"
    (folder / "notes.txt").unlink()
    folder.rmdir()
    folder.write_text("a file")
    assert resumed(words, status=2) == []
    assert "1-of-2.blocks: is there, and no folder of danq's alone" in capsys.readouterr().err
    assert folder.read_text() == "a file"
    folder.unlink()
    for _ in range(2):  # its own blocks it replaces
        assert resumed(words)


@pytest.mark.parametrize("more", [["--info", "none"], ["--drop-samples"]])
def test_a_piece_holds_no_records(arguments, resumed, tmp_path, capsys, more):
    assert resumed([*of_piece(arguments, tmp_path, "1/2"), *more], status=2) == []
    assert "a piece holds no records" in capsys.readouterr().err


def test_gathering_does_not_resume(arguments, resumed, tmp_path, capsys):
    resumed([*arguments, "--gather", str(tmp_path), "--resume"], status=2)
    assert "found gather and resume" in capsys.readouterr().err


def test_the_default_may_be_said(tmp_path, genome, write_vcf, bases):
    network = danq.models.danq(sequence_length=60, outputs=2, width=0.02)
    danq.models.save(network, tmp_path / "m.keras", targets=["a", "b"])
    vcf = write_vcf(("chr1", 300, ".", bases["chr1"][299], "<X>", ".", ".", "."))
    piece, model = tmp_path / "p.blocks", tmp_path / "m.keras"
    danq.score_piece(model, genome, vcf, piece, "1/1", batch_size=256)
    danq.gather_pieces(model, genome, vcf, tmp_path / "out.vcf", pieces=[piece])
    with pytest.raises(InputError, match=r'its batch size is not given, now it is "128"'):
        danq.gather_pieces(model, genome, vcf, tmp_path / "out.vcf", pieces=[piece], batch_size=128)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b", "-1/2", "1/2/3"])
def test_no_piece(text):
    with pytest.raises(InputError, match="expected K/N with K from 1 to N"):
        Piece.parsed(text)


def test_a_piece_has_no_table(arguments, resumed, tmp_path, capsys):
    words = of_piece(arguments, tmp_path, "1/2")
    resumed([*words, "--scores", str(tmp_path / "s.h5")], status=2)
    assert "s.h5: a piece has no scores file" in capsys.readouterr().err
    words[words.index("--output") + 1] = str(tmp_path / "out.vcf")
    resumed(words, status=2)
    assert "name to end in .blocks" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["in.vcf", "toy"]
