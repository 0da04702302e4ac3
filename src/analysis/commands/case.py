"""gongzhi case: teaching cases, from the list to a graded class."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK, SOME_FAILED


def show_list(options: argparse.Namespace) -> int:
    """Print the cases with their time and what they are about."""
    from analysis.teaching import list_cases

    for case in list_cases():
        print(f"{case.slug}  ({case.minutes} min)")
        for language in _languages(options):
            print(f"    {case.text('title', language)} — {case.text('about', language)}")
    return OK


def write_student(options: argparse.Namespace) -> int:
    """Write the student's notebook."""
    from analysis.teaching import student_copy

    print(student_copy(options.case, options.out, options.language))
    return OK


def write_solution(options: argparse.Namespace) -> int:
    """Write the notebook with the answers."""
    from analysis.teaching import solution_copy

    print(solution_copy(options.case, options.out, options.language))
    return OK


def show_notes(options: argparse.Namespace) -> int:
    """Print the notes for the teacher."""
    from analysis.teaching.notes import notes

    print("\n\n".join(notes(options.case, language) for language in _languages(options)))
    return OK


def check(options: argparse.Namespace) -> int:
    """Print what one submission would get."""
    from analysis.teaching import check_file

    result = check_file(options.file, _limits(options))
    for question, points in result.points.items():
        hint = result.hints.get(question)
        said = "read by a teacher" if hint is None else "; ".join(hint[k] for k in _languages(options))
        print(f"{question}  {'-' if points is None else format(points, 'g')}  {said}")
    print(*result.errors, f"{result.total:g} points; {result.status}; {result.isolation}", sep="\n")
    return OK if result.status == "finished" else SOME_FAILED


def grade(options: argparse.Namespace) -> int:
    """Grade a class."""
    from analysis.teaching import grade_folder

    results = grade_folder(
        options.folder,
        options.out,
        limits=_limits(options),
        language=options.language,
        tell=lambda one: print(f"{one.student}  {one.total:g} points; {one.status}", flush=True),
    )
    print(options.out / "points.csv")
    return OK if all(result.status == "finished" for result in results) else SOME_FAILED


def _languages(options: argparse.Namespace) -> list[str]:
    return [options.language] if options.language else ["en", "zh"]


def _limits(options: argparse.Namespace):
    from analysis.teaching.grading.sandbox import Limits

    return Limits(seconds=options.seconds, memory_mb=options.memory)


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("case", help="teaching cases: hand out, check, grade")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, run, words in (
        ("list", show_list, "the cases and how long they take"),
        ("student", write_student, "write the notebook for students"),
        ("solution", write_solution, "write the notebook with the answers"),
        ("notes", show_notes, "aims, time, pitfalls, discussion, extensions"),
        ("check", check, "what one submission would get"),
        ("grade", grade, "points and feedback for a folder of submissions"),
    ):
        action = actions.add_parser(name, help=words)
        if name in ("student", "solution", "notes"):
            action.add_argument("case", metavar="CASE", help="name of the case, as `case list` gives it")
        if name in ("student", "solution"):
            action.add_argument("out", type=Path, metavar="OUT", help="folder, or file ending in .ipynb")
        if name == "check":
            action.add_argument("file", type=Path, metavar="FILE", help="a student's notebook")
        if name == "grade":
            action.add_argument(
                "folder", type=Path, metavar="FOLDER", help="a notebook or folder per student"
            )
            action.add_argument("--out", type=Path, required=True, help="folder for points and pages")
        if name in ("check", "grade"):
            action.add_argument("--seconds", type=int, default=180, help="of processor time, each")
            action.add_argument("--memory", type=int, default=6144, help="megabytes, each")
        action.add_argument("--language", choices=("en", "zh"), help="only this one; both by default")
        action.set_defaults(run=run)
