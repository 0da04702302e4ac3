"""What the study holds: rows read and set aside, and when communities took up reforms."""

from analysis.publishing import open_package

package = open_package(__file__)
text = package.text

rows = package.accounting.loc[package.accounting["rows_in"] > 0]
rows = rows.assign(rule=rows["rule"].str.replace("_", " "))
package.save_table("accounting", rows, labels=text.names("publication_account"), index=False)

if package.settings["reforms"]:
    panel = package.panel
    starts = panel.drop_duplicates("place_id").set_index("place_id")
    months = panel.drop_duplicates("time").set_index("time")["period"]
    starts = starts[[f"cohort_{name}" for name in package.settings["reforms"]]]
    starts.columns = [text.named("reform", name) for name in package.settings["reforms"]]
    start = starts.melt(var_name="reform", value_name="time").dropna()
    start["start"] = start["time"].map(months).fillna(text("publication.outside"))
    adoption = (
        start.groupby(["reform", "start"], as_index=False).size().rename(columns={"size": "communities"})
    )
    package.save_table("adoption", adoption, labels=text.names("publication_adoption"), index=False)
