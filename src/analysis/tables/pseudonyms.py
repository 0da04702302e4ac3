"""Keyed hashes for people: the same person gets the same pseudonym in every table, and nobody can reverse it.

The key is the file named by `key_file` in study.toml, or by the environment variable GONGZHI_KEY_FILE, or
else one made at first use in the user's configuration folder. Whoever holds the key can recompute a pseudonym
from a known identifier; keep it apart from the data.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError

KEY_BYTES = 32
DIGEST_BYTES = 10  # 80 bits: a collision among 10 million people has probability 4e-11


def read_key(key_file: Path | None = None) -> bytes:
    """Return the secret key, making one with permissions 0600 where there is none yet.

    Raises
    ------
    StudyError
        The named key file is missing, too short, or no key can be written.
    """
    named = key_file or os.environ.get("GONGZHI_KEY_FILE")
    path = Path(named) if named else _default_path()
    try:
        if not path.exists() and not named:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_new(path)
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
            mend=f'Make one: python -c "import secrets; print(secrets.token_hex({KEY_BYTES}))" > KEYFILE',
        )  # fmt: skip
    return key


def pseudonyms(ids: pd.Series, key: bytes) -> pd.Series:
    """Return a keyed BLAKE2b hash ("p_" and 20 hex digits) of each identifier; missing stays missing."""
    codes, unique = pd.factorize(ids)
    digest_key = hashlib.blake2b(key, digest_size=64).digest()
    hashed = [
        "p_" + hashlib.blake2b(str(value).encode(), key=digest_key, digest_size=DIGEST_BYTES).hexdigest()
        for value in unique
    ]
    return pd.Series(pd.array([*hashed, None], dtype="str").take(codes), index=ids.index, name=ids.name)


def _default_path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA") or Path.home() / ".config"
    return Path(base) / "gongzhi" / "pseudonym.key"


def _write_new(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return  # another process was quicker: its key is the key
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(KEY_BYTES).encode())
