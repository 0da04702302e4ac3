"""Ties and indicators side by side with networkx, pandas, igraph and a bare scan: see README.md here.

python benchmarks/networks.py --events 1000000
"""

import argparse

from analysis.networks.bench import main

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    main(parser.parse_args().events)
