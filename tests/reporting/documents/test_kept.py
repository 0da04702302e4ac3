"""A figure that all reports share is drawn once per city stage, and drawn anew when anything changes."""

import pytest

from analysis.display.figures import figure_png, new_axes
from analysis.reporting.kept import kept


@pytest.fixture
def draw():
    times = []

    def one():
        times.append(1)
        return new_axes(width=1, height=1).figure

    one.times = times
    return one


def test_drawn_once_for_the_same_facts(tmp_path, draw):
    first = kept(tmp_path, ("a", 1), draw)
    assert kept(tmp_path, ("a", 1), draw) == first == figure_png(new_axes(width=1, height=1).figure)
    assert len(draw.times) == 1
    kept(tmp_path, ("a", 2), draw)
    assert len(draw.times) == 2
    assert {p.suffix for p in (tmp_path / "drawn").iterdir()} == {".png"}


def test_drawn_anew_without_a_folder_or_where_nothing_can_be_kept(tmp_path, draw):
    kept(None, "a", draw)
    (tmp_path / "drawn").write_text("in the way")
    assert kept(tmp_path, "a", draw) == kept(tmp_path, "a", draw)
    assert len(draw.times) == 3
