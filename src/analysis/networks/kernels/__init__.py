"""The loops: compiled with numba, and the same functions in numpy and scipy."""
