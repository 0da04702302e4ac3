"""How a text file is encoded: told by its first bytes, or, where it is said, checked against them."""

from __future__ import annotations

import codecs
import re

CANDIDATES = ("utf-8", "gb18030", "utf-16", "big5")
UTF_8 = ("utf-8", "utf8", "utf-8-sig", "utf_8", "utf_8_sig")
CHINESE = ("gb18030", "gbk", "gb2312", "cp936", "big5", "cp950")
SAMPLE = 1 << 20
ENOUGH = 8  # characters beyond ASCII in valid UTF-8: by chance no text in another encoding has so many


def detect(head: bytes, *, whole: bool) -> str | None:
    """Return the encoding of a text that begins with `head`, or None where it cannot be told.

    Parameters
    ----------
    head : bytes
    whole : bool
        Whether that is all of it; otherwise its last character may be cut.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if max(zeros) * 5 > len(head) / 2 and min(zeros) * 20 < max(zeros):
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    if decodes(head, "utf-8", whole=whole):
        return "utf-8"
    likely = {name: _commonness(head, name, whole=whole) for name in ("gb18030", "big5")}
    best = max(likely, key=lambda name: likely[name])
    return best if likely[best] >= 0.7 else None


def contradicts(named: str, head: bytes, *, whole: bool) -> bool:
    """Whether a text that begins with `head` cannot be in the encoding that was `named`."""
    name = codecs.lookup(named).name
    if name in ("utf-16", "utf-16-le", "utf-16-be"):
        wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or 0 in head[:4096]
        return not wide and (decodes(head, "utf-8", whole=whole) or not decodes(head, named, whole=whole))
    if name in CHINESE and decodes(head, "utf-8", whole=whole):
        return len(re.findall(rb"[\xc2-\xf4][\x80-\xbf]+", head)) >= ENOUGH
    return not decodes(head, named, whole=whole)


def decodes(head: bytes, encoding: str, *, whole: bool) -> bool:
    """Whether `head` is text in `encoding`."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, final=whole)
    except (UnicodeError, LookupError):
        return False
    return True


def first_wrong(head: bytes, encoding: str) -> int | None:
    """Return the position of the first byte that is not text in `encoding`."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError as error:
        return error.start
    except UnicodeError:  # UTF-16 without its mark
        return 0
    return None


def _commonness(head: bytes, encoding: str, *, whole: bool) -> float:
    """Share of the characters beyond ASCII that are among the common ones of `encoding`; 0 if it is not."""
    if not decodes(head, encoding, whole=whole):
        return 0.0
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    found = re.findall(r"[^\x00-\x7f]", text[:200_000])
    if not found:
        return 0.0
    common = sum(_is_common(mark, encoding) for mark in found)
    return common / len(found)


def _is_common(mark: str, encoding: str) -> bool:
    code = mark.encode(encoding, errors="replace")
    if len(code) != 2:
        return False
    if encoding == "big5":  # punctuation and the 5,401 frequent characters
        return 0xA1 <= code[0] <= 0xC6
    return (0xA1 <= code[0] <= 0xA9 or 0xB0 <= code[0] <= 0xD7) and code[1] >= 0xA1  # GB 2312, level 1
