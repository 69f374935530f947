"""The gradebook's database: addresses, refusals in one line, and where key and journal lie."""

import sqlite3
from pathlib import Path

import pytest

from autograder.book import gradebook
from autograder.errors import GradebookError


@pytest.mark.parametrize(
    ("database", "told"),
    [
        ("sqlite:////nowhere/gradebook.db", "unable to open"),
        ("sqlite:///text.db", "file is not a database"),
        ("sqlite:///old.db", "of another version"),
        ("sqlite:///foreign.db", "not nbgrader's"),
        ("postgresql://teacher:secret@127.0.0.1:9/book", "refused"),
        ("gradebook", "no database's address"),
        ("mysql://127.0.0.1/book", "cannot be used"),
    ],
)
def test_a_database_that_refuses_is_one_line(database, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.db").write_text("dear gradebook " * 100)
    for name, statements in {
        "old.db": ("CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('old')"),
        "foreign.db": ("CREATE TABLE birds (name TEXT)",),
    }.items():
        with sqlite3.connect(name) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()
    with pytest.raises(GradebookError, match=told) as caught:
        gradebook.require(gradebook.address(database))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("given", ["postgresql://a:b@host/x", "postgresql+psycopg://a:b@host/x"])
def test_both_spellings_of_postgresql_mean_psycopg_3(given):
    assert gradebook.address(given) == "postgresql+psycopg://a:b@host/x?connect_timeout=10"


def test_key_and_journal_lie_beside_the_gradebook_or_in_the_course(tmp_path):
    assert gradebook.folder(f"sqlite:///{tmp_path}/there/gradebook.db", tmp_path / "course") == tmp_path / "there"
    assert gradebook.folder("postgresql://host/book", tmp_path) == tmp_path
