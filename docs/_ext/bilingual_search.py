"""Search in English and Chinese: Chinese text is found by its characters and pairs of characters."""

import re

from sphinx.search.en import SearchEnglish

RUN = re.compile(r"[\u4e00-\u9fff]+|[^\W\u4e00-\u9fff]+")
SPLITTER = r"""
function splitQuery(query) {
  const pairs = (run) => !/[\u4e00-\u9fff]/.test(run) || run.length < 2 ? [run]
    : Array.from({length: run.length - 1}, (_, at) => run.slice(at, at + 2));
  return query.split(/[^\p{Letter}\p{Number}_]+/u)
    .flatMap((word) => word.split(/([\u4e00-\u9fff]+)/)).filter((run) => run).flatMap(pairs);
}
"""


def is_chinese(word):
    return "\u4e00" <= word[0] <= "\u9fff"


class Bilingual(SearchEnglish):
    """The English index, and Chinese text cut into characters and pairs of characters."""

    lang = "bilingual"
    js_splitter_code = SPLITTER

    def split(self, text):
        found = []
        for run in RUN.findall(text):
            if is_chinese(run):
                found += [*run, *(run[at : at + 2] for at in range(len(run) - 1))]
            else:
                found.append(run)
        return found

    def word_filter(self, word):
        return is_chinese(word) or super().word_filter(word)


def setup(app):
    app.add_search_language(Bilingual)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
