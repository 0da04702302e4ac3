"""What identifies people is found in columns; words, places and numbers that only look like it are not."""

import time

import pandas as pd
import pytest

from analysis.privacy import detect, found_in, looks_like_names, mask
from analysis.privacy.identifiers import header_kind, mask_all

FOUND = {
    "13812345678": "phone", "+86 138-1234-5678": "phone", "0086 13812345678": "phone",
    "１３８１２３４５６７８": "phone",
    "电话13812345678。": "phone", "010-12345678": "phone", "(0757) 8333123": "phone",
    "U13812345678": "phone",
    # Nanchang, born 1 January 1991: the check digit is right in the first, wrong in the second
    "360426199101010071": "identity_number", "360426199101010072": "identity_number",
    "11010519491231002X": "identity_number", "11010519491231002x": "identity_number",
    "6222021234567890128": "bank_card", "6222 0212 3456 7890 128": "bank_card",
    "someone@example.com.cn": "email", "wxid_a1b2c3d4": "wechat", "微信:abc_12345": "wechat",
    "QQ 12345678": "wechat",
    "138****5678": "masked_number", "360426********0071": "masked_number",
    "锦绣路12弄3号501室": "address", "幸福里3栋2单元401房": "address",
    "王建国": "name", "欧阳晓东": "name", "李阿姨": "name", "王大爷家漏水": "name",
}  # fmt: skip
CLEAN = (
    "", "P00001", "12345678901", "23812345678", "138123456789", "2021-03-07 14:30:00", "20210307143000",
    "1616112000000",
    "360426199113010071", "990426199101010071", "6222021234567890123", "1.5", "0.13812345678", "D01-C01-U6",
    "幸福小区3号楼", "春江里2号", "卫生", "安全", "文明", "阳光", "金融", "广场舞", "高空抛物",
    "停车难", "物业纠纷", "王家村", "石湾镇街道",
    "祖庙街道", "社区卫生服务中心", "3号楼2单元", "help", "Ashgrove", "p_a13812345678bcdef0123",
    "91440604MA4UX12345",
)  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), FOUND.items())
def test_found_and_masked(text, kind):
    assert found_in(text) == kind
    masked = mask(text)
    assert f"[{kind.replace('_', ' ')}]" in masked
    assert found_in(masked) == ""


@pytest.mark.parametrize("text", CLEAN)
def test_left_alone(text):
    if not text.startswith("p_"):
        assert found_in(text) == ""
    assert mask(text) == text


def test_a_value_in_a_message_is_hidden_as_a_whole_and_other_text_keeps_the_rest():
    assert mask_all(pd.Series(["张丽娟 13812345678", "help", None])).tolist()[:2] == ["[phone]", "help"]
    assert mask("row 3: 13812345678 is no place") == "row 3: [phone] is no place"


def test_a_column_of_names_is_told_from_columns_of_words():
    names = ["张伟", "王芳", "李娜", "刘洋", "陈静", "杨丽", "赵磊", "黄秀英", "周建国", "吴敏"]
    assert looks_like_names(pd.Series(names * 3))
    assert not looks_like_names(pd.Series(names[:4]))
    words = [
        "卫生",
        "安全",
        "文明",
        "养老",
        "停车",
        "物业",
        "治安",
        "绿化",
        "噪音",
        "漏水",
        "路灯",
        "高空抛物",
        "邻里",
        "助餐",
    ]
    assert not looks_like_names(pd.Series(words))
    places = ["王家庄", "李庄", "张槎", "石湾", "祖庙", "南庄", "陈村", "朝东", "黎冲", "鄱阳"]
    assert not looks_like_names(pd.Series(places))
    assert not looks_like_names(pd.Series(["ann", "bob", "eve", "dan", "fay", "gus"]))
    assert not looks_like_names(pd.Series([None, ""], dtype="str"))


