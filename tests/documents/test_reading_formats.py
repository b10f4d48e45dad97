"""What the readers make of a small real file of each kind."""

import io
import lzma
from pathlib import Path

import pytest

from pegboard.documents.formats import ACCEPTED, UnsupportedFile, reader_of, suffix_of
from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.formats.sections import PIECE, Section, in_pieces
from pegboard.documents.formats.signatures import check
from tests.documents import made_files as made

SAMPLES = Path(__file__).parent / "samples"
GUIDE = [
    Section("Welcome home.", "Guide"),
    Section("Name: Ada; Price: 3\nName: Bob; Price: 4\n- one\n- two", "Guide > Prices"),
]
PRICES = [
    Section("Name: Ada; Price: 3\nName: Bob | Co line; Price: 4.5", place="sheet Prices"),
    Section("Item: Nail; Left: 7", place="sheet Stock"),
]
TALK = [
    Section("First body", "Hello", "slide 1"),
    Section("Second body", "Plans", "slide 2"),
]


def read(data: bytes | str, suffix: str) -> list[Section]:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    check(file, suffix)
    return list(reader_of(suffix)(file, suffix))


def test_a_word_document_keeps_its_headings_and_its_tables_are_told_row_by_row() -> None:
    body = (
        made.paragraph("Guide", "Heading1")
        + made.paragraph("Welcome home.")
        + made.paragraph("Prices", "Heading2")
        + made.table(("Name", "Price"), ("Ada", "3"), ("Bob", "4"))
    )
    assert read(made.docx(body), ".docx") == [
        Section("Welcome home.", "Guide"),
        Section("Name: Ada; Price: 3\nName: Bob; Price: 4", "Guide > Prices"),
    ]


def test_an_older_word_document_reads_like_a_new_one() -> None:
    assert read((SAMPLES / "guide.doc").read_bytes(), ".doc") == GUIDE


def test_each_row_of_a_workbook_names_its_columns_and_its_sheet() -> None:
    prices = made.cells(("Name", "Price"), ("Ada", 3), ("Bob | Co\nline", "4.5"))
    stock = made.cells(("Item", "Left"), ("Nail", 7))
    assert read(made.xlsx(Prices=prices, Stock=stock), ".xlsx") == PRICES


def test_an_older_workbook_reads_like_a_new_one() -> None:
    assert read((SAMPLES / "prices.xls").read_bytes(), ".xls") == PRICES


def test_slides_keep_their_numbers_and_titles() -> None:
    deck = made.pptx(("Hello", "First body"), ("Plans", "Second body"))
    assert read(deck, ".pptx") == TALK


def test_an_older_presentation_reads_like_a_new_one() -> None:
    assert read(lzma.decompress((SAMPLES / "talk.ppt.xz").read_bytes()), ".ppt") == TALK


def test_pages_of_a_pdf_keep_their_numbers() -> None:
    assert read(made.pdf(*made.pdf_pages("Hello world", "", "Third page")), ".pdf") == [
        Section("Hello world", place="page 1"),
        Section("Third page", place="page 3"),
    ]


def test_cells_side_by_side_on_a_pdf_page_become_one_line() -> None:
    objects = made.pdf_pages("")
    objects[4] = made.stream(
        b"BT /F1 12 Tf 20 100 Td (Ada) Tj 150 0 Td (3) Tj -150 -20 Td (Bob) Tj 150 0 Td (4) Tj ET"
    )
    assert read(made.pdf(*objects), ".pdf") == [Section("Ada 3\nBob 4", place="page 1")]


def test_markdown_is_divided_at_its_headings_but_not_in_code() -> None:
    text = (
        "# Top #\nhi\n\nSub\n---\n| A | B |\n|---|---|\n| 1 | x\\|y |\n\n```\n# no\n```\n## Empty\n"
    )
    assert read(text, ".md") == [
        Section("hi", "Top"),
        Section("A: 1; B: x|y\n\n```\n# no\n```", "Top > Sub"),
        Section("Empty", "Top > Empty"),
    ]


def test_a_page_is_read_without_scripts_and_with_its_title() -> None:
    page = """<html><head><title>T</title><style>p {}</style></head><body>
        <h1>Head <b>line</b></h1><p>One <i>two</i>.<script>bad()</script></p><ul><li>a<li>b</ul>
        <table><tr><th>Name<th>Price<tr><td>Ada<td>3</table><h2>Sub</h2>tail</body></html>"""
    assert read(page, ".html") == [
        Section("One two.\n- a\n- b\nName: Ada; Price: 3", "T > Head line"),
        Section("tail", "T > Head line > Sub"),
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Name,Price\nAda,3\n", "Name: Ada; Price: 3"),
        ("Name;Price\nAda;3,50\n", "Name: Ada; Price: 3,50"),
        ('Name\tNote\nAda\t"two\nlines"\n', "Name: Ada; Note: two lines"),
        ("Prices of May\nName,Price\nAda,3\n", "Prices of May\nName: Ada; Price: 3"),
        ("1,2\n3,4\n", "1 | 2\n3 | 4"),
        ("Name,Price\n", "Name | Price"),
        ("Name,Price\nAda,3,extra\n,4\n", "Name: Ada; Price: 3; extra\nPrice: 4"),
    ],
)
def test_rows_of_a_table_can_be_read_alone(text: str, lines: str) -> None:
    assert read(text, ".csv") == [Section(lines)]


def test_json_becomes_lines_of_paths() -> None:
    text = '{"a": {"b": 1}, "tags": [1, "x"], "people": [{"name": "Ada"}, {"name": null}]}'
    assert read(text, ".json") == [
        Section("a.b: 1\ntags: 1, x\npeople: name: Ada\npeople: name: null")
    ]


