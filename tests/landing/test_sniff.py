"""Format, encoding, line ends, delimiter and record count, found from the content."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import EmptyDeliveryError, NotAFileError, UnclosedQuoteError, UnreadableFileError
from pipelines.landing.sniff import DELIMITERS, Content, TextFacts, file_facts, record_facts

ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "cp1252": "cp1252",
    "iso-8859-1": "cp1252",  # read as Windows-1252, which holds the same Danish letters
    "utf-16": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
DANISH = ["CPR;Fødselsdato;Åben", "0101995015;01-02-2015;æøå ÆØÅ"]


def text_facts(data: bytes) -> TextFacts:
    facts = file_facts(Content("fil.csv", data=data)).text
    assert facts is not None
    return facts


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encoding_is_known_by_content(encoding: str) -> None:
    facts = text_facts("\r\n".join(DANISH).encode(encoding))
    assert facts.encoding == ENCODINGS[encoding]
    assert facts.head.splitlines() == DANISH


@pytest.mark.parametrize(
    ("text", "line_end", "lines", "blank_at_end", "has_blank"),
    [
        ("a\nb\nc\n", "\n", 3, 0, False),
        ("a\nb\nc", "\n", 3, 0, False),
        ("a\r\nb\r\nc\r\n", "\r\n", 3, 0, False),
        ("a\rb\rc\r", "\r", 3, 0, False),
        ("a\r\nb\nc\r\n", None, 3, 0, False),
        ("a\nb\n\n\n", "\n", 2 + 2, 2, False),
        ("a\r\nb\r\n\r\n", "\r\n", 2 + 1, 1, False),
        ("a\n\nb\n", "\n", 3, 0, True),
        ("\na\nb\n", "\n", 3, 0, True),
        ("a\r\n\r\nb\r\n\r\n", "\r\n", 3 + 1, 1, True),
    ],
)
def test_lines_are_counted(text: str, line_end: str | None, lines: int, blank_at_end: int, has_blank: bool) -> None:
    facts = text_facts(text.encode())
    assert (facts.line_end, facts.line_count, facts.trailing_blank_lines, facts.has_blank_lines) == (
        line_end,
        lines,
        blank_at_end,
        has_blank,
    )


def test_line_ends_split_between_two_chunks_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.landing.sniff._CHUNK_BYTES", 3)
    facts = text_facts(b"ab\r\ncd\r\n\r\nef\r\n")
    assert (facts.line_end, facts.line_count, facts.has_blank_lines) == ("\r\n", 4, True)


def test_a_letter_split_between_two_chunks_is_still_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.landing.sniff._CHUNK_BYTES", 1)
    assert text_facts("æøå;å\n".encode()).encoding == "utf-8"


@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from('ab";\n, æ'), max_size=5), min_size=2, max_size=3), min_size=1, max_size=8
    ),
    delimiter=st.sampled_from(DELIMITERS),
)
def test_records_are_those_that_python_wrote(rows: list[list[str]], delimiter: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    content = Content("fil.csv", data=written.getvalue().encode())
    facts = text_facts(written.getvalue().encode())
    assert record_facts(content, facts, delimiter=delimiter).record_count == len(rows)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a;b\n1;"åben\n2;3\n', 2),
        ('a;b\n1;2\n3;"åben\n4;"x"\n', 3),
        ('a;b\n"x"y;2\n', 2),
        ('a;b\n"to\nlinjer";2\n3;"åben', 4),
    ],
)
def test_an_unclosed_quotation_mark_is_told_with_its_line(text: str, line: int) -> None:
    content = Content("fil.csv", data=text.encode())
    with pytest.raises(UnclosedQuoteError, match=f"linje {line}: Et anførselstegn") as raised:
        record_facts(content, text_facts(text.encode()), delimiter=";")
    assert "åben" not in str(raised.value).replace("åbnet", "").replace("åbn filen", "")
    assert raised.value.__cause__ is None


def test_a_quotation_mark_inside_a_word_is_a_letter() -> None:
    data = b'a;b\n5" pipe;2\n'
    assert record_facts(Content("fil.csv", data=data), text_facts(data), delimiter=";").record_count == 2


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n \n", b"\xff\xfe"])
def test_a_file_of_nothing_is_empty(data: bytes) -> None:
    with pytest.raises(EmptyDeliveryError, match=r"fil\.csv er tom"):
        file_facts(Content("fil.csv", data=data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "hverken et Excel-regneark"),
        (b"a;b\n\x81\x8d;1\n", "hverken et Excel-regneark"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 100, "låst med adgangskode"),
    ],
)
def test_what_is_neither_text_nor_workbook_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        file_facts(Content("fil.csv", data=data))


def test_a_folder_and_nothing_are_not_files(tmp_path: Path) -> None:
    with pytest.raises(NotAFileError, match="er en mappe"):
        file_facts(Content("mappe", path=tmp_path))
    with pytest.raises(NotAFileError, match="findes ikke"):
        file_facts(Content("mangler.csv", path=tmp_path / "mangler.csv"))
