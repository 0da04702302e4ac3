"""Write a synthetic city as a study folder."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.files import replacing_folder
from analysis.simulate.city import City
from analysis.tables import schema

COMPRESSED = ("interactions", "votes")
CONFIG = "study.toml"
TRUTH = "truth.json"  # a folder that holds it was written here before


def write_city(city: City, out: str | Path) -> Path:
    """Write study.toml, one CSV file per table (interactions and votes compressed) and truth.json.

    The folder appears only when it is whole; the same city always gives the same bytes.

    Parameters
    ----------
    city : City
    out : path
        A new or empty folder, or one written by this function before, which is replaced.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    AnalysisError
        If `out` is a file, a folder with something else in it, or cannot be written.
    """
    out = Path(out)
    _check_folder(out)
    config = f'[study]\nname = "{city.name}"\nname_zh = "{city.name_zh}"\nperiod = "month"\n'
    truth = json.dumps(city.truth, indent=1, ensure_ascii=False) + "\n"
    try:
        with replacing_folder(out) as folder:
            for table, frame in city.frames.items():
                _write(folder / _file(table), _csv(frame))
            _write(folder / TRUTH, truth.encode())
            _write(folder / CONFIG, config.encode())
    except OSError as error:
        raise AnalysisError(
            "The study folder cannot be written.",
            where=str(out),
            value=error.strerror,
            mend="Choose a folder that you may write to, on a disk with room.",
        ) from error
    return out


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        value = "a file"
    elif out.is_dir() and (other := _others(out)):
        value = f"a folder with other files in it: {other}"
    else:
        return
    raise AnalysisError(
        "A synthetic city is written into a folder of its own.",
        where=str(out),
        value=value,
        expected="a new or empty folder, or one with an earlier synthetic city",
        mend="Name another folder.",
    )


def _others(out: Path) -> str:
    """Return the names of files that no synthetic city has, or of all if it has no truth."""
    ours = {TRUTH, CONFIG, "datapackage.json", *(_file(table) for table in schema.MODELS)}
    names = sorted(path.name for path in out.iterdir())
    others = [name for name in names if name not in ours or TRUTH not in names]
    return ", ".join(others[:3]) + (" …" if len(others) > 3 else "")


def _file(table: str) -> str:
    return f"{table}.csv.gz" if table in COMPRESSED else f"{table}.csv"


def _csv(frame: pd.DataFrame) -> bytes:
    """Return the table as CSV: dates as 2021-03-07, times as 2021-03-07 14:30:00, flags as true and false."""
    columns = {}
    for name, values in frame.items():
        if values.dtype == "datetime64[ns]" and len(values):
            unit = "s" if name == "time" else "D"
            text = np.char.replace(np.datetime_as_string(values.to_numpy(), unit=unit), "T", " ")
            values = pd.Series(text, index=values.index).mask(values.isna())
        elif values.dtype == "boolean":
            values = values.map({True: "true", False: "false"})
        columns[name] = values
    return pd.DataFrame(columns).to_csv(index=False, lineterminator="\n").encode()


def _write(file: Path, content: bytes) -> None:
    if file.suffix == ".gz":
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=packed, mtime=0) as stream:
            stream.write(content)
        content = packed.getvalue()
    file.write_bytes(content)
