"""The compiled kernels and their numpy and scipy stand-ins give the same, and work without a cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.networks import build_ties, indicators
from analysis.networks.kernels import build_scipy, engine, kernels_numba, kernels_scipy

sys.path.insert(0, str(Path(__file__).parent))
from logs import LEVELS, random_log, random_people

TABLE = """
import pandas as pd
from analysis.networks import build_ties, indicators
log = pd.DataFrame({"time": pd.Timestamp("2021-01-01"), "community_id": "C", "kind": "help",
                    "source_id": ["a", "b", "c"], "target_id": ["b", "c", "a"]})
print(indicators(build_ties(log), names="transitivity")["value"].tolist())
"""

ORDER = """
import numpy as np
from analysis.networks.kernels import kernels_numba
print(kernels_numba.counting_order(np.array([1, 0, 1], dtype=np.int32), 2).tolist())
"""


def csr(graph):
    graph = nx.convert_node_labels_to_integers(graph)
    rows = [sorted(graph[v]) for v in range(len(graph))]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    indices = np.array([v for row in rows for v in row], dtype=np.int32)
    mirror = np.argsort(indices, kind="stable")
    return graph, indptr, indices, mirror


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 90), p=st.sampled_from([0, 0.02, 0.1, 0.5, 1]), seed=st.integers(0, 999))
@pytest.mark.parametrize("module", [kernels_numba, kernels_scipy])
def test_common_neighbours_and_components_equal_networkx(module, n, p, seed):
    graph, indptr, indices, mirror = csr(nx.gnp_random_graph(n, p, seed=seed))
    found = module.common_neighbours(np.array([0, n]), indptr, indices, mirror)
    pairs = [(u, v) for u in range(n) for v in sorted(graph[u])]
    assert found.tolist() == [len(list(nx.common_neighbors(graph, u, v))) for u, v in pairs]
    root = module.components(indptr, indices)
    assert root.tolist() == [min(nx.node_connected_component(graph, v)) for v in range(n)]


def test_dense_and_sparse_blocks_side_by_side_take_different_ways_to_the_same_counts():
    dense, sparse = nx.complete_graph(300), nx.gnp_random_graph(200, 0.02, seed=1)
    _, indptr, indices, mirror = csr(nx.disjoint_union(dense, sparse))
    blocks = np.array([0, 300, 500])
    found = kernels_numba.common_neighbours(blocks, indptr, indices, mirror)
    assert (found[: 300 * 299] == 298).all()
    assert found.tolist() == kernels_scipy.common_neighbours(blocks, indptr, indices, mirror).tolist()


def test_counting_orders_agree():
    keys = np.random.default_rng(3).integers(0, 7, 500).astype(np.int32)
    expected = np.argsort(keys, kind="stable").tolist()
    assert kernels_numba.counting_order(keys, 7).tolist() == expected
    assert kernels_scipy.counting_order(keys, 7).tolist() == expected


def test_the_table_without_numba_is_the_same(monkeypatch):
    ties = build_ties(random_log(5, 300, 30), tree=LEVELS, people=random_people(5, 30))
    compiled = indicators(ties, names="all")
    monkeypatch.setattr(engine, "kernels", lambda: kernels_scipy)
    for name in ("counting.sums", "counting.triangles"):
        monkeypatch.setattr(sys.modules[f"analysis.networks.{name}"], "kernels", lambda: kernels_scipy)
    for name in ("blocks", "collect", "roster"):
        monkeypatch.setattr(
            sys.modules[f"analysis.networks.building.{name}"], "builders", lambda: build_scipy
        )
    ties = build_ties(random_log(5, 300, 30), tree=LEVELS, people=random_people(5, 30))
    pd.testing.assert_frame_equal(compiled, indicators(ties, names="all"), rtol=0, atol=1e-12)


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_importing_loads_neither_numba_nor_scipy_nor_networkx():
    code = "import sys, analysis.networks; print({'numba', 'scipy', 'networkx'} & set(sys.modules))"
    assert run(code).stdout.strip() == "set()"


def test_numba_missing_falls_back_to_scipy():
    done = run("import sys; sys.modules['numba'] = None" + TABLE)
    assert done.stdout.strip() == "[1.0, 1.0, 1.0, 1.0]", done.stderr


def test_a_chosen_cache_folder_is_used(tmp_path):
    done = run(ORDER, NUMBA_CACHE_DIR=str(tmp_path))
    assert done.stdout.strip() == "[1, 0, 2]", done.stderr
    assert list(tmp_path.rglob("*.nbi"))


def test_nowhere_to_cache_still_computes():
    nowhere = "from numba.core import caching\ncaching.CacheImpl._locator_classes = []"
    done = run(nowhere + ORDER)
    assert done.stdout.strip() == "[1, 0, 2]", done.stderr
