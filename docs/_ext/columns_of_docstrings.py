"""Docstrings list returned columns as `name : what it is`, continued further in: the page gets lists."""

import re

COLUMN = re.compile(r"([a-z_0-9<>|]+(?:, [a-z_0-9<>|]+)*) ?: (.+)")
MARKUP = re.compile(r"(?<![\w`])(\w*[a-z]_|\|\w+\|)(?=[\s\"',.;)]|$)")  # a link or a substitution in its eyes

WITHIN = 4  # columns are told below the type of what is returned


def indent(line):
    return len(line) - len(line.lstrip())


def as_list(block):
    """Return the lines of a block as bullets, if it is a list of columns; as it is otherwise."""
    base = indent(block[0])
    named = [bool(re.match(r"[a-z_0-9<>, ]+ : ", line.strip())) for line in block if indent(line) == base]
    hanging = any(indent(line) > base for line in block)
    if not (hanging or any(named)) or block[0].lstrip().startswith(("- ", "* ", "..")):
        return block
    lines = [""]
    for line in block:
        text = line.strip()
        if indent(line) > base:
            lines.append(f"{' ' * base}  {text}")
            continue
        found = COLUMN.fullmatch(text)
        lines.append(f"{' ' * base}- " + (f"**{found[1]}**: {found[2]}" if found else text))
    return [*lines, ""]


def mend(app, what, name, found, options, lines):
    mended, block = [], []
    for line in lines:
        line = MARKUP.sub(r"``\1``", line)
        inside = line.strip() and indent(line) >= WITHIN
        if not inside or (block and indent(line) < indent(block[0])):
            mended += as_list(block) if block else []
            block = []
        (block if inside else mended).append(line)
    mended += as_list(block) if block else []
    lines[:] = mended


def setup(app):
    app.connect("autodoc-process-docstring", mend, priority=400)  # before numpydoc reads them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
