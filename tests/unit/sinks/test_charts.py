"""Charts that the program draws itself: what is nothing leaves a gap, in lines and in bands."""

import re

from sinks.svg.charts import Band, Frame, Series, band_chart
from sinks.svg.elements import with_style


def test_a_band_is_drawn_where_both_edges_are_known_and_all_names_are_written() -> None:
    frame = Frame("f", "A <title>", "What it shows.", ["1", "2", "3", "4", "5"], str)
    band = Band("most", [None, 1, 1, None, 2], [5, 5, 5, None, 5])
    drawn = with_style(band_chart(frame, band, [Series("line", [1, None, 2, 3, None])]), ".line{fill:none}")
    (area,) = re.findall(r'<path d="([^"]*)" class="band"', drawn)
    assert (area.count("M"), area.count("Z"), area.count("L")) == (2, 2, 4)
    assert [name for name in ("most", "line", "A &lt;title&gt;") if f">{name}</text>" not in drawn] == []
    assert drawn.index("<style>") < drawn.index("<title")
