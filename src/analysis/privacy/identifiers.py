"""What single values tell about a person: numbers, addresses and names, found in text and masked in it."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

import pandas as pd

KINDS = ("identity_number", "phone", "bank_card", "email", "wechat", "masked_number", "address", "name")
LONG_CHINESE, LONG = 50, 200  # characters; a label is shorter, a sentence or two are longer
LONGEST = 2_000  # characters of a text that are looked at, and shown in a message
ALIKE, SURE, FEW = 0.7, 0.25, 5  # shares and number of distinct values that make a column one of names
# a digit more on either side, and it is another number; 86 may stand before a phone number
PHONE = re.compile(
    r"(?<![\d.])(?:(?:\+|00)?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![\d])"
    r"|(?<!\d)(?:\(0\d{2,3}\)[- ]?|0\d{2,3}[- ])\d{7,8}(?!\d)"
)
IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
CARD = re.compile(r"(?<!\d)62\d{2}(?:[- ]?\d{4}){3}(?:[- ]?\d{1,3})?(?!\d)")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
WECHAT = re.compile(r"wxid_\w{6,}|(?:微信号?|[Ww]e[Cc]hat|[Qq][Qq]号?)\s{0,2}[::]?\s{0,2}[A-Za-z0-9_-]{5,}")
MASKED = re.compile(r"\d{3,6}[*＊xX×]{4,20}\d{2,4}[\dXx]?")
ADDRESS = re.compile(
    r"[\u4e00-\u9fff\w]{0,12}\d{1,5}\s?(?:号楼|栋|幢|座|号|弄|单元)[^\n,。;]{0,10}?\d{1,5}\s?(?:室|户|房(?![屋地产]))"
)
HINT = re.compile(r"\d{5}|\d{3}[- ]|@|[*＊×]{4}|wxid_|微信|[Ww]e[Cc]hat|[Qq][Qq]|室|户|房|[\u4e00-\u9fff]")
PSEUDONYM = re.compile(r"(p_[0-9a-f]{20})")
PROVINCE_CODES = ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 84))
PROVINCES = {str(n) for first, end in PROVINCE_CODES for n in range(first, end)}
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@lru_cache(maxsize=100_000)
def found_in(value: str) -> str:
    """Return what a text holds that tells about a person, one of `KINDS`, or "" for nothing.

    A name is found only if it is the whole text and looks like one in every character, or stands before a
    title (王阿姨). An identity number counts with a wrong check digit too: people mistype their own.
    """
    text = value[:LONGEST].translate(WIDE).strip()
    for kind, spans in _finders():
        if any(True for _ in spans(text)):
            return kind
    return "name" if is_name(text) else ""


def mask(text: str) -> str:
    """Return `text` with everything that tells about a person replaced by its kind in brackets."""
    if len(text) > LONGEST:
        return mask(text[:LONGEST]) + "…"
    if "p_" in text and PSEUDONYM.search(text):
        parts = PSEUDONYM.split(text)
        return "".join(part if n % 2 else mask(part) for n, part in enumerate(parts))
    if not HINT.search(text):
        return text
    plain = text.translate(WIDE)
    for kind, spans in _finders():
        for start, end in reversed(list(spans(plain))):
            plain = f"{plain[:start]}[{kind.replace('_', ' ')}]{plain[end:]}"
    if is_name(plain.strip()):
        return "[name]"
    return plain if plain != text.translate(WIDE) else text


def mask_all(values: pd.Series) -> pd.Series:
    """Return values as text; of one that tells about a person only the kind: a name may stand beside it."""
    text = values.astype("str")
    suspects = {value: mask(value) for value in text.dropna().unique() if HINT.search(value)}
    masked = {value: f"[{found_in(value).replace('_', ' ') or 'hidden'}]"
              for value, shown in suspects.items() if shown != value}  # fmt: skip
    return text.map(lambda value: masked.get(value, value)) if masked else text


def is_name(text: str) -> bool:
    """Whether a text is a Chinese name, by its surname and by both characters of its given name.

    One of two characters cannot be told from a word: 卫生 and 安全 begin with surnames as well.
    """
    return len(text) > 2 and _is_sure(text) and text not in _words()["no_names"]


def _is_sure(text: str) -> bool:
    surname, given = _split(text)
    return bool(surname) and 0 < len(given) <= 2 and set(given) <= _words()["given"]


def looks_like_names(values: pd.Series) -> bool:
    """Whether a column holds Chinese names: five different ones or more, most of them with a surname."""
    distinct = pd.Series(values.dropna().astype("str").str.strip().unique(), dtype="str")
    distinct = distinct[distinct != ""]
    short = distinct[distinct.str.fullmatch("[\u4e00-\u9fff]{2,4}")]
    if len(distinct) < FEW or len(short) < ALIKE * len(distinct):
        return False
    like = sum(0 < len(_split(value)[1]) <= 2 for value in short)
    return like >= ALIKE * len(distinct) and sum(map(_is_sure, short)) >= SURE * len(distinct)


def is_long(text: str) -> bool:
    """Whether a text is too long for a label: it is what somebody wrote."""
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
    return chinese > LONG_CHINESE or len(text) > LONG


def header_kind(name: str) -> str:
    """Return what the name of a column promises, a kind of `KINDS` or "free_text", or "" for nothing."""
    plain = re.sub(r"[\s\-.]+", "_", name.translate(WIDE).strip().lower())
    parts = set(plain.split("_"))
    for kind, words in _words()["headers"].items():
        for word in words:
            whole = word.isascii() and "_" not in word
            if (word in parts or word == plain) if whole else (word in plain):
                return kind
    return ""


@cache
def _words() -> dict:
    found = tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    surnames = "".join(found["surnames"].split())
    compound, titles = ("|".join(found[name].split()) for name in ("compound_surnames", "titles"))
    found["titled"] = re.compile(f"(?:{compound}|[{surnames}])[\u4e00-\u9fff]{{0,2}}(?:{titles})")
    found |= {"surnames": frozenset(surnames), "given": frozenset("".join(found["given"].split()))}
    return found | {name: tuple(found[name].split()) for name in ("compound_surnames", "no_names")}


def _split(text: str) -> tuple[str, str]:
    """Return surname and given name of two to four Chinese characters, both empty if there is no surname."""
    if not 2 <= len(text) <= 4 or not all("\u4e00" <= letter <= "\u9fff" for letter in text):
        return "", ""
    if text.startswith(_words()["compound_surnames"]) and len(text) > 2:
        return text[:2], text[2:]
    return (text[0], text[1:]) if text[0] in _words()["surnames"] and len(text) < 4 else ("", "")


@cache
def _finders() -> tuple:
    return (
        ("identity_number", lambda text: _checked(IDENTITY, text, _is_identity)),
        ("bank_card", lambda text: _checked(CARD, text, _is_card)),
        ("phone", lambda text: _checked(PHONE, text)),
        ("email", lambda text: _checked(EMAIL, text)),
        ("wechat", lambda text: _checked(WECHAT, text)),
        ("masked_number", lambda text: _checked(MASKED, text)),
        ("address", lambda text: _checked(ADDRESS, text)),
        ("name", lambda text: _checked(_words()["titled"], text)),
    )


def _checked(pattern: re.Pattern, text: str, right=None):
    return (m.span() for m in pattern.finditer(text) if right is None or right(m.group()))


def _is_identity(number: str) -> bool:
    """Whether 18 digits begin with a province and hold a day of birth."""
    from stdnum.cn import ric
    from stdnum.exceptions import ValidationError

    try:
        return number[:2] in PROVINCES and 1900 <= ric.get_birth_date(number).year <= 2100
    except ValidationError:
        return False


def _is_card(number: str) -> bool:
    from stdnum import luhn

    digits = re.sub(r"\D", "", number)
    return 16 <= len(digits) <= 19 and luhn.is_valid(digits)
