"""`gongzhi lab` as a server: the page it opens, its token, its kernels, and what is left of it: nothing."""

import json
import re
from urllib.error import HTTPError

import pytest
from jupyter_client.blocking import BlockingKernelClient

from analysis.cli import main
from analysis.reporting.lab.first_page import PAGE, fill
from analysis.teaching import list_cases


def test_the_first_page_leads_to_every_notebook_and_to_nothing_else(tmp_path, repository):
    cases = {"01_pilots.ipynb": ("Pilots", "试点")}
    text = (fill(tmp_path / "a" / "b", cases) / PAGE).read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\((\S+?)\)", text))
    notebooks = sorted((repository / "notebooks" / "explore").glob("*.ipynb"))
    assert linked == {f"explore/{path.name}" for path in notebooks} | {"cases/01_pilots.ipynb"}
    assert {path.name for path in (tmp_path / "a" / "b" / "explore").iterdir()} == {p.name for p in notebooks}
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert len(rows) == len(linked)
    assert all(re.fullmatch(r"\| \[.+\]\(.+\) \| .+ \| .+ \|", row) for row in rows)
    assert "{" not in text


def test_what_was_changed_is_kept_and_what_was_deleted_comes_back(tmp_path):
    folder = fill(tmp_path, {})
    first, second, *_ = sorted((folder / "explore").iterdir())
    first.write_text("mine")
    second.unlink()
    fill(tmp_path, {})
    assert first.read_text() == "mine"
    assert second.exists()


def test_a_folder_that_cannot_be_used_is_told(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["lab", str(tmp_path / "file")]) == 2
    assert "gongzhi lab FOLDER" in capsys.readouterr().err


def test_the_server_opens_with_the_first_page_and_asks_for_its_token(lab):
    assert f"/lab/tree/{PAGE}?token=" in lab.said.read_text()
    assert lab.ask(f"/api/contents/{PAGE}")["content"].startswith("# Gongzhi")
    assert len(lab.ask("/api/contents/cases")["content"]) == len(list_cases())
    with pytest.raises(HTTPError, match="403"):
        lab.ask("/api/contents", token=False)


def test_news_and_updates_are_not_asked_for(lab):
    page = lab.ask(f"/lab/tree/{PAGE}")
    settings = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)[1])
    assert settings["news"] == {"disabled": True}
    given = lab.ask("/lab/api/settings/@jupyterlab/apputils-extension:notification")["schema"]["properties"]
    assert given["fetchNews"]["default"] == "false"
    assert given["checkForUpdates"]["default"] is False


def test_the_launcher_has_a_card_with_a_picture(lab):
    spec = lab.ask("/api/kernelspecs")["kernelspecs"]["gongzhi-warm"]
    assert spec["spec"]["display_name"] == "Gongzhi (warm)"
    assert "<svg" in lab.ask(spec["resources"]["logo-svg"])


@pytest.mark.parametrize("name", ["python3", "gongzhi-warm"])
def test_a_kernel_is_forked_and_runs(lab, name):
    zygote = lab.zygote()
    kernel = lab.ask("/api/kernels", body={"name": name})
    (forked,) = zygote.children()
    client = BlockingKernelClient()
    client.load_connection_file(str(lab.home / "jupyter-runtime" / f"kernel-{kernel['id']}.json"))
    client.start_channels()
    said = []
    try:
        client.wait_for_ready(timeout=30)
        code = "import os, sys; print('matplotlib' in sys.modules, os.getpid())"
        client.execute_interactive(code, timeout=30, output_hook=said.append)
    finally:
        client.stop_channels()
    (text,) = [m["content"]["text"] for m in said if m["msg_type"] == "stream"]
    assert text.split() == ["True", str(forked.pid)]
    lab.ask(f"/api/kernels/{kernel['id']}", method="DELETE")
    forked.wait(10)
    assert not zygote.children()


def test_a_port_that_is_taken_leads_to_the_next(open_lab, lab):
    second = open_lab("--port", str(lab.port), "--stock")
    assert second.port != lab.port
    assert second.ask("/api/status")["kernels"] == 0
    assert second.stop() == []
