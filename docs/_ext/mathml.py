"""Formulas as MathML, which browsers draw themselves: no script, no network."""

import re

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

# docutils sets the index of an accented letter below it; in a group that holds more it stands beside it
ACCENTED = re.compile(r"\\(?:hat|bar|tilde|widehat|widetilde)\s*(?:\{[^{}]*\}|\\[a-zA-Z]+|\w)(?=\s*[_^])")


def markup(node, **options):
    """Return the MathML of a formula; one that cannot be read is a warning, and stands as it was typed."""
    try:
        return str(tex2mathml(ACCENTED.sub(r"{\g<0>{}}", node.astext()), **options))
    except MathError as error:
        logging.getLogger(__name__).warning("%s: %s", error, node.astext(), location=node)
        return f"<code>{node.astext()}</code>"


def inline(self, node):
    self.body.append(markup(node))
    raise SkipNode


def block(self, node):
    self.body.append(f'<div class="math">{markup(node, as_block=True)}</div>\n')
    raise SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
