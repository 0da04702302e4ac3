import sys
from pathlib import Path

import pytest

from analysis.reporting.engine import Zygote, can_fork

sys.path.append(str(Path(__file__).parent))  # for the modules that tests here share
NOTHING = "builtins:dict"  # a warm-up that imports nothing


@pytest.fixture
def zygote():
    if not can_fork():
        pytest.skip("forking is not safe on this system")
    with Zygote(NOTHING) as opened:
        yield opened
