"""Keys: their owner's alone, rotated without loss; the same person has the same pseudonym everywhere."""

import hashlib
import os
import stat
import threading

import pandas as pd
import pytest

from analysis.cli import main
from analysis.errors import StudyError
from analysis.tables import check_study
from analysis.tables.pseudonyms import kept_keys, pseudonyms, read_key, rotate_key

KEY = bytes(range(32))
# by OpenSSL 3: openssl mac -macopt hexkey:(BLAKE2b-512 of the key, by b2sum) -macopt size:10 BLAKE2BMAC
VECTORS = {
    "P00001": "p_32d70d3582a0bec04aab",
    "13812345678": "p_1d5fbdc8a3d4fb1e5579",
    "居民1": "p_0e5902f29b6a466d8bef",
}


def by_hand(identifier: str, key: bytes) -> str:
    inner = hashlib.blake2b(key).digest()
    return "p_" + hashlib.blake2b(identifier.encode(), key=inner, digest_size=10).hexdigest()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """No key named: the one of the user's configuration folder."""
    monkeypatch.delenv("GONGZHI_KEY_FILE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "gongzhi" / "pseudonym.key"


def test_vectors():
    found = pseudonyms(pd.Series(list(VECTORS)), KEY)
    assert dict(zip(VECTORS, found, strict=True)) == VECTORS
    assert [by_hand(name, KEY) for name in VECTORS] == list(VECTORS.values())


def test_same_person_same_pseudonym_in_any_table_order_and_writing():
    first = pseudonyms(pd.Series(["a1", "b", None, "a1"]), KEY)
    second = pseudonyms(pd.Series(["b", " a1 ", "ａ１", "a1\u3000"], index=[9, 3, 5, 1]), KEY)
    assert first.iloc[0] == first.iloc[3] == second.loc[3] == second.loc[5] == second.loc[1]
    assert first.iloc[1] == second.loc[9] != first.iloc[0]
    assert pd.isna(first.iloc[2])
    assert list(second.index) == [9, 3, 5, 1]
    assert pseudonyms(pd.Series(["A1"]), KEY).iloc[0] != first.iloc[0]


def test_numbers_that_a_data_frame_took_for_decimal_ones_are_the_same_people():
    whole, decimal, real = (
        pd.Series(["13812345678"]),
        pd.Series(["13812345678.0"]),
        pd.Series([13812345678.0]),
    )
    assert len({pseudonyms(ids, KEY).iloc[0] for ids in (whole, decimal, real)}) == 1
    assert pseudonyms(pd.Series(["v1.0"]), KEY).iloc[0] != pseudonyms(pd.Series(["v1"]), KEY).iloc[0]


def test_who_is_a_person_and_an_organisation_is_hashed_everywhere(tmp_path):
    study = write_study(tmp_path / "study")
    (study / "organisations.csv").write_text("org_id,kind\nann,business\nshop,business\n")
    found = check_study(study)
    assert found.organisations["org_id"].tolist() == [found.people["person_id"].iloc[0], "shop"]
    assert found.interactions["source_id"].iloc[0] == found.people["person_id"].iloc[0]
    assert not any(frame.isin(["ann"]).any().any() for frame in found.frames.values())


def test_another_key_another_pseudonym_and_no_unkeyed_hash():
    name = "13812345678"
    found = {pseudonyms(pd.Series([name]), key).iloc[0] for key in (KEY, KEY[::-1], KEY + b"x")}
    assert len(found) == 3
    plain = [getattr(hashlib, how)(name.encode()).hexdigest() for how in ("md5", "sha1", "sha256", "blake2b")]
    assert not any(value[2:12] in hashed for value in found for hashed in plain)


def test_first_use_makes_a_key_for_its_owner_alone(own):
    key = read_key()
    assert len(key) == 64
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    assert stat.S_IMODE(own.parent.stat().st_mode) == 0o700
    assert read_key() == key
    assert [p.name for p in own.parent.iterdir()] == [own.name]


def test_two_at_once_make_one_key(own):
    found = []
    threads = [threading.Thread(target=lambda: found.append(read_key())) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(found) == 8
    assert set(found) == {own.read_bytes()}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_key_open_to_others_is_refused_with_the_mend(own, mode):
    read_key()
    own.chmod(mode)
    with pytest.raises(StudyError, match="Others than you") as caught:
        read_key()
    assert f"{mode:04o}" in str(caught.value)
    assert f"chmod 600 '{own}'" in caught.value.mend
    with pytest.raises(StudyError, match="Others than you"):
        rotate_key()
    own.chmod(0o600)
    read_key()


def test_named_key_that_is_missing_is_not_made(tmp_path, monkeypatch):
    monkeypatch.setenv("GONGZHI_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(StudyError, match="cannot be read"):
        read_key()
    assert not (tmp_path / "none").exists()


def test_rotation_keeps_the_old_key_and_changes_every_pseudonym(own):
    before = read_key()
    path, old = rotate_key()
    assert path == own
    assert old.read_bytes() == before
    assert read_key() != before
    assert {stat.S_IMODE(p.stat().st_mode) for p in (path, old)} == {0o600}
    assert kept_keys() == [old]
    os.environ["GONGZHI_KEY_FILE"] = str(old)  # as the command says: an old run can be recomputed
    assert read_key() == before
    del os.environ["GONGZHI_KEY_FILE"]


def test_rotation_where_nothing_can_be_written_leaves_the_key(own, monkeypatch):
    before = read_key()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    with pytest.raises(StudyError, match="is as it was"):
        rotate_key()
    assert read_key() == before


def write_study(folder):
    folder.mkdir()
    (folder / "places.csv").write_text("place_id,kind,parent_id\nD,district,\nC,community,D\n")
    (folder / "people.csv").write_text("person_id,community_id\nann,C\nbob,C\n")
    (folder / "interactions.csv").write_text(
        "time,community_id,kind,source_id,target_id\n2021-01-01,C,help,ann,bob\n2021-02-01,C,help,bob,eve\n"
    )
    return folder


def test_commands_rotate_list_and_write_who_is_who_only_if_asked(own, tmp_path, capsys):
    study = write_study(tmp_path / "study")
    first = read_key()
    assert main(["privacy", "rotate-key"]) == 0
    second = read_key()
    written = {p.name for p in tmp_path.rglob("*") if p.is_file()}
    assert main(["privacy", "rotate-key", "--study", str(study), "--table", str(tmp_path / "who.csv")]) == 0
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} - written >= {"who.csv"}
    assert main(["privacy", "keys"]) == 0
    out = capsys.readouterr().out
    assert out.count("old     ") == 2
    table = pd.read_csv(tmp_path / "who.csv").set_index("old")["new"]
    people = pd.Series(["ann", "bob", "eve"])
    assert table.to_dict() == dict(
        zip(pseudonyms(people, second), pseudonyms(people, read_key()), strict=True)
    )
    assert stat.S_IMODE((tmp_path / "who.csv").stat().st_mode) == 0o600
    assert first.decode() not in out
    assert second.decode() not in out


def test_table_without_a_study_is_refused_before_anything_changes(own, tmp_path, capsys):
    before = read_key()
    assert main(["privacy", "rotate-key", "--table", str(tmp_path / "who.csv")]) == 2
    assert "--study" in capsys.readouterr().err
    assert read_key() == before
