"""Keyed hashes for people: the same person gets the same pseudonym in every table, and nobody can reverse it.

The key is the file named by `key_file` in study.toml, or by the environment variable GONGZHI_KEY_FILE, or
else one made at first use in the user's configuration folder. Whoever holds the key can recompute a pseudonym
from a known identifier; keep it apart from the data.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pandas as pd

from analysis.errors import StudyError

KEY_BYTES = 32
DIGEST_BYTES = 10  # 80 bits: a collision among 10 million people has probability 4e-11
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}  # full-width -> usual
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def key_path(key_file: Path | None = None) -> Path:
    """Return where the key is: `key_file`, or GONGZHI_KEY_FILE, or the user's configuration folder."""
    named = key_file or os.environ.get("GONGZHI_KEY_FILE")
    return Path(named) if named else _default_path()


def read_key(key_file: Path | None = None) -> bytes:
    """Return the secret key, making one with permissions 0600 where none is named and there is none yet.

    Raises
    ------
    StudyError
        The named key file is missing, too short, or open to others than its owner, or no key can be written.
    """
    path = key_path(key_file)
    try:
        if not path.exists() and path == _default_path():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_new(path)
        _refuse_open(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise StudyError(
            "The key that makes people pseudonymous cannot be read or made.",
            where=str(path), value=error.strerror, expected="a file with a secret of 32 bytes or more",
            mend="Name a key file: set GONGZHI_KEY_FILE, or key_file in study.toml.",
        ) from error  # fmt: skip
    if len(key) < KEY_BYTES:
        raise StudyError(
            "The key that makes people pseudonymous is too short to be a secret.",
            where=str(path), value=f"{len(key)} bytes", expected=f"{KEY_BYTES} bytes or more",
            mend="Make another with: gongzhi privacy rotate-key --key-file FILE",
        )  # fmt: skip
    return key


def pseudonyms(ids: pd.Series, key: bytes) -> pd.Series:
    """Return a keyed BLAKE2b hash ("p_" and 20 hex digits) of each identifier; missing stays missing.

    Blanks around an identifier, full-width letters or digits, and a ".0" after digits alone make no
    difference: spreadsheets and data frames change these between one file and the next. Upper and lower case
    do.
    """
    codes, unique = pd.factorize(ids)
    digest_key = hashlib.blake2b(key, digest_size=64).digest()
    hashed = [
        "p_" + hashlib.blake2b(_plain(value), key=digest_key, digest_size=DIGEST_BYTES).hexdigest()
        for value in unique
    ]
    return pd.Series(pd.array([*hashed, None], dtype="str").take(codes), index=ids.index, name=ids.name)


def fingerprint(key: bytes) -> str:
    """Return eight hex digits that tell keys apart and say nothing about them."""
    return hashlib.blake2b(key, digest_size=4, person=b"fingerprint").hexdigest()


def rotate_key(key_file: Path | None = None) -> tuple[Path, Path | None]:
    """Put a new key in the place of the one in use, and keep the old one beside it.

    Every pseudonym changes: results made with one key and with the other cannot be linked by person, except
    by who holds both keys and the identifiers. To recompute an old run, name the old key as
    key_file in study.toml or in GONGZHI_KEY_FILE.

    Returns
    -------
    (Path, Path or None)
        The new key, and where the old one is now: NAME.until-<UTC time>-<its fingerprint>; None if there was
        none.

    Raises
    ------
    StudyError
        The key cannot be read or written.
    """
    path = key_path(key_file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        old = None
        if path.exists():
            _refuse_open(path)
            now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
            old = path.with_name(f"{path.name}.until-{now}-{fingerprint(path.read_bytes().strip())}")
            _write_new(old, path.read_bytes())
        draft = path.with_name(f".{path.name}.{uuid4().hex}")
        _write_new(draft)
        os.replace(draft, path)
    except OSError as error:
        raise StudyError(
            "The key cannot be changed; the one in use is as it was.", where=str(path),
            value=error.strerror, expected="a folder that can be written to",
            mend="Check its permissions, or name another with --key-file.",
        ) from error  # fmt: skip
    return path, old


def kept_keys(key_file: Path | None = None) -> list[Path]:
    """Return the old keys that lie beside the one in use, the oldest first."""
    path = key_path(key_file)
    return sorted(path.parent.glob(f"{path.name}.until-*")) if path.parent.is_dir() else []


def _plain(value: object) -> bytes:
    text = str(value).translate(WIDE).strip()
    return (text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text).encode()


def _default_path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA") or Path.home() / ".config"
    return Path(base) / "gongzhi" / "pseudonym.key"


def _refuse_open(path: Path) -> None:
    """Raise if others than the owner may read or change the key. Windows keeps no such bits."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & OTHERS:
        raise StudyError(
            "Others than you can read or change the key that makes people pseudonymous.",
            where=str(path), value=f"permissions {mode:04o}", expected="0600: only its owner reads it",
            mend=f"chmod 600 '{path}'   (On a disk that keeps no permissions, move it to one that does.) "
            "If others may have read it, change it: gongzhi privacy rotate-key",
        )  # fmt: skip


def _write_new(path: Path, content: bytes | None = None) -> None:
    """Write a key to a path where nothing is, whole or not at all; one that is there already stays."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content or secrets.token_hex(KEY_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename it never takes the place of another process's key
        except FileExistsError:
            return
        except OSError:  # a disk without links
            if not path.exists():
                os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
