"""Broken studies that cannot be written down as text: archives, databases, links, what is too large."""

import gzip
import json
import os
import zipfile

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

PLACES = "place_id,kind,parent_id\nD,district,\nC,community,D\nC2,community,D\n"
SPREADSHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>person_id</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>community_id</t></is></c></row>'
)
CASES = []  # of (name, builder, what is expected)
EXPANDS = "expands to far more than its size"


def case(code, says=(), **expected):
    """Take a function that fills a folder among the cases."""

    def taken(build):
        CASES.append(
            (build.__name__.replace("_", "-"), build, {"code": code, "says": list(says), **expected})
        )
        return build

    return taken


def places(folder):
    (folder / "places.csv").write_text(PLACES)


def settings(folder, text):
    places(folder)
    (folder / "study.toml").write_text(text)


def workbook(folder, sheet, texts=None):
    """Write people.xlsx with this XML in place of its sheet."""
    places(folder)
    file = folder / "people.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["person_id", "community_id"])
    book.save(folder / "sound.zip")
    with (
        zipfile.ZipFile(folder / "sound.zip") as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name == "xl/worksheets/sheet1.xml":
                new.writestr(name, f'<?xml version="1.0"?><worksheet {SPREADSHEET}>{sheet}</worksheet>')
            else:
                new.writestr(name, old.read(name))
        if texts:
            new.writestr("xl/sharedStrings.xml", f'<?xml version="1.0"?><sst {SPREADSHEET}>{texts}</sst>')
    (folder / "sound.zip").unlink()


def database(folder, *statements):
    settings(folder, '[tables.people]\npath = "log.duckdb"\ntable = "people"\n')
    with duckdb.connect(str(folder / "log.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


@case(2, ["study.toml is too large", "Keep settings in it"])
def study_toml_of_two_megabytes(folder):
    settings(folder, "# " + "x" * (2 << 20))


@case(2, ["study.toml is not valid TOML"])
def study_toml_nested_ten_thousand_deep(folder):
    settings(folder, "x = " + "[" * 10_000 + "]" * 10_000)


@case(2, ["study.toml is not UTF-8 text", "Save the file again"])
def study_toml_in_another_encoding(folder):
    places(folder)
    (folder / "study.toml").write_bytes('[study]\nname = "社区"\n'.encode("gb18030"))


@case(2, ["study.toml is no file"])
def study_toml_is_a_folder(folder):
    places(folder)
    (folder / "study.toml").mkdir()


@case(2, ["study.toml is no file"])
def study_toml_is_a_pipe(folder):
    places(folder)
    os.mkfifo(folder / "study.toml")


@case(2, ["lies outside the study folder"], never=["root:"])
def study_toml_leads_elsewhere(folder):
    places(folder)
    (folder / "study.toml").symlink_to("/etc/passwd")


@case(2, ["lies outside the study folder"], never=["root:"])
def procedures_lead_elsewhere(folder):
    places(folder)
    (folder / "procedures.toml").symlink_to("/etc/passwd")


@case(2, ["unreadable procedures", "not valid TOML"])
def procedures_nested_ten_thousand_deep(folder):
    places(folder)
    (folder / "procedures.toml").write_text("x = " + "{a=" * 10_000)


@case(2, ["lies outside the study folder", "people.csv"], never=["root:"])
def table_leads_elsewhere(folder):
    places(folder)
    (folder / "people.csv").symlink_to("/etc/passwd")


@case(2, ["lies outside the study folder"], never=["root:"])
def folder_of_a_table_leads_elsewhere(folder):
    settings(folder, '[tables.people]\npath = "data/passwd.csv"\n')
    (folder / "data").symlink_to("/etc")


@case(2, ["a file of the study is none", "people.csv"])
def table_leads_to_itself(folder):
    settings(folder, '[tables.people]\npath = "people.csv"\n')
    (folder / "people.csv").symlink_to("people.csv")


@case(0, ["The study can be used"], arguments=["--also-read", "{outside}", "check", "."])
def table_leads_to_a_folder_that_is_allowed(folder):
    outside = folder.with_name(folder.name + "-outside")
    outside.mkdir()
    (outside / "people.csv").write_text("person_id,community_id\na,C\n")
    settings(folder, f'[tables.people]\npath = "{outside}/people.csv"\n')


@case(2, ["The file of the table 'people' is missing"])
def folder_in_place_of_a_table(folder):
    places(folder)
    (folder / "people.csv").mkdir()


@case(2, ["The file of the table 'people' is missing"])
def pipe_in_place_of_a_table(folder):
    places(folder)
    os.mkfifo(folder / "people.csv")


@case(2, ["The table 'people' has too many columns", "20,000"])
def twenty_thousand_columns(folder):
    places(folder)
    head = ",".join(["person_id", "community_id", *map(str, range(19_998))])
    (folder / "people.csv").write_text(f"{head}\n{'a,' * 19_999}a\n")


@case(2, ["too many columns"])
def records_of_ever_new_keys(folder):
    places(folder)
    rows = ("".join(f'"k{n}_{m}": 1, ' for m in range(100)) for n in range(1_000))
    (folder / "people.jsonl").write_text("".join(f"{{{row[:-2]}}}\n" for row in rows))


@case(0, aside=["people cell too long 1"])
def cell_of_ten_megabytes(folder):
    settings(folder, "[study]\nmax_set_aside = 1\n")
    (folder / "people.csv").write_text(f"person_id,community_id\n{'a' * 10_000_000},C\nb,C\n")


@case(0, ["The study can be used"])
def identifier_of_ten_thousand_letters(folder):
    places(folder)
    (folder / "people.csv").write_text(f"person_id,community_id\n{'a' * 10_000},C\nb,C\n")


@case(2, ["The table 'people' is not a readable CSV file"])
def line_without_an_end(folder):
    places(folder)
    (folder / "people.csv").write_text("person_id,community_id\n" + "a" * 40_000_000)


@case(2, ["A line of the table 'people' is too long"])
def record_without_an_end(folder):
    places(folder)
    (folder / "people.jsonl").write_text('{"person_id": "' + "a" * 40_000_000)


@case(0, aside=["people not a record 2"])
def record_nested_ten_thousand_deep(folder):
    settings(folder, "[study]\nmax_set_aside = 1\n")
    deep = '{"a":' * 100_000
    number = "9" * 5_000
    good = json.dumps({"person_id": "a", "community_id": "C"})
    (folder / "people.jsonl").write_text(f'{good}\n{deep}\n{{"person_id": {number}}}\n')


@case(2, ["The file of the table 'people' cannot be read", "copy it again"])
def compressed_text_cut_short(folder):
    places(folder)
    rows = "".join(f"p{n * 7919 % 10007},C\n" for n in range(20_000))
    whole = gzip.compress(f"person_id,community_id\n{rows}".encode())
    (folder / "people.csv.gz").write_bytes(whole[: len(whole) // 2])


def _compressed(folder, head, block, times, name="people.csv.gz"):
    places(folder)
    with gzip.open(folder / name, "wb", compresslevel=9) as file:
        file.write(head)
        for _ in range(times):
            file.write(block)


@case(2, ["people.csv.gz"])
def compressed_zeros(folder):
    _compressed(folder, b"person_id,community_id\n", bytes(1 << 22), 100)


@case(2, [EXPANDS, "GONGZHI_MAX_EXPANDED=20"])
def compressed_rows_without_number(folder):
    _compressed(folder, b"person_id,community_id\n", b"a,C\n" * (1 << 20), 100)


@case(2, [EXPANDS])
def compressed_line_ends(folder):
    _compressed(folder, b"person_id,community_id\n", b"\n" * (1 << 22), 100)


@case(2, [EXPANDS])
def compressed_records_without_number(folder):
    _compressed(folder, b"", b"{}\n" * (1 << 20), 100, "people.jsonl.gz")
    (folder / "study.toml").write_text('[tables.people]\npath = "people.jsonl.gz"\n')


@case(2, ["is no number", "GONGZHI_MAX_EXPANDED: a lot"], environment={"GONGZHI_MAX_EXPANDED": "a lot"})
def limit_that_is_no_number(folder):
    places(folder)
    (folder / "people.csv").write_text("person_id,community_id\na,C\n")


@case(2, ["The table 'people' is not a readable Excel sheet"])
def workbook_cut_short(folder):
    workbook(folder, f"<sheetData>{HEAD}</sheetData>")
    whole = (folder / "people.xlsx").read_bytes()
    (folder / "people.xlsx").write_bytes(whole[: len(whole) // 2])


@case(2, ["The table 'people' is not a readable Excel sheet"])
def archive_in_place_of_a_workbook(folder):
    places(folder)
    with zipfile.ZipFile(folder / "people.xlsx", "w") as archive:
        archive.writestr("../../evil.txt", "x")


@case(2, ["The table 'people' is not a readable Excel sheet", "Name the sheet"])
def sheet_that_is_not_there(folder):
    workbook(folder, f"<sheetData>{HEAD}</sheetData>")
    (folder / "study.toml").write_text('[tables.people]\npath = "people.xlsx"\nsheet = "名单"\n')


@case(2, ["The sheet of the table 'people' is empty"])
def sheet_without_a_cell(folder):
    workbook(folder, "<sheetData/>")


@case(2, [EXPANDS])
def workbook_of_blanks(folder):
    workbook(folder, f"<sheetData>{HEAD}</sheetData>" + " " * 200_000_000)


@case(2, ["spans far more cells than it holds", "1,048,576 rows, 16,384 columns"])
def sheet_with_a_cell_in_its_last_corner(folder):
    workbook(folder, f'<sheetData>{HEAD}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')


@case(2, ["spans far more cells than it holds"])
def sheet_of_a_billion_columns(folder):
    row = '<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>'
    workbook(folder, f'<dimension ref="A1:ZZZZZZ1"/><sheetData>{HEAD}{row}</sheetData>')


@case(2, ["spans far more cells than it holds"])
def sheet_with_a_column_of_thirty_letters(folder):
    workbook(folder, f'<sheetData>{HEAD}<row r="2"><c r="C{"N" * 29}2"><v>1</v></c></row></sheetData>')


@case(2, ["spans far more cells than it holds"])
def sheet_with_a_row_named_like_a_cell(folder):
    workbook(folder, f'<sheetData>{HEAD}<row r="ZZZ99999992"><c rA="D2"><v>1</v></c></row></sheetData>')


@case(0, ["The study can be used"])
def sheet_that_declares_what_it_does_not_hold(folder):
    row = '<row r="2"><c r="A2" t="str"><v>a</v></c><c r="B2" t="str"><v>C</v></c></row>'
    workbook(folder, f'<dimension ref="A1:XFD1048576"/><sheetData>{HEAD}{row}</sheetData>')


@case(2, ["spans far more cells than it holds"])
def areas_merged_over_and_over(folder):
    rows = "".join(f'<row r="{n}"><c r="B{n}"><v>1</v></c></row>' for n in range(2, 1_000))
    merged = '<mergeCell ref="A2:XFD1048576"/>' * 20_000
    workbook(folder, f'<sheetData>{HEAD}{rows}</sheetData><mergeCells count="1">{merged}</mergeCells>')


@case(2, [EXPANDS])
def one_long_text_in_every_cell(folder):
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, 50_000))
    workbook(folder, f"<sheetData>{HEAD}{rows}</sheetData>", f"<si><t>{'a' * 1_000_000}</t></si>")


@case(2, ["The table 'people' is not a readable Parquet file"])
def parquet_cut_short(folder):
    places(folder)
    pq.write_table(pa.table({"person_id": ["a", "b"], "community_id": ["C", "C"]}), folder / "people.parquet")
    whole = (folder / "people.parquet").read_bytes()
    (folder / "people.parquet").write_bytes(whole[: len(whole) // 2])


@case(2, [EXPANDS])
def parquet_of_one_value_without_end(folder):
    places(folder)
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), ["a"])
    table = pa.table({"person_id": column, "community_id": column})
    with pq.ParquetWriter(folder / "people.parquet", table.schema) as writer:
        for _ in range(100):
            writer.write_table(table)


@case(2, ["The table 'people' is not a readable Parquet file"])
def parquet_of_bytes_that_are_no_text(folder):
    places(folder)
    table = pa.table({"person_id": pa.array([b"\xff\xfe", b"a"], pa.binary()), "community_id": ["C", "C"]})
    pq.write_table(table, folder / "people.parquet")


@case(0, ["The study can be used"])
def parquet_with_notes_that_mislead(folder):
    places(folder)
    table = pa.table({"person_id": ["a", "b"], "community_id": ["C", "C"]})
    table = table.replace_schema_metadata({"pandas": '{"index_columns": [{"kind": "ranee"}], "columns": 3}'})
    pq.write_table(table, folder / "people.parquet")


@case(0, ["people"])
def parquet_of_lists_and_records(folder):
    settings(folder, "[study]\nmax_set_aside = 1\n")
    table = pa.table({"person_id": [["a"], ["b"]], "community_id": [{"x": 1}, {"x": 2}]})
    pq.write_table(table, folder / "people.parquet")


@case(0, ["The study can be used"])
def sql_in_the_names_of_columns(folder):
    name = 'x"; DROP TABLE people; --'
    database(folder, "CREATE TABLE people (person_id VARCHAR, community_id VARCHAR)",
             "INSERT INTO people VALUES ('a', 'C')",
             'ALTER TABLE people ADD COLUMN "' + name.replace('"', '""') + '" VARCHAR')  # fmt: skip
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(f"{text}columns = {{ unit_id = {json.dumps(name)} }}\n")


@case(2, ["has no such table or view", "people; DROP TABLE people"])
def sql_in_the_name_of_a_table(folder):
    database(folder, "CREATE TABLE people (person_id VARCHAR, community_id VARCHAR)")
    settings(folder, '[tables.people]\npath = "log.duckdb"\ntable = "people; DROP TABLE people"\n')


@case(2, ["cannot be read from its DuckDB file", "Store what the view shows"], never=["root:"])
def view_that_reads_another_file(folder):
    database(folder, "CREATE VIEW people AS SELECT content AS person_id, 'C' AS community_id "
             "FROM read_text('/etc/passwd')")  # fmt: skip


@case(2, [EXPANDS])
def view_without_end(folder):
    database(folder, "CREATE VIEW people AS SELECT 'a' AS person_id, 'C' AS community_id "
             "FROM range(1000000000000)")  # fmt: skip


@case(2, ["not a readable DuckDB file"])
def database_cut_short(folder):
    database(
        folder, "CREATE TABLE people AS SELECT range AS person_id, 'C' AS community_id FROM range(100000)"
    )
    whole = (folder / "log.duckdb").read_bytes()
    (folder / "log.duckdb").write_bytes(whole[:6_000])
