"""Runs every numbered program of this folder, in order: python programs/00_run_all.py."""

import os
import runpy
import time
from pathlib import Path

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # sums in the same order each time; set before numpy is loaded
here = Path(__file__).resolve().parent
for program in sorted(here.glob("[0-9][0-9]_*.py")):
    if program.name != Path(__file__).name:
        start = time.process_time()
        runpy.run_path(str(program), run_name="__main__")
        print(f"{program.name}  {time.process_time() - start:.1f} CPU seconds")
