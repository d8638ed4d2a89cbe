"""Reading bars: what is wrong with a file is said once, with file and line."""

from pathlib import Path

import numpy as np
import pytest

from catallaxy.market.prices import Bars, BarsError, HistoricalPrice, read_bars

HEADER = "Time,Open,High,Low,Close\n"
GOOD = ["2017-04-19 09:00:00,1.07,1.08,1.06,1.07\n", "2017-04-19 10:00:00,1.07,1.09,1.07,1.08\n"]
EURUSD = Path(__file__).parents[3] / "examples" / "fx_hourly" / "data" / "eurusd_hourly_2017_2018.csv"


def write(folder: Path, *lines: str, header: str = HEADER) -> Path:
    file = folder / "bars.csv"
    file.write_text(header + "".join(lines))
    return file


def test_bars_are_read_with_their_stamps_and_minutes(tmp_path: Path) -> None:
    bars = read_bars(write(tmp_path, *GOOD, "\n", "2017-04-19 13:00:00,1.08,1.08,1.08,1.08\n"))
    assert isinstance(bars, Bars)
    assert bars.stamps[2] == "2017-04-19 13:00:00"
    assert bars.starts.tolist() == [0.0, 60.0, 240.0]
    assert bars.length == 60.0
    assert bars.adjacent.tolist() == [True, False]
    assert (bars.open[1], bars.high[1], bars.low[1], bars.close[1]) == (1.07, 1.09, 1.07, 1.08)


def test_columns_are_found_in_any_order_and_case(tmp_path: Path) -> None:
    lines = ["1.07,1.06,9,1.08,1.07,2017-04-19T09:00:00+00:00\n", "1.08,1.07,9,1.09,1.07,2017-04-19T10:00:00+00:00\n"]
    bars = read_bars(write(tmp_path, *lines, header="close,LOW,volume,high,Open,Timestamp\n"))
    assert bars.close.tolist() == [1.07, 1.08]
    assert bars.low.tolist() == [1.06, 1.07]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("2017-04-19 10:00:00,1.07,1.09,1.07,1.08\n", r"line 4: .*10:00:00 repeats that of line 3"),
        ("2017-04-19 08:00:00,1.07,1.09,1.07,1.08\n", r"line 4: .*08:00:00 is earlier than that of line 3"),
        ("yesterday,1.07,1.09,1.07,1.08\n", r"line 4: 'yesterday' is no ISO 8601"),
        ("2017-04-19 11:00:00,1.07,nan,1.07,1.08\n", r"line 4: high is nan; a price must be a positive, finite"),
        ("2017-04-19 11:00:00,1.07,1.09,0,1.08\n", r"line 4: low is 0; a price must be a positive"),
        ("2017-04-19 11:00:00,-1.07,1.09,1.07,1.08\n", r"line 4: open is -1.07; a price must be a positive"),
        ("2017-04-19 11:00:00,1.07,inf,1.07,1.08\n", r"line 4: high is inf"),
        ("2017-04-19 11:00:00,1.07,1.09,1.07,\n", r"line 4: close is '', which is no number"),
        ("2017-04-19 11:00:00,1.07,1.06,1.09,1.08\n", r"line 4: the high 1.06 is below the low 1.09"),
        ("2017-04-19 11:00:00,1.05,1.09,1.07,1.08\n", r"line 4: the open 1.05 lies outside .*low 1.07 and high 1.09"),
        ("2017-04-19 11:00:00,1.07,1.09,1.07,1.10\n", r"line 4: the close 1.1 lies outside"),
        ("2017-04-19 11:00:00,1.07,1.09\n", r"line 4: 3 field\(s\), but the header has 5"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, row: str, complaint: str) -> None:
    file = write(tmp_path, *GOOD, row)
    with pytest.raises(BarsError, match=complaint) as caught:
        read_bars(file)
    assert str(file) in str(caught.value)
    assert str(type(caught.value)(*caught.value.args)) == str(caught.value)


def test_blank_lines_and_quoted_line_breaks_do_not_shift_the_line_number(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD[0], "\n", '"2017-04-19 \n10:00:00",1.07,1.09,1.07,1.08\n')
    with pytest.raises(BarsError, match="line 5"):
        read_bars(file)


def test_missing_files_columns_and_bars_are_told(tmp_path: Path) -> None:
    with pytest.raises(BarsError, match=r"none\.csv: the file of bars can't be read \(No such file"):
        read_bars(tmp_path / "none.csv")
    with pytest.raises(BarsError, match=r"line 1: no column 'high', 'low'; the header has 'time', 'open', 'close'"):
        read_bars(write(tmp_path, header="time,open,close\n"))
    with pytest.raises(BarsError, match=r"no column 'time'"):
        read_bars(write(tmp_path, header="when,open,high,low,close\n"))
    with pytest.raises(BarsError, match=r"1 bar\(s\) found"):
        read_bars(write(tmp_path, GOOD[0]))
    (tmp_path / "bars.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(BarsError, match="not a text file"):
        read_bars(tmp_path / "bars.csv")


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    assert len(read_bars(write(tmp_path, *GOOD))) == 2
    assert len(read_bars(write(tmp_path, *GOOD, "2017-04-19 11:00:00,1.07,1.09,1.07,1.08\n"))) == 3


def test_the_shipped_bars_are_whole() -> None:
    bars = read_bars(EURUSD)
    assert len(bars) == 5000
    assert bars.length == 60.0
    assert (~bars.adjacent).sum() == 42
    assert np.all(bars.high >= bars.low)
    assert HistoricalPrice(EURUSD).bars is bars
