"""Cut the word vectors that the course ships from GloVe's original file.

    python tools/cut_words.py glove.6B.100d.txt questions-words

The first argument is the original (or its first lines), the second a folder of analogy questions, a section per file.
It writes course_lib/weights/glove.safetensors: the 8,000 most frequent words and all that the questions ask for, their
vectors in float16, and in the file's own metadata source, licence and this command. The same originals give the same
file again.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save

from course_lib.data.words import GLOVE_URL, SHIPPED, Words, read_glove, read_questions
from course_lib.download import atomic_write
from course_lib.errors import DataBroken

COUNT = 8000


def asked(folder: Path) -> set[str]:
    """Every word of the questions in a folder."""
    sections = [section for path in sorted(folder.glob("*.txt")) for section in read_questions(path).values()]
    return {word for section in sections for question in section for word in question}


def cut(original: Words, questions: set[str]) -> tuple[tuple[str, ...], torch.Tensor]:
    """The most frequent words and those of the questions, in the original's order, with their vectors in float16."""
    if unknown := questions - set(original.words):
        raise DataBroken("The original lacks words of the questions.", got=", ".join(sorted(unknown)))
    kept = [index for index, word in enumerate(original.words) if index < COUNT or word in questions]
    return tuple(original.words[index] for index in kept), original.vectors[kept].half()


def recipe(words: tuple[str, ...], sections: list[str], command: str) -> dict:
    """What the file says of itself."""
    return {
        "what": f"a subset of GloVe 6B, 100-d: its first {COUNT:,} words and all those of the questions, in float16",
        "source": GLOVE_URL,
        "authors": "Pennington, Socher, Manning, GloVe: Global Vectors for Word Representation, EMNLP 2014",
        "licence": "PDDL 1.0, https://opendatacommons.org/licenses/pddl/1-0/",
        "command": command,
        "questions": sections,
        "words": len(words),
    }


def main() -> None:
    """Read, cut, write, print the recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original", type=Path, help="glove.6B.100d.txt")
    parser.add_argument("questions", type=Path, help="a folder of questions, a section per file")
    options = parser.parse_args()
    words, vectors = cut(read_glove(options.original), asked(options.questions))
    command = f"python tools/cut_words.py {options.original.name} {options.questions.name}"
    told = recipe(words, sorted(path.stem for path in options.questions.glob("*.txt")), command)
    text = torch.frombuffer(bytearray("\n".join(words).encode()), dtype=torch.uint8)
    with atomic_write(SHIPPED) as path:  # one entry of metadata: safetensors writes several in any order
        path.write_bytes(save({"words": text, "vectors": vectors}, {"recipe": json.dumps(told)}))
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
