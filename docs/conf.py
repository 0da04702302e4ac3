"""The documentation site: `make docs`. Built and read without network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from pygments.lexers.special import TextLexer

import analysis

project = "Gongzhi 共治"
author = "The Gongzhi maintainers"
copyright = author
version = release = analysis.__version__
language = "en"

extensions = [
    "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "mathml", "bilingual_search",
    "columns_of_docstrings",
]  # fmt: skip
exclude_patterns = ["_build", "_ext", "_templates"]

myst_enable_extensions = ["deflist", "dollarmath", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

default_role = "code"
autosummary_generate = True
templates_path = ["_templates"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

nitpicky = True

html_theme = "pydata_sphinx_theme"
html_title = "Gongzhi 共治"
html_static_path = ["_static"]
html_css_files = ["gongzhi.css"]
html_copy_source = False
html_show_sourcelink = False
html_search_language = "bilingual"
html_show_search_summary = False  # summaries are fetched, which a page opened from disk may not do
html_context = {"default_mode": "auto"}  # light or dark as the reader's machine says
html_theme_options = {
    "logo": {"text": "Gongzhi 共治"},
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "header_links_before_dropdown": 8,
}


def name_language(app, pagename, templatename, context, doctree):
    """Chinese pages say so, for fonts and screen readers."""
    if pagename.startswith("zh/"):
        context["language"] = "zh-CN"


def setup(app):
    app.connect("html-page-context", name_language)
    app.add_lexer("csv", TextLexer)
