"""A batch of reports under way: keys, journal, state, limits, and processes that can be ended."""
