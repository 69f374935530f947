"""nbgrader's check of a cell's metadata with a schema that is compiled once: the same verdicts as jsonschema's own."""

import copy

import jsonschema
import pytest
from nbformat import v4
from nbgrader.nbgraderformat import MetadataValidator

from autograder.book import schemas

GOOD = {
    "grade": True,
    "solution": False,
    "locked": True,
    "task": False,
    "grade_id": "a",
    "points": 3,
    "schema_version": 3,
}
BAD = [{"grade_id": "a b"}, {"points": -1}, {"locked": "yes"}, {"points": None}, {"more": 1}]


def a_cell(**changed):
    return v4.new_code_cell(metadata={"nbgrader": {**GOOD, "cell_type": "code", **changed}})


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    from nbgrader.nbgraderformat import common

    monkeypatch.setattr(common, "jsonschema", common.jsonschema)  # as it was, afterwards
    schemas.install()


def test_what_nbgrader_accepts_passes():
    MetadataValidator().validate_cell(a_cell())


@pytest.mark.parametrize("changed", BAD)
def test_what_nbgrader_refuses_is_refused_with_the_same_words(changed):
    cell = a_cell(**changed)
    with pytest.raises(jsonschema.ValidationError) as theirs:
        jsonschema.validate(copy.deepcopy(cell.metadata["nbgrader"]), MetadataValidator().schema)
    with pytest.raises(jsonschema.ValidationError) as ours:
        MetadataValidator().validate_cell(cell)
    assert str(ours.value) == str(theirs.value)


def test_a_schema_that_is_none_is_refused():
    with pytest.raises(jsonschema.SchemaError):
        schemas.validate({}, {"type": "nonsense"})
