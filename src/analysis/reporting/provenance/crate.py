"""Describe a run as an RO-Crate, so that others can read what was made from what without this project.

RO-Crate 1.1 with the Process Run Crate profile 0.5 (Leo et al. 2024, PLOS ONE 19(9): e0309210).
"""

from __future__ import annotations

import base64
import json
import mimetypes
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from analysis.files import write_whole
from analysis.reporting.layout import Layout

NAME = "ro-crate-metadata.json"
CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = [f"{CRATE}/context", {"sha256": "http://schema.org/sha256"}]


def write_crate(layout: Layout, manifest: dict | None = None) -> Path:
    """Write ro-crate-metadata.json into the root of a run and return its path.

    Parameters
    ----------
    layout : Layout
    manifest : dict, optional
        What the manifest holds; by default it is read.

    Notes
    -----
    Described are the files of the study (named by their sha256: they lie elsewhere), the software with its
    versions, the run as a CreateAction, and the files handed out with their sha256 where the manifest has it.
    Nothing of what the files hold is in it, and no path of the machine.
    """
    manifest = manifest or json.loads(layout.manifest.read_text(encoding="utf-8"))
    inputs = [_input(name, sha256) for name, sha256 in sorted(manifest["inputs"].items())]
    outputs = _outputs(layout, manifest)
    software = _software(manifest)
    graph = [
        {"@id": NAME, "@type": "CreativeWork", "about": {"@id": "./"}, "conformsTo": {"@id": CRATE}},
        _root(manifest, outputs, inputs),
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": "#terms", "@type": "CreativeWork", "name": "Terms of the study",
         "description": "The reports may be used under the terms of the study they are made from."},
        _action(manifest, software[0], inputs, outputs), *software, *inputs, *outputs,
    ]  # fmt: skip
    text = json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False, indent=1)
    return write_whole(layout.root / NAME, text)


def _ids(entities: list[dict]) -> list[dict]:
    return [{"@id": entity["@id"]} for entity in entities]


def _root(manifest: dict, outputs: list[dict], inputs: list[dict]) -> dict:
    study = Path(manifest["study"]).name
    return {
        "@id": "./", "@type": "Dataset", "name": f"Reports of the study {study}",
        "description": "Reports on grassroots governance, one per district and language, with their index.",
        "datePublished": manifest["made"], "license": {"@id": "#terms"}, "conformsTo": {"@id": PROFILE},
        "hasPart": _ids(outputs) + _ids(inputs), "mentions": {"@id": "#run"},
    }  # fmt: skip


def _input(name: str, sha256: str) -> dict:
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode("ascii").rstrip("=")
    return {
        "@id": f"ni:///sha-256;{digest}#{name}", "@type": "File", "name": name, "sha256": sha256,
        "encodingFormat": _format(name),
    }  # fmt: skip


def _format(name: str) -> str:
    if name.endswith(".toml"):
        return "application/toml"
    kind, packed = mimetypes.guess_type(name)
    return "application/gzip" if packed else kind or "application/octet-stream"


def _outputs(layout: Layout, manifest: dict) -> list[dict]:
    known = {}
    for entry in manifest["reports"]:
        about = {"inLanguage": {"zh": "zh-CN"}.get(entry["language"], entry["language"])}
        about["about"] = f"district {entry['district']}"
        for kind, sha256 in (entry.get("sha256") or {}).items():
            path = entry.get({"html": "page"}.get(kind, kind))
            if path:
                known[path] = {"sha256": sha256} | about
    found = []
    for path in sorted(p for p in layout.public.rglob("*") if p.is_file()) if layout.public.is_dir() else ():
        name = path.relative_to(layout.root).as_posix()
        facts = {"contentSize": str(path.stat().st_size), "encodingFormat": _format(path.name)}
        found.append({"@id": name, "@type": "File", "name": path.name} | facts | known.get(name, {}))
    return found


def _software(manifest: dict) -> list[dict]:
    """Return Gongzhi, then Python and the libraries, named by their package URL."""
    python = manifest.get("python", "")
    parts = [_application(f"pkg:generic/python@{python}", "Python", python, "https://www.python.org/")]
    parts += [
        _application(f"pkg:pypi/{name}@{version}", name, version, _home(name))
        for name, version in manifest["libraries"].items()
    ]
    version = manifest["gongzhi"]
    own = _application(f"pkg:pypi/gongzhi@{version}", "Gongzhi", version, _home("gongzhi"))
    return [own | {"softwareRequirements": _ids(parts)}, *parts]


def _application(identifier: str, name: str, version: str, url: str) -> dict:
    found = {"@id": identifier, "@type": "SoftwareApplication", "name": name, "softwareVersion": version}
    return found | ({"url": url} if url else {})


def _home(name: str) -> str:
    """Return the home page that a package states, empty where it states none."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return ""
    links = dict(link.split(", ", 1) for link in about.get_all("Project-URL") or () if ", " in link)
    links = {label.lower(): link for label, link in links.items()}
    found = (links.get(label) for label in ("homepage", "home", "repository", "source", "documentation"))
    return next((link for link in found if link), about.get("Home-page") or "")


def _action(manifest: dict, software: dict, inputs: list[dict], outputs: list[dict]) -> dict:
    failed = [e for e in manifest["reports"] if e["status"] not in ("made", "reused")]
    status = "FailedActionStatus" if len(failed) == len(manifest["reports"]) else "CompletedActionStatus"
    action = {
        "@id": "#run", "@type": "CreateAction", "name": "gongzhi report", "endTime": manifest["made"],
        "description": "Measures, effects and reports computed from the tables of a study.",
        "instrument": {"@id": software["@id"]}, "object": _ids(inputs), "result": _ids(outputs),
        "actionStatus": f"http://schema.org/{status}",
    }  # fmt: skip
    if failed:
        names = ", ".join(f"{e['district']} ({e['language']})" for e in failed[:20])
        action["error"] = f"{len(failed)} report(s) not made: {names}"
    return action
