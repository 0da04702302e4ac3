"""One network to look at, and to take into other libraries."""
