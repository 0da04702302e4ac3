"""A study with identifiers of people planted into every table, and a search for them in what was written."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd

NAMES = (
    "王建国",
    "李秀英",
    "欧阳晓东",
    "张丽娟",
    "刘志强",
    "陈桂芳",
    "赵国华",
    "周玉梅",
    "Wilhelmina Ashgrove",
)
PHONES = ("13812345678", "13987654321", "15011112222", "0757-83331234")
IDENTITIES = ("360426199101010071", "440604198803152236")
OTHERS = (
    "wxid_k7q2m9x4",
    "planted.person@example.cn",
    "6222021234567890128",
    "锦绣路12弄3号501室",
    "138****5678",
)
WORDS = (
    "昨晚楼上漏水我已经找过物业三次都没有人管孩子发烧希望尽快有人"
    "来处理谢谢大家一直以来对我们家的关心和照顾也请社区帮忙联系一下维修师傅"
)
SECRETS = (*NAMES, *PHONES, *IDENTITIES, *OTHERS, WORDS, WORDS[:20])
UNKEYED = ("md5", "sha1", "sha256", "blake2b")


def plant(example: Path, folder: Path) -> Path:
    """Return a copy of a study in which people are known by phone numbers and names, and texts hold more."""
    shutil.copytree(example, folder)
    people = _read(folder, "people.csv")
    real = dict(zip(people["person_id"], _identifiers(len(people)), strict=True))
    people = people.assign(person_id=people["person_id"].map(real), 姓名=NAMES[0], 手机=PHONES[0])
    people["身份证"], people["备注"] = IDENTITIES[0], WORDS
    _write(people, folder, "people.csv")
    _interactions(folder, real)
    votes = _read(folder, "votes.csv.gz")
    _write(votes.assign(person_id=votes["person_id"].map(real)), folder, "votes.csv.gz")
    steps = _read(folder, "steps.csv")
    _write(steps.assign(actor_id=steps["actor_id"].map(lambda a: real.get(a, a))), folder, "steps.csv")
    _texts(folder, real)
    return folder


def _identifiers(number: int) -> list[str]:
    """The planted identifiers first, then phone numbers."""
    first = [*NAMES, *PHONES, *IDENTITIES, *OTHERS]
    return [*first, *(f"139{n:08}" for n in range(70_000_000, 70_000_000 + number - len(first)))]


def _interactions(folder: Path, real: dict) -> None:
    acts = _read(folder, "interactions.csv.gz")
    for column in ("source_id", "target_id"):
        acts[column] = acts[column].map(real)
    named = acts["gathering_id"].dropna().unique()[:3]
    acts["gathering_id"] = acts["gathering_id"].replace(
        dict(zip(named, (PHONES[1], IDENTITIES[1], OTHERS[1]), strict=True))
    )
    acts["内容"] = WORDS
    acts.loc[acts.index[5], "kind"] = NAMES[1]  # set aside, and shown with its value
    acts.loc[acts.index[6], "time"] = PHONES[0]
    acts.loc[acts.index[7], "hours"] = IDENTITIES[0]
    acts.loc[acts.index[8], "community_id"] = NAMES[2]
    acts.loc[acts.index[9], "target_id"] = acts.loc[acts.index[9], "source_id"]
    acts.loc[acts.index[10], "status"] = f"{NAMES[3]} {PHONES[2]}"
    _write(acts, folder, "interactions.csv.gz")


def _texts(folder: Path, real: dict) -> None:
    matters = _read(folder, "matters.csv")
    matters.loc[3, "category"] = f"{NAMES[0]}先生反映漏水 {PHONES[1]}"
    matters.loc[4, "category"], matters.loc[5, "category"] = WORDS, NAMES[4]
    matters.loc[6, "origin"], matters.loc[7, "procedure"] = OTHERS[3], NAMES[5]
    _write(matters, folder, "matters.csv")
    places = _read(folder, "places.csv")
    places.loc[places.index[-1], "name"] = f"Unit of {PHONES[2]}"
    places.loc[places.index[-2], "name_zh"] = f"3号楼 {IDENTITIES[1]}"
    _write(places, folder, "places.csv")
    listings = _read(folder, "listings.csv")
    listings.loc[2, "category"], listings.loc[3, "category"] = OTHERS[1], OTHERS[4]
    listings["provider_id"] = listings["provider_id"].map(lambda p: real.get(p, p))
    _write(listings, folder, "listings.csv")
    options = _read(folder, "options.csv")
    options["author_id"] = options["author_id"].map(lambda p: real.get(p, p))
    _write(options.assign(statement=WORDS), folder, "options.csv")
    duties = _read(folder, "duties.csv")
    duties.loc[1, "department"] = OTHERS[0]
    _write(duties, folder, "duties.csv")
    ledger = _read(folder, "ledger.csv")
    ledger.loc[1, "category"] = f"捐款人{NAMES[6]}女士，卡号{OTHERS[2]}"
    _write(ledger, folder, "ledger.csv")


def _read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, dtype="str")


def _write(frame: pd.DataFrame, folder: Path, name: str) -> None:
    frame.to_csv(folder / name, index=False)


def leaks(folder: Path) -> list[str]:
    """Return "file: what" for every planted text, and every unkeyed hash of one, in any file, unpacked."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        for name, text in _texts_of(path.name, path.read_bytes()):
            found += [f"{path.relative_to(folder)} ({name}): {what}" for what in leaks_in(text)]
        found += [f"name of {path}: {what}" for what in leaks_in(path.name)]
    return found


def leaks_in(text: str) -> list[str]:
    """Return which planted texts, or unkeyed hashes of them, a text holds."""
    found = [secret for secret in SECRETS if secret in text]
    if re.search("[0-9a-f]{32}", text):
        found += [f"{how} of {secret}" for secret, how, digest in _digests() if digest in text]
    return found


def _digests():
    return [
        (secret, how, hashlib.new(how, secret.encode()).hexdigest()[:32])
        for secret in SECRETS
        for how in UNKEYED
    ]


def _texts_of(name: str, content: bytes):
    """Yield (name, text) of what a file holds: itself, what is packed in it, what is written as base64."""
    if content[:4] == b"PAR1":
        try:
            frame = pd.read_parquet(io.BytesIO(content))
        except (OSError, ValueError):
            yield name, content.decode("utf-8", "ignore")
            return
        for column in frame.columns:
            yield column, column + "\n" + "\n".join(frame[column].dropna().astype("str").unique())
        yield "metadata", content[-20_000:].decode("utf-8", "ignore")
    elif content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for part in packed.namelist():
                yield from _texts_of(f"{name}:{part}", packed.read(part))
    elif content[:2] == b"\x1f\x8b":
        yield from _texts_of(name, gzip.decompress(content))
    else:
        text = content.decode("utf-8", "ignore")
        yield name, text
        yield f"{name} in GB 18030", content.decode("gb18030", "ignore")
        if "\\u" in text:
            yield f"{name} unescaped", re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
        for part in re.findall(r"base64,([A-Za-z0-9+/=]{200,})", text):
            yield f"{name} base64", base64.b64decode(part).decode("utf-8", "ignore")
        if name.endswith(".ipynb"):
            yield f"{name} cells", json.dumps(json.loads(text), ensure_ascii=False)
