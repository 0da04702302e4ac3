"""Fictional names in English and Chinese, never twice the same."""

from __future__ import annotations

from itertools import count, product

import numpy as np

Name = tuple[str, str]

CITY: Name = ("Paper Kite", "纸鸢市")
_SIDES = (("", ""), ("North ", "北"), ("South ", "南"), ("East ", "东"), ("West ", "西"), ("Upper ", "上"),
          ("Lower ", "下"), ("Outer ", "外"), ("Inner ", "内"))  # fmt: skip
_BIRDS = (
    ("Heron", "鹭"), ("Crane", "鹤"), ("Swallow", "燕"), ("Magpie", "鹊"), ("Oriole", "莺"), ("Gull", "鸥"),
    ("Goose", "雁"), ("Lark", "鹨"), ("Thrush", "鸫"), ("Dove", "鸽"), ("Quail", "鹑"), ("Falcon", "隼"),
    ("Swan", "鹄"), ("Teal", "凫"), ("Robin", "鸲"), ("Finch", "雀"), ("Plover", "鸻"), ("Snipe", "鹬"),
    ("Bustard", "鸨"), ("Rail", "秧鸡"), ("Starling", "椋"), ("Nightjar", "夜鹰"), ("Kite", "鸢"),
    ("Owl", "鸮"),
)  # fmt: skip
_LANDS = (
    ("Bay", "湾"), ("Ford", "津"), ("Hill", "丘"), ("Isle", "屿"), ("Marsh", "泽"), ("Spring", "泉"),
    ("Ridge", "岭"), ("Lake", "湖"), ("Bridge", "桥"), ("Slope", "坡"), ("Stream", "溪"), ("Forest", "林"),
    ("Shore", "岸"), ("Cliff", "崖"), ("Valley", "谷"), ("Pool", "潭"), ("Plain", "原"), ("Cape", "岬"),
    ("Wharf", "埠"), ("Meadow", "甸"), ("Sands", "沙"), ("Pass", "隘"), ("Knoll", "墩"), ("Pond", "塘"),
)  # fmt: skip
_CRAFTS = (
    ("Lantern", "灯"), ("Bell", "钟"), ("Drum", "鼓"), ("Lute", "琴"), ("Ink", "墨"), ("Kiln", "窑"),
    ("Loom", "织"), ("Mirror", "镜"), ("Compass", "罗盘"), ("Sail", "帆"), ("Jade", "玉"), ("Silk", "绸"),
    ("Paper", "纸"), ("Brush", "笔"), ("Umbrella", "伞"), ("Fan", "扇"), ("Anchor", "锚"), ("Bowl", "瓷"),
    ("Salt", "盐"), ("Honey", "蜜"), ("Tea", "茶"), ("Rice", "稻"), ("Amber", "珀"), ("Pearl", "珠"),
)  # fmt: skip
_GATES = (
    ("Gate", "门"), ("Tower", "塔"), ("Terrace", "台"), ("Market", "市"), ("Well", "井"), ("Hall", "堂"),
    ("Arbour", "棚"), ("Corner", "角"), ("Pavilion", "亭"), ("Wall", "垣"), ("Square", "坊"),
    ("Crossing", "渡"),
)  # fmt: skip
_PLANTS = (
    ("Willow", "柳"), ("Plum", "梅"), ("Orchid", "兰"), ("Bamboo", "竹"), ("Lotus", "莲"), ("Pine", "松"),
    ("Cedar", "杉"), ("Maple", "枫"), ("Peach", "桃"), ("Osmanthus", "桂"), ("Ginkgo", "杏"), ("Elm", "榆"),
    ("Mulberry", "桑"), ("Reed", "苇"), ("Iris", "鸢尾"), ("Peony", "牡丹"), ("Jasmine", "茉莉"),
    ("Camphor", "樟"),
    ("Apricot", "杏子"), ("Pear", "梨"), ("Lilac", "丁香"), ("Ivy", "藤"), ("Fern", "蕨"), ("Clover", "苜蓿"),
    ("Laurel", "月桂"), ("Cassia", "肉桂"), ("Aster", "紫菀"), ("Hazel", "榛"), ("Linden", "椴"),
    ("Birch", "桦"),
)  # fmt: skip
_LANES = (
    ("Lane", "巷"), ("Court", "苑"), ("Yard", "院"), ("Village", "村"), ("Row", "里"), ("Alley", "弄"),
    ("Gardens", "圃"), ("Green", "坪"), ("Close", "庭"), ("Arcade", "廊"), ("Grove", "林"), ("Steps", "阶"),
    ("Quay", "码头"), ("Bend", "湾"), ("Bank", "畔"), ("Mill", "磨坊"), ("Orchard", "果园"), ("Stairs", "梯"),
    ("Rise", "坡"), ("Mews", "胡同"), ("View", "望"), ("Dock", "坞"), ("Field", "田"), ("Cove", "澳"),
)  # fmt: skip


def district_names(n: int, rng: np.random.Generator) -> list[Name]:
    """Return `n` names such as ("Heron Bay", "鹭湾区")."""
    return [(en, f"{zh}区") for en, zh in _combine(_BIRDS, _LANDS, n, rng)]


def street_names(n: int, rng: np.random.Generator) -> list[Name]:
    """Return `n` names such as ("Lantern Gate Subdistrict", "灯门街道")."""
    return [(f"{en} Subdistrict", f"{zh}街道") for en, zh in _combine(_CRAFTS, _GATES, n, rng)]


def community_names(n: int, rng: np.random.Generator) -> list[Name]:
    """Return `n` names such as ("Willow Lane", "柳巷社区")."""
    return [(en, f"{zh}社区") for en, zh in _combine(_PLANTS, _LANES, n, rng)]


def unit_name(community: Name, number: int) -> Name:
    """Return the name of a community's unit, such as ("Willow Lane Unit 3", "柳巷第3网格")."""
    return f"{community[0]} Unit {number}", f"{community[1].removesuffix('社区')}第{number}网格"


def _combine(
    first: tuple[Name, ...], second: tuple[Name, ...], n: int, rng: np.random.Generator
) -> list[Name]:
    """Return `n` combinations in a random order; sides, then numbers, are added once all are used."""
    pairs = [(f"{a[0]} {b[0]}", a[1] + b[1]) for a, b in product(first, second)]
    pairs = [pairs[i] for i in rng.permutation(len(pairs))]
    names: list[Name] = []
    for number in count(1):
        for side_en, side_zh in _SIDES:
            more = ("", "") if number == 1 else (f" {number}", str(number))
            names += [(f"{side_en}{en}{more[0]}", f"{side_zh}{zh}{more[1]}") for en, zh in pairs]
            if len(names) >= n:
                return names[:n]
    raise AssertionError("unreachable")
