"""Makes data/analysis from data/raw, the study itself; does nothing where data/raw is not here."""

from analysis import open_study
from analysis.publishing import build_data, open_package

package = open_package(__file__)
if (package.raw / "study.toml").is_file():
    with package.own_key():
        build_data(open_study(package.raw), package.data, protect=package.settings["protected"])
else:
    print("data/raw is not here: the files in data/analysis are used as they were provided")
