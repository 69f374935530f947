"""The command that cuts the shipped words from GloVe's original: the same file again, whatever else lies there."""

import json

import pytest
import torch
from safetensors import safe_open

from course_lib.data.words import GLOVE, SHIPPED, Words
from course_lib.errors import DataBroken
from tools import cut_words


def opened(path):
    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["recipe"]), {name: file.get_tensor(name) for name in ("words", "vectors")}


def test_the_shipped_file_is_what_the_command_cuts(test_data, monkeypatch, tmp_path, capsys):
    files = [tmp_path / "first.safetensors", tmp_path / "second.safetensors"]
    arguments = ["cut_words.py", str(test_data / GLOVE), str(test_data / "words" / "questions-words")]
    monkeypatch.setattr("sys.argv", arguments)
    for path in files:
        monkeypatch.setattr(cut_words, "SHIPPED", path)
        cut_words.main()
    assert files[0].read_bytes() == files[1].read_bytes()
    recipe, tensors = opened(files[0])
    told, shipped = opened(SHIPPED)
    assert recipe == told
    assert json.dumps(recipe, indent=2) in capsys.readouterr().out
    assert all(torch.equal(tensors[name], shipped[name]) for name in shipped)


def test_frequent_words_and_asked_words_are_kept_in_the_original_s_order(monkeypatch):
    monkeypatch.setattr(cut_words, "COUNT", 2)
    original = Words(("the", "of", "queen", "crow", "king"), torch.arange(5.0)[:, None], "five words")
    kept, vectors = cut_words.cut(original, {"king", "queen", "of"})
    assert kept == ("the", "of", "queen", "king")
    assert vectors.dtype == torch.float16
    assert vectors.flatten().tolist() == [0, 1, 2, 4]


def test_a_word_that_the_original_lacks_is_named():
    original = Words(("the", "of"), torch.zeros(2, 1), "two words")
    with pytest.raises(DataBroken, match="of the questions") as error:
        cut_words.cut(original, {"the", "queen", "king"})
    assert "got: king, queen" in str(error.value)
