"""The shape of the project: layers, dependencies, notebooks and texts stay as they are meant to be."""

import ast
import re
import subprocess
import sys
import tomllib

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

LAYERS = [
    {"errors"}, {"files"}, {"privacy"}, {"tables"}, {"large"},
    {"networks", "processes", "burden", "outcomes", "coverage", "simulate"}, {"adoption"}, {"panel"},
    {"index", "effects"}, {"display"}, {"reporting", "teaching", "intake"}, {"publishing"},
    {"commands"}, {"cli"},
]  # fmt: skip
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
INSTALL_NAMES = {
    "pylopdf_fonts_zh_cn": "pylopdf-fonts-zh-cn", "diff_diff": "diff-diff", "IPython": "ipykernel",
    "jupyter_client": "ipykernel", "psutil": "ipykernel", "zmq": "ipykernel", "tornado": "ipykernel",
    "nbclient": "papermill",
    "nbformat": "papermill", "traitlets": "ipykernel", "scipy": "scipy", "docx": "python-docx",
    "pypandoc": "pypandoc-binary", "PIL": "matplotlib", "fontTools": "matplotlib", "lxml": "python-docx",
    "stdnum": "python-stdnum", "adbc_driver_manager": "adbc-driver-postgresql",
}  # fmt: skip
# needed, but not imported in src: an application, engines that pandas and Jupyter load, a yardstick in tests
USED_BY_PEOPLE = {"jupyterlab", "python-calamine", "ipykernel", "statsmodels"}


def modules(repository):
    for file in sorted((repository / "src" / "analysis").rglob("*.py")):
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            inside = node.module.split(".")[0] == "analysis"
            yield from (f"{node.module}.{alias.name}" if inside else node.module for alias in node.names)


def test_a_module_imports_only_from_its_left(repository):
    checked = 0
    for file, tree in modules(repository):
        parts = file.relative_to(repository / "src" / "analysis").with_suffix("").parts
        if parts[0] in ("__init__", "__main__"):
            continue
        for name in imported(tree):
            target = name.split(".")[1] if name.startswith("analysis.") else None
            if target not in RANK or target == parts[0]:
                continue
            checked += 1
            assert RANK[target] < RANK[parts[0]], f"{file.name} ({parts[0]}) imports {name}"
            if parts[0] == "simulate":
                assert target in ("errors", "files", "tables"), f"{file.name}: simulate sees {name}"
            if parts[0] == "effects":
                allowed = target == "errors" or name.startswith("analysis.tables.periods")
                assert allowed, f"{file.name}: effects knows no study and no graph, not {name}"
    assert checked > 50


def test_every_package_has_a_place_in_the_layers(repository):
    found = {p.stem for p in (repository / "src" / "analysis").iterdir() if not p.name.startswith("_")}
    assert found <= set(RANK), f"give {found - set(RANK)} a place in LAYERS"


def test_modules_hold_one_idea(repository):
    long = {f.name: n for f, _ in modules(repository) if (n := len(f.read_text().splitlines())) > 350}
    assert not long


def test_import_is_light():
    heavy = (
        "numba",
        "matplotlib",
        "statsmodels",
        "pyfixest",
        "diff_diff",
        "papermill",
        "pandera",
        "networkx",
        "scipy",
    )
    code = f"import sys, analysis, analysis.cli; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_public_names_are_there():
    import analysis

    for name in analysis.__all__:
        assert getattr(analysis, name) is not None
    with pytest.raises(AttributeError):
        analysis.no_such_name  # noqa: B018


def test_dependencies_lock_and_environment_agree(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    lock = (repository / "requirements.lock").read_text()
    pinned = dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", lock, re.M))
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.match(r"[A-Za-z0-9-]+", text).group().lower() for text in declared}
    assert names <= set(pinned)
    for text in project["dependencies"]:
        if "==" in text:
            name, version = text.split("==")
            assert pinned[name] == version
    blocks = re.split(r"\n(?=[a-z0-9])", lock.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock
    environment = (repository / "environment.yml").read_text()
    assert "requirements.lock" in environment
    assert "--editable ." in environment
    assert f"python{project['requires-python']}" in environment


def test_every_dependency_is_used_and_every_import_declared(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"].get("privacy", [])  # imported where noise is asked for
    declared = {re.match(r"[A-Za-z0-9-]+", t).group().lower() for t in (*project["dependencies"], *optional)}
    used = set()
    for _, tree in modules(repository):
        for name in imported(tree):
            top = name.split(".")[0]
            if top != "analysis" and top not in sys.stdlib_module_names:
                used.add(INSTALL_NAMES.get(top, top.replace("_", "-").lower()))
    assert used <= declared, f"declare {used - declared} in pyproject.toml"
    assert declared - used <= USED_BY_PEOPLE, f"not used: {declared - used - USED_BY_PEOPLE}"


def test_notebooks_are_thin_and_hold_no_outputs(repository):
    notebooks = list((repository / "notebooks").rglob("*.ipynb"))
    assert notebooks
    for path in notebooks:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                assert not cell.outputs, path
                assert cell.execution_count is None, path
                source = TransformerManager().transform_cell(cell.source)  # %load_ext and the like
                kinds = {type(node) for node in ast.walk(ast.parse(source))}
                assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.Lambda}, path
                assert len(cell.source.splitlines()) <= 15, path


def test_nothing_tracked_names_a_host_or_a_path_of_one_machine(repository):
    files = subprocess.run(["git", "ls-files"], cwd=repository, capture_output=True, text=True).stdout.split()
    if not files:
        pytest.skip("not a git checkout")
    machine = re.compile("/(wo" + "rk|fa" + "rm|ro" + "ot|o" + "pt)/|py" + "pi.org/simple")
    for name in files:
        path = repository / name
        if path.suffix in (".py", ".md", ".toml", ".yml", ".ipynb", ".lock", "") and path.is_file():
            assert not machine.search(path.read_text(encoding="utf-8")), name
