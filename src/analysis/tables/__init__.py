"""What a study is: its dictionary, how it is opened, checked and made pseudonymous."""

from analysis.tables.check import check_study, open_study
from analysis.tables.periods import ALL
from analysis.tables.places import PlaceTree
from analysis.tables.study import Study

__all__ = ["ALL", "PlaceTree", "Study", "check_study", "open_study"]
