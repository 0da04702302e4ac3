"""One module per kind of source: each opens a table where it stands and reads the columns asked for."""