@pytest.mark.parametrize(
    ("header", "kind"),
    {
        "姓名": "name", "居民姓名": "name", "联系人": "name", "Full Name": "name", "手机号码": "phone",
        "Contact-Phone": "phone",
        "tel": "phone", "身份证号": "identity_number", "ID card": "identity_number", "微信昵称": "name",
        "wechat_id": "wechat",
        "openid": "wechat", "家庭住址": "address", "address": "address", "E-mail": "email",
        "银行卡号": "bank_card",
        "诉求内容": "free_text", "notes": "free_text", "community": "", "hotel": "", "department": "",
        "unit_id": "",
        "category": "", "类别": "", "社区": "", "time": "", "name": "",
    }.items(),
)  # fmt: skip
def test_headers(header, kind):
    assert header_kind(header) == kind


def by_column(found):
    return {row.column: (row.kind, row.evidence, row.rows, row.action) for row in found.itertuples()}


def test_detect_names_column_kind_evidence_and_what_is_done():
    frame = pd.DataFrame(
        {
            "gathering_id": ["g1", "13812345678", "g2", "g1"],
            "category": ["repairs", "王建国", "repairs", None],
            "origin": ["citizen"] * 4,
            "hours": [1.0, 13812345678.0, 2.0, 3.0],
            "amount": [13812345678.0, 13987654321.0, 15011112222.0, float("nan")],
            "place_id": ["王建国路", "13812345678", "a", "b"],
        }
    )
    types = dict.fromkeys(["gathering_id", "place_id"], "id") | dict.fromkeys(["hours", "amount"], "number")
    before = frame.copy()
    found = detect(frame, types, headers={"origin": "联系人"}, places=("place_id",))
    assert by_column(found) == {
        "gathering_id": ("phone", "value", 1, "hashed"),
        "category": ("name", "column", 1, "emptied"),
        "origin": ("name", "header", 4, "emptied"),
        "amount": ("phone", "column", 3, "emptied"),
        "place_id": ("phone", "value", 1, "hashed"),
    }
    assert found.set_index("column").loc["category", "share"] == pytest.approx(1 / 3)
    pd.testing.assert_frame_equal(frame, before)
    assert detect(frame[[]]).empty
    assert detect(frame.iloc[:0], types).empty


def test_an_identity_number_is_never_a_number():
    found = detect(pd.DataFrame({"hours": ["1", "2", "3", "360426199101010071"]}), {"hours": "number"})
    assert by_column(found) == {"hours": ("identity_number", "value", 1, "emptied")}


def test_free_text_by_length_and_by_never_repeating():
    long = "昨晚楼上漏水我已经找过物业三次都没有人管" * 3
    found = detect(pd.DataFrame({"category": ["repairs", long] * 3}))
    assert by_column(found) == {"category": ("free_text", "column", 3, "emptied")}
    own = pd.DataFrame({"category": [f"my own word number {n}" for n in range(60)]})
    assert by_column(detect(own)) == {"category": ("free_text", "column", 60, "emptied")}
    assert detect(own, labels=("category",)).empty
    assert detect(pd.DataFrame({"category": ["a", "b", "c"] * 30})).empty


def test_a_column_called_content_that_holds_labels_is_kept():
    labels = pd.DataFrame({"category": ["repairs", "noise", "parking"] * 10})
    assert detect(labels, headers={"category": "诉求内容"}).empty


@pytest.mark.parametrize(
    "piece", ["1", "a", " ", "*", "王", "微信 ", "1号", "a@", "1-", "138****", "p_", "0755-"]
)
def test_a_cell_of_megabytes_takes_no_time(piece):
    cell = piece * (500_000 // len(piece))
    start = time.process_time()
    assert len(mask(cell)) < 30_000
    detect(
        pd.DataFrame({"category": [cell, "repairs"], "gathering_id": [cell, "g1"]}), {"gathering_id": "id"}
    )
    mask_all(pd.Series([cell]))
    header_kind(cell)
    assert time.process_time() - start < 2


def test_random_digits_are_rarely_taken_for_a_person():
    """Of long random identifiers next to none is; what they are taken for is only hashed."""
    import numpy as np

    draw = np.random.default_rng(1)
    digits = ["".join(map(str, draw.integers(0, 10, 18))) for _ in range(5_000)]
    assert sum(found_in(text) != "" for text in digits) / len(digits) < 0.003
