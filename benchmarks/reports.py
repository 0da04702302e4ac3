"""Reports side by side with stock papermill, nbconvert and a plain forked function: see README.md here.

python benchmarks/reports.py --districts 6
"""

import argparse

from analysis.reporting.bench import main

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--districts", type=int, default=6)
    main(parser.parse_args().districts)
