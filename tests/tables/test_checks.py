"""The schemas that check tables are those of the models, made without libraries that no column needs."""

import subprocess
import sys

import pytest

from analysis.tables import schema


@pytest.mark.parametrize("table", schema.MODELS)
def test_every_table_is_checked_as_its_model_says(table):
    model, checks = schema.MODELS[table].to_schema(), schema.checks(table)
    assert list(checks.columns) == list(model.columns)
    for name, column in model.columns.items():
        ours = checks.columns[name]
        assert (str(ours.dtype), ours.checks, ours.nullable) == (
            str(column.dtype),
            column.checks,
            column.nullable,
        )
        assert (ours.coerce, ours.required, ours.unique) == (column.coerce, column.required, column.unique)
    for part in ("strict", "coerce", "ordered", "unique", "checks", "parsers", "name"):
        assert getattr(checks, part) == getattr(model, part)


def test_opening_a_study_imports_no_dask():
    code = (
        "import sys; from analysis.tables import example_study, open_study; open_study(example_study()); "
        "sys.exit('dask.dataframe' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
