"""Exports as offices make them, from the small synthetic city: Chinese headers, titles, merged cells, GBK."""

import openpyxl
import pandas as pd
import pytest

SEX = {"female": "女", "male": "男"}
RESIDENCY = {"registered": "本地户籍", "non_registered": "外地户籍"}
ROLE = {
    "resident": "居民",
    "volunteer": "志愿者",
    "party_member": "党员",
    "social_worker": "社工",
    "cadre": "社区干部",
}
KIND = {
    "help": "邻里互助",
    "goods": "物品共享",
    "skill": "技能分享",
    "activity": "文体活动",
    "consultation": "协商议事",
    "forum": "论坛发帖",
    "meeting": "居民会议",
    "volunteering": "志愿服务",
    "mediation": "矛盾调解",
    "other": "其他",
}


@pytest.fixture(scope="session")
def city(repository):
    """The frames of the small city as they stand in its files, and the names of its communities."""
    folder = repository / "data" / "examples" / "small-city"
    names = ("places", "people", "interactions", "matters", "steps", "duties", "outcomes", "reforms")
    frames = {}
    for name in names:
        file = next(p for p in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if p.exists())
        frames[name] = pd.read_csv(file, dtype=str, keep_default_na=False)
    return frames


@pytest.fixture(scope="session")
def where(city):
    """place_id -> (district, street, community) in Chinese, for communities."""
    places = city["places"].set_index("place_id")
    name, parent = places["name_zh"], places["parent_id"]
    found = {}
    for place in places.index[places["kind"] == "community"]:
        street = parent[place]
        found[place] = (name[parent[street]], name[street], name[place])
    return found


@pytest.fixture(scope="session")
def log(city, where):
    """The log as a table of an office."""
    acts = city["interactions"]
    times = pd.to_datetime(acts["time"])
    places = acts["community_id"].map(where)
    return pd.DataFrame({
        "序号": range(1, len(acts) + 1),
        "发生时间": [f"{t.year}年{t.month}月{t.day}日 {'上午' if t.hour < 12 else '下午'}"
                     f"{(t.hour - 1) % 12 + 1}:{t:%M:%S}" for t in times],
        "所属区": places.str[0], "街道": places.str[1], "所属社区": places.str[2],
        "互动类型": acts["kind"].map(KIND), "帮助人": acts["source_id"], "受助人": acts["target_id"],
        "活动编号": acts["gathering_id"],
        "服务时长（小时）": acts["hours"].map(lambda h: f"{h}小时" if h else ""),
        "备注": "",
    })  # fmt: skip


@pytest.fixture(scope="session")
def people(city, where):
    """The register of people as a table of an office."""
    rows = city["people"]
    return pd.DataFrame({
        "居民编号": rows["person_id"], "社区名称": rows["community_id"].map(where).str[2],
        "年龄段": rows["age_band"].replace({"75+": "75岁以上", "0-17": "18岁以下"}),
        "性别": rows["sex"].map(SEX),
        "户籍情况": rows["residency"].map(RESIDENCY), "人员类别": rows["role"].map(ROLE),
        "注册日期": pd.to_datetime(rows["joined"]).dt.strftime("%Y/%m/%d"),
    })  # fmt: skip


@pytest.fixture(scope="session")
def write_office_sheet():
    """A function that writes a sheet as offices do."""
    return _write_office_sheet


def _write_office_sheet(path, sheet, title, frame, groups=()):
    """Write a sheet with a title over all columns, a line of small print, and groups of columns merged."""
    book = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    page = book.create_sheet(sheet) if path.exists() else book.active
    page.title = sheet
    width = len(frame.columns)
    page.cell(1, 1, title)
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    page.cell(2, 1, "导出单位：街道办事处")
    grouped = {name for _, names in groups for name in names}
    for column, name in enumerate(frame.columns, start=1):
        if name in grouped:
            page.cell(4, column, name)
        else:
            page.cell(3, column, name)
            if groups:
                page.merge_cells(start_row=3, start_column=column, end_row=4, end_column=column)
    for over, names in groups:
        first = list(frame.columns).index(names[0]) + 1
        page.cell(3, first, over)
        page.merge_cells(start_row=3, start_column=first, end_row=3, end_column=first + len(names) - 1)
    for row in frame.itertuples(index=False):
        page.append([value if value != "" else None for value in row])
    book.save(path)
