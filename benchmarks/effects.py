"""Estimators side by side with diff-diff and with a bare numpy pass: see README.md here.

python benchmarks/effects.py
"""

from analysis.effects.bench import main

if __name__ == "__main__":
    main()
