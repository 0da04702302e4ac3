"""Grade submissions in processes that can harm nobody."""

from analysis.teaching.grading.folder import check_file, grade_folder

__all__ = ["check_file", "grade_folder"]
