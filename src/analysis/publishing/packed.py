"""Zip files with the same bytes every time: members in order, without the hour at which they were written."""

from __future__ import annotations

import io
import re
import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)
WHEN = re.compile(rb"(<dcterms:(created|modified)\b[^>]*>)[^<]*(</dcterms:\2>)")
UNDATED = b"2000-01-01T00:00:00Z"


def same_bytes(archive: bytes) -> bytes:
    """Return an Office file (.docx, .xlsx) without the time at which it was made."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    core = "docProps/core.xml"
    if core in members:
        members[core] = WHEN.sub(rb"\g<1>" + UNDATED + rb"\g<3>", members[core])
    return zipped(members)


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a zip file of members in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = (
                zipfile.ZIP_DEFLATED,
                0o644 << 16,
                3,
            )
            new.writestr(entry, content)
    return buffer.getvalue()