def test_json_lines_are_a_line_each_and_what_is_not_json_stays_text() -> None:
    assert read('{"a": 1, "b": {"c": "x"}}\nnot json\n', ".jsonl") == [
        Section("a: 1; b.c: x\nnot json")
    ]
    assert read("{not json", ".json") == [Section("{not json")]
    assert read("[" * 50_000, ".json") == [Section("[" * 50_000)]


def test_xml_becomes_lines_of_paths_and_a_sentence_stays_whole() -> None:
    text = '<u:c xmlns:u="u"><b id="1"><t>One <i>two</i> three</t></b></u:c>'
    assert read(text, ".xml") == [Section("c.b@id: 1\nc.b.t: One two three")]
    assert read("<a>not closed", ".xml") == [Section("<a>not closed")]


def test_code_is_told_as_it_is() -> None:
    assert read("def f():\n    return 1\n", ".py") == [Section("def f():\n    return 1\n")]


RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 20
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 20


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Grüße", "utf-8"),
        ("Grüße", "utf-8-sig"),
        ("Grüße aus Köln", "utf-16"),
        ("Grüße aus Köln", "utf-16-le"),
        ("Grüße aus Köln", "utf-16-be"),
        ("Grüße aus Köln", "utf-32"),
        ("Grüße aus Köln, sie kosten 3 €", "cp1252"),
        ("Où est le café, à côté de l'hôtel ? " * 40, "latin-1"),
        (RUSSIAN, "cp1251"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
    ],
)
def test_text_is_read_in_any_encoding(text: str, encoding: str) -> None:
    assert read(text.encode(encoding), ".txt") == [Section(text)]


def test_a_page_and_an_xml_file_may_name_their_encoding() -> None:
    page = '<html><head><meta charset="iso-8859-7"></head><body>Καλημέρα</body></html>'
    assert read(page.encode("iso-8859-7"), ".html") == [Section("Καλημέρα")]
    xml = '<?xml version="1.0" encoding="koi8-r"?><a>Привет</a>'
    assert read(xml.encode("koi8-r"), ".xml") == [Section("a: Привет")]


@pytest.mark.parametrize(
    ("data", "suffix", "reason"),
    [
        (b"hello", ".docx", "The file is not a .docx file (its bytes say: nothing known)"),
        (made.pdf(), ".docx", "The file is not a .docx file (its bytes say: PDF)"),
        (made.pdf(), ".txt", "The file is not a .txt file (its bytes say: PDF)"),
        (made.docx(""), ".xlsx", "The file is not a .xlsx file (its bytes say: Word document)"),
        (made.docx(""), ".pdf", "The file is not a .pdf file (its bytes say: ZIP archive)"),
        (made.pdf(), ".png", "The file is not a .png file (its bytes say: PDF)"),
        (bytes(range(32)) * 100, ".txt", "The file is not text"),
        (
            (SAMPLES / "prices.xls").read_bytes(),
            ".doc",
            "The file is not a .doc file (its bytes say: Excel workbook)",
        ),
    ],
)
def test_a_wrong_suffix_is_told_with_what_the_bytes_say(
    data: bytes, suffix: str, reason: str
) -> None:
    with pytest.raises(UnreadableFile) as raised:
        read(data, suffix)
    assert raised.value.message == reason


@pytest.mark.parametrize("suffix", sorted(ACCEPTED))
def test_every_accepted_suffix_has_a_reader(suffix: str) -> None:
    assert callable(reader_of(suffix_of(f"A File{suffix.upper()}")))


def test_other_suffixes_are_not_supported() -> None:
    with pytest.raises(UnsupportedFile):
        suffix_of("program.exe")


@pytest.mark.parametrize("text", ["word " * 9_000, "line\n" * 9_000, "x" * 45_000, "short"])
def test_a_long_section_is_told_in_pieces_that_lose_nothing(text: str) -> None:
    pieces = list(in_pieces(Section(text, "Heading", "page 1")))
    assert "".join(piece.text for piece in pieces) == text
    assert all(len(piece.text) <= PIECE for piece in pieces)
    assert {(piece.heading, piece.place) for piece in pieces} == {("Heading", "page 1")}


def test_cells_keep_the_characters_that_mean_something_in_markdown() -> None:
    rows = made.cells(("Name", "Note"), ("## a | b", "*x* _y_ `z` [q](r) 1. c:\\d &lt;e&gt;"))
    assert read(made.xlsx(S=rows), ".xlsx") == [
        Section("Name: ## a | b; Note: *x* _y_ `z` [q](r) 1. c:\\d <e>", place="sheet S")
    ]


def test_a_line_break_in_a_paragraph_stays() -> None:
    body = "<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t></w:r></w:p><w:p><w:r><w:t>c</w:t></w:r></w:p>"
    assert read(made.docx(body), ".docx") == [Section("a\nb\nc")]


@pytest.mark.parametrize("suffix", [".txt", ".md", ".doc", ".pdf", ".html"])
def test_rtf_is_known_by_its_bytes_and_refused_by_any_name(suffix: str) -> None:
    with pytest.raises(UnreadableFile, match="The file is RTF, which is not read: save it as"):
        read(r"{\rtf1\ansi The lighthouse was painted {\b blue}.}", suffix)


def test_a_table_that_lays_a_page_out_is_read_through_and_each_word_once() -> None:
    inner = "<table><tr><th>Name<th>Price<tr><td>Ada<td>3</table>"
    page = f"<table><tr><td>Menu<td><h2>Prices</h2>{inner}</table><p>After"
    assert read(page, ".html") == [
        Section("Menu"),
        Section("Name: Ada; Price: 3\nAfter", "Prices"),
    ]
