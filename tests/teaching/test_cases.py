"""Every case: its files agree, the student copy gives nothing away, both languages say as much."""

import re
import tomllib

import nbformat
import pytest

from analysis.errors import AnalysisError
from analysis.teaching import list_cases, read_case, reveal, seal, solution_copy, student_copy
from analysis.teaching.case import slugs
from analysis.teaching.copies import FINAL, marks, master
from analysis.teaching.grading.marking import questions
from analysis.teaching.notes import notes
from analysis.teaching.worlds import draw_world

CASES = slugs()
MARKS = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")


def test_there_are_cases_and_each_notebook_has_its_texts(repository):
    assert "burden_reduction" in CASES
    files = [path.stem.split("_", 1)[1] for path in sorted((repository / "notebooks/cases").glob("*.ipynb"))]
    assert files == [case.slug for case in list_cases()]


@pytest.mark.parametrize("slug", CASES)
def test_master_follows_the_conventions(slug):
    notebook = master(read_case(slug))
    ids = [marks(cell)["grade_id"] for cell in notebook.cells if marks(cell)]
    assert len(ids) == len(set(ids))
    assert ids[-1] == FINAL
    for cell in notebook.cells:
        given = marks(cell)
        if given:
            assert given["schema_version"] == 3
            assert {"grade", "solution", "locked", "task", "cell_type"} <= set(given)
            assert given["cell_type"] == cell.cell_type
            assert ("points" in given) == given["grade"]
        has = {match[1] for match in MARKS.findall(cell.source)}
        if cell.cell_type == "code":
            test = bool(given.get("grade")) and not given.get("solution")
            wanted = {"SOLUTION"} if given.get("solution") else {"HIDDEN TESTS"} if test else set()
            assert has == wanted, cell.source
    first = next(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert "from analysis.teaching import check, open_case, reveal\n" in first
    assert f'study = open_case("{slug}")' in first


@pytest.mark.parametrize("slug", CASES)
def test_every_question_is_checked_or_read(slug):
    case, asked = read_case(slug), questions(slug)
    assert 6 <= len(asked) <= 10
    assert [q.name for q in asked] == [f"q{i}" for i in range(1, len(asked) + 1)]
    assert {q.name for q in asked if not q.by_hand} == set(case.checks)
    assert any(q.by_hand for q in asked)
    for question in asked:
        assert set(question.title) == {"en", "zh"}
        assert question.points > 0


@pytest.mark.parametrize("slug", CASES)
def test_both_languages_stand_in_pairs(slug):
    tags = [
        cell.metadata["tags"]
        for cell in master(read_case(slug)).cells
        if cell.cell_type == "markdown" and not marks(cell)
    ]
    assert tags == [["en"], ["zh"]] * (len(tags) // 2)
    data = read_case(slug).data
    for name in ("aims", "pitfalls", "discussion", "extensions"):
        assert len(data["notes"]["en"][name]) == len(data["notes"]["zh"][name]) > 0
    for text in walk(data):
        if "en" in text and "zh" in text and isinstance(text["en"], str):
            assert text["en"].strip()
            assert text["zh"].strip()
    assert re.search("[\u4e00-\u9fff]", notes(slug, "zh"))
    assert read_case(slug).text("title", "en") in notes(slug, "en")


def walk(value):
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


@pytest.mark.parametrize("slug", CASES)
@pytest.mark.parametrize("language", [None, "en", "zh"])
def test_student_copy_holds_no_solution(slug, language, tmp_path):
    copy = nbformat.read(student_copy(slug, tmp_path, language), as_version=4)
    nbformat.validate(copy)
    everything = "\n".join(cell.source for cell in copy.cells)
    assert "reveal" not in everything
    assert ".require()" not in everything
    assert not MARKS.search(everything)
    assert "sealed" not in everything
    shown = {line.strip() for cell in copy.cells for line in cell.source.splitlines()}
    searched = 0
    for line in solution_lines(slug):
        searched += 1
        assert line not in shown, line
    assert searched >= len(questions(slug))
    assert not any(cell.get("outputs") for cell in copy.cells)
    tags = {tag for cell in copy.cells for tag in cell.metadata.get("tags", ())}
    assert tags == ({language} if language else {"en", "zh"})


def solution_lines(slug):
    """Every line between solution marks, and of model answers, that says something."""
    for cell in master(read_case(slug)).cells:
        if marks(cell).get("solution"):
            for line in cell.source.splitlines():
                says = not re.fullmatch(r"[\s)\]}]*|\s*(with|for|else|if)\b.*:", line)
                if line.strip() and says and not MARKS.search(line):
                    yield line.strip()


@pytest.mark.parametrize("slug", CASES)
def test_shared_cells_do_not_lean_on_solutions(slug, tmp_path):
    """A name that only a solution makes must not be used in a cell that stays (q1, q2, ... aside)."""
    import ast

    made = {"check", "reveal", "open_case", "display", "get_ipython", *dir(__builtins__), *__builtins__}
    for cell in nbformat.read(student_copy(slug, tmp_path), as_version=4).cells:
        if cell.cell_type != "code":
            continue
        nodes = list(ast.walk(ast.parse(cell.source)))
        made |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        made |= {(a.asname or a.name).split(".")[0] for n in nodes
                 if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}  # fmt: skip
        used = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        assert used <= made, (used - made, cell.source)


@pytest.mark.parametrize("slug", CASES)
def test_solution_copy_keeps_answers_and_loses_marks(slug, tmp_path):
    copy = nbformat.read(solution_copy(slug, tmp_path), as_version=4)
    everything = "\n".join(cell.source for cell in copy.cells)
    assert all(line in everything for line in solution_lines(slug))
    assert f'reveal("{slug}")' in everything
    assert not MARKS.search(everything)


@pytest.mark.parametrize("slug", CASES)
def test_checks_hold_no_answers(slug):
    case = read_case(slug)
    for question, rule in case.checks.items():
        assert ("answer" in rule) != ("sealed" in rule)
        for one in (rule, *rule.get("mistakes", ())):
            assert set(one) <= {"answer", "sealed", "choices", "tolerance", "en", "zh", "mistakes", "right"}
            if "answer" in one:
                assert callable(case.function(one["answer"]))
        if "sealed" in rule:
            known = {seal(slug, question, choice) for choice in rule["choices"]}
            assert {rule["sealed"], *(m["sealed"] for m in rule.get("mistakes", ()))} <= known
            assert rule["sealed"] not in [m["sealed"] for m in rule.get("mistakes", ())]


def test_words_come_in_both_languages(repository):
    words = tomllib.loads((repository / "src/analysis/teaching/words.toml").read_text(encoding="utf-8"))
    assert words
    for name, texts in words.items():
        assert set(texts) == {"en", "zh"}, name
        assert set(re.findall(r"{\w+}", texts["en"])) == set(re.findall(r"{\w+}", texts["zh"])), name


def test_a_world_is_the_same_each_time_and_the_truth_is_shown_at_the_end():
    case = read_case("burden_reduction")
    one, two = draw_world(case), draw_world(case)
    assert one.truth == two.truth
    for table, frame in one.frames.items():
        assert frame.equals(two.frames[table])
    assert set(one.frames["reforms"]["reform"]) == {"burden_reduction"}
    assert set(one.frames["outcomes"]["measure"]) == {"satisfaction"}
    shown = reveal("burden_reduction", "en")
    effect = one.truth["reforms"]["burden_reduction"]["effects"]["satisfaction"]["att_overall"]
    assert shown.table.iloc[0, 1] == effect
    assert "rising" in shown.text
    assert "上升" in reveal("burden_reduction", "zh").text


def test_what_cannot_be_had_is_said(tmp_path):
    with pytest.raises(AnalysisError, match="no case of this name"):
        read_case("nothing")
    with pytest.raises(AnalysisError, match="not written in this language"):
        student_copy("burden_reduction", tmp_path, "fr")
    student_copy("burden_reduction", tmp_path)
    with pytest.raises(AnalysisError, match="there already"):
        student_copy("burden_reduction", tmp_path)
