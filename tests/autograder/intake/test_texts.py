"""Names, lists and dates mean the same on every machine, or are refused."""

import unicodedata
from datetime import datetime

import pytest

from autograder.intake import names, texts


@pytest.mark.parametrize(
    "name",
    [
        *("ada", "Zoë", unicodedata.normalize("NFD", "Zoë Åström"), "मीना", "தமிழ்", "李小龙", "سارة", "علی\u200cرضا"),
        *("Nguyễn Thị Minh", "O’Brien", "Gal·la", "a.b@c.org", "ada+2", "Jean-Luc", "x_1", "김", "กิตติ", "Ὀδυσσεύς"),
    ],
)
def test_names_of_all_scripts_are_names(name):
    assert names.usable(name)
    assert names.spelled(name) == unicodedata.normalize("NFC", name)
    assert names.shown(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "<b>", "a/b", "a'b", 'a"b', "a&b", "a\nb", " a", "\u0301a", "a\u202eb", "a\u200db", "a\0", "Zo\udceb", "a;b"],
)
def test_what_could_act_on_a_page_or_deceive_is_no_name(name):
    assert not names.usable(name)


def test_a_name_that_is_not_utf_8_can_be_printed():
    assert names.shown("Zo\udceb") == "Zo\\xeb"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_of_any_usual_encoding_is_read(encoding):
    assert texts.decoded("id,Zoë".encode(encoding)) == "id,Zoë"


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be", "utf-32-be"])
def test_the_byte_order_mark_decides(mark):
    assert texts.decoded("\ufeffZoë".encode(mark)) == "Zoë"


def test_a_list_from_any_spreadsheet_has_commas_and_one_spelling():
    rows = "id;last_name\r\nZoe\u0308;a,b\r\n;\r\n"
    assert texts.table(rows.encode("utf-16")) == 'id,last_name\nZoë,"a,b"\n'
    assert texts.table(b'id,x\n"a;b",1\n') == "id,x\na;b,1\n"
    assert texts.table(b"id\tx\nada\t1\n") == "id,x\nada,1\n"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2030-01-12 12:00:00 UTC", datetime(2030, 1, 12, 12)),
        ("2030-01-12 12:00:00.5", datetime(2030, 1, 12, 12, 0, 0, 500000)),
        ("2030-01-12T12:00:00+01:00", datetime(2030, 1, 12, 11)),
        ("2030-01-12 12:00:00 +0100", datetime(2030, 1, 12, 11)),
        ("2030-01-12 12:00 Europe/Berlin", datetime(2030, 1, 12, 11)),
        ("2030/07/12 12:00 America/Argentina/Buenos_Aires", datetime(2030, 7, 12, 15)),
        ("20300112T120000Z", datetime(2030, 1, 12, 12)),
        ("13.01.2030", datetime(2030, 1, 13)),
        ("01/13/2030 08:30", datetime(2030, 1, 13, 8, 30)),
        ("12.12.2030", datetime(2030, 12, 12)),
        ("12 January 2030", datetime(2030, 1, 12)),
        ("Jan 12 2030", datetime(2030, 1, 12)),
        ("Sat, 12 Jan 2030 12:00:00 GMT", datetime(2030, 1, 12, 12)),
    ],
)
def test_dates_are_read_as_they_are_meant(text, read):
    assert texts.instant(text) == read


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12.01.2030", "several ways"),
        ("1/2/2030 12:00", "several ways"),
        ("13.01.30", "several ways"),
        ("12:00", "no whole date"),
        ("Monday", "no whole date"),
        ("January 2030", "no whole date"),
        ("2030-01-12 12:00:00 CQST", "no time zone"),
        ("2030-01-12 12:00 Europe/Berlim", "no time zone"),
        ("tomorrow", "tomorrow"),
    ],
)
def test_dates_that_can_be_read_in_two_ways_are_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        texts.instant(text)
