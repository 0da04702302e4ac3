"""Inference with few clusters: by formula, by bootstrap, by permutation."""
