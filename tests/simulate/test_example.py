"""The example study in data/examples is what its seed gives."""

from __future__ import annotations

import gzip
from pathlib import Path

from analysis.simulate import simulate_city, write_city

EXAMPLE = Path(__file__).parents[2] / "data" / "examples" / "small-city"


def content(folder):
    """Bytes of every file; compressed ones unpacked, since compressors differ between Python builds."""
    return {
        file.name: gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for file in folder.iterdir()
    }


def test_the_example_is_what_its_seed_gives(tmp_path):
    made = content(write_city(simulate_city(districts=2, communities=4, months=24, seed=7), tmp_path))
    kept = content(EXAMPLE)
    assert set(made) <= set(kept)  # a descriptor may lie beside the tables
    different = [name for name in made if made[name] != kept[name]]
    assert different == []


def test_the_example_is_small():
    assert sum(file.stat().st_size for file in EXAMPLE.iterdir()) < 900_000
