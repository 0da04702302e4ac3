"""Write platform-export.xls and tickets.csv from the small synthetic city; needs pandas and xlwt 1.3.0."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xlwt

HERE = Path(__file__).parent
CITY = HERE.parent / "small-city"
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
RESIDENCY = {"registered": "本地户籍", "non_registered": "外地户籍"}
ROLE = {
    "resident": "居民",
    "volunteer": "志愿者",
    "party_member": "党员",
    "social_worker": "社工",
    "cadre": "社区干部",
}
OUTCOME = {
    "adopted": "采纳",
    "rejected": "否决",
    "resolved": "已解决",
    "unresolved": "未解决",
    "withdrawn": "撤回",
}
SPOILT = {  # row of the log -> what somebody typed there
    40: {"发生时间": "不详"},
    200: {"互动类型": "打牌"},
    333: {"互动类型": "打牌"},
    470: {"服务时长（小时）": "半天"},
    512: {"所属社区": "柳澳小区"},
    640: {"受助人": ""},
    777: {"发生时间": "2032-01-05"},
}


def read(table: str) -> pd.DataFrame:
    file = next(p for p in (CITY / f"{table}.csv", CITY / f"{table}.csv.gz") if p.exists())
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def where() -> dict[str, tuple[str, str]]:
    places = read("places").set_index("place_id")
    district = places["parent_id"].map(places["parent_id"]).map(places["name_zh"])
    return {p: (district[p], places.at[p, "name_zh"]) for p in places.index[places["kind"] == "community"]}


def half(time: pd.Timestamp) -> str:
    return "上午" if time.hour < 12 else "下午"


def log(places: dict[str, tuple[str, str]]) -> pd.DataFrame:
    acts = read("interactions").iloc[::6].reset_index(drop=True)
    written = pd.to_datetime(acts["time"])
    forms = [
        f"{t.year}/{t.month}/{t.day} {t:%H:%M}"
        if n % 3 == 0
        else f"{t.year}年{t.month}月{t.day}日 {half(t)}{(t.hour - 1) % 12 + 1}:{t:%M}"
        if n % 3 == 1
        else t
        for n, t in enumerate(written)
    ]
    frame = pd.DataFrame(
        {
            "发生时间": forms,
            "所属区": acts["community_id"].map(places).str[0],
            "所属社区": acts["community_id"].map(places).str[1],
            "互动类型": acts["kind"].map(KIND),
            "帮助人": acts["source_id"],
            "受助人": acts["target_id"],
            "活动编号": acts["gathering_id"],
            "服务时长（小时）": [f"{h}小时" if n % 5 == 0 and h else h for n, h in enumerate(acts["hours"])],
            "备注": "",
        }
    ).astype(object)
    for row, cells in SPOILT.items():
        for name, value in cells.items():
            frame.at[row, name] = value
            if name == "受助人":
                frame.at[row, "活动编号"] = ""
    return frame


def people(places: dict[str, tuple[str, str]]) -> pd.DataFrame:
    rows = read("people")
    return pd.DataFrame(
        {
            "居民编号": rows["person_id"],
            "社区名称": rows["community_id"].map(places).str[1],
            "年龄段": rows["age_band"].replace({"75+": "75岁以上", "0-17": "18岁以下"}),
            "性别": rows["sex"].map({"female": "女", "male": "男"}),
            "户籍情况": rows["residency"].map(RESIDENCY),
            "人员类别": rows["role"].map(ROLE),
            "注册日期": rows["joined"],
        }
    )


def tickets(places: dict[str, tuple[str, str]]) -> pd.DataFrame:
    matters = read("matters").query("process == 'request'").set_index("matter_id")
    steps = (
        read("steps")
        .drop_duplicates(["matter_id", "step"])
        .pivot(index="matter_id", columns="step", values="time")
    )
    matters = matters.join(steps[["raised", "answered"]]).fillna("").reset_index()
    return pd.DataFrame(
        {
            "工单编号": matters["matter_id"],
            "反映社区": matters["community_id"].map(places).str[1],
            "问题类型": matters["category"],
            "办理结果": matters["outcome"].map(OUTCOME).fillna(""),
            "满意度": matters["satisfaction"],
            "提出时间": matters["raised"],
            "办结时间": matters["answered"],
        }
    )


def write_sheet(
    book: xlwt.Workbook, name: str, title: str, frame: pd.DataFrame, grouped: tuple[str, ...]
) -> None:
    sheet, day = book.add_sheet(name), xlwt.easyxf(num_format_str="yyyy/m/d h:mm")
    sheet.write_merge(0, 0, 0, len(frame.columns) - 1, title)
    sheet.write(1, 0, "导出单位：街道办事处")
    for column, header in enumerate(frame.columns):
        if header in grouped:
            sheet.write(3, column, header)
        else:
            sheet.write_merge(2, 3, column, column, header)
    if grouped:
        first = list(frame.columns).index(grouped[0])
        sheet.write_merge(2, 2, first, first + len(grouped) - 1, "居民")
    for row, cells in enumerate(frame.itertuples(index=False), start=4):
        for column, value in enumerate(cells):
            if isinstance(value, pd.Timestamp):
                sheet.write(row, column, value.to_pydatetime(), day)
            elif value != "":
                sheet.write(row, column, value)


def main() -> None:
    places, book = where(), xlwt.Workbook(encoding="utf-8")
    write_sheet(book, "互助记录", "邻里互助平台 互助记录表", log(places), ("帮助人", "受助人"))
    write_sheet(book, "居民花名册", "居民花名册", people(places), ())
    book.save(str(HERE / "platform-export.xls"))
    tickets(places).to_csv(HERE / "tickets.csv", index=False, encoding="gbk", lineterminator="\r\n")


if __name__ == "__main__":
    main()
