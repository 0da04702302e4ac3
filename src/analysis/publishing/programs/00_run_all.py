"""Runs every numbered program of this folder, in order: python programs/00_run_all.py."""

import runpy
import time
from pathlib import Path

here = Path(__file__).resolve().parent
for program in sorted(here.glob("[0-9][0-9]_*.py")):
    if program.name != Path(__file__).name:
        start = time.process_time()
        runpy.run_path(str(program), run_name="__main__")
        print(f"{program.name}  {time.process_time() - start:.1f} CPU seconds")
