"""Prices from CSV, Parquet and Arrow files: the same whatever the format, and what is wrong is named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest

from catallaxy.market.prices import (
    BarsError,
    HistoricalPrice,
    PriceFileError,
    TickPrice,
    TicksError,
    read_bars,
    read_ticks,
)

START = datetime(2021, 1, 4, 9, tzinfo=UTC)


def bars_table() -> pa.Table:
    count = 12
    open_ = 1.1 + 0.001 * np.arange(count)
    return pa.table(
        {
            "Timestamp": [START + timedelta(hours=n) for n in range(count)],
            "Volume": list(range(count)),
            "Open": open_,
            "High": open_ + 0.002,
            "Low": open_ - 0.001,
            "Close": open_ + 0.001,
        }
    )


def ticks_table(seconds: list[float], prices: list[float], name: str = "price") -> pa.Table:
    return pa.table({"time": [START + timedelta(seconds=s) for s in seconds], name: prices})


def write(table: pa.Table, file: Path) -> Path:
    match file.suffix:
        case ".parquet":
            pyarrow.parquet.write_table(table, file)
        case ".feather":
            pyarrow.feather.write_feather(table, file, compression="uncompressed")
        case ".arrows":
            with pa.ipc.new_stream(file, table.schema) as writer:
                writer.write_table(table)
        case _:
            pyarrow.csv.write_csv(table, file)
    return file


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet", "bars.feather", "bars.arrows"])
def test_bars_are_the_same_whatever_the_format(name: str, tmp_path: Path) -> None:
    bars = read_bars(write(bars_table(), tmp_path / name))
    assert bars.starts.tolist() == [60.0 * n for n in range(12)]
    np.testing.assert_allclose(bars.high, 1.102 + 0.001 * np.arange(12))
    path = HistoricalPrice(tmp_path / name).sample(np.random.default_rng(1), 120.0, 1.0)
    first = bars.stamps.index(path.origin)
    assert path.prices[0] == bars.open[first]


@pytest.mark.parametrize("name", ["ticks.csv", "ticks.parquet", "ticks.feather", "ticks.arrows"])
def test_ticks_hold_until_the_next_whatever_the_format(name: str, tmp_path: Path) -> None:
    table = ticks_table([0.0, 30.0, 30.0, 90.0, 600.0], [1.1, 1.2, 1.3, 1.4, 1.5])
    price = TickPrice(write(table, tmp_path / name))
    path = price.sample(np.random.default_rng(0), horizon=9.75, step=0.25)
    assert path.origin.startswith("2021-01-04")
    assert path.prices[[0, 1, 2, 3, 5, 6, 7]].tolist() == [1.1, 1.1, 1.3, 1.3, 1.3, 1.4, 1.4]
    assert path.times[-1] == 9.75


def test_the_middle_of_bid_and_ask_is_taken(tmp_path: Path) -> None:
    table = ticks_table([0.0, 60.0, 120.0], [1.10, 1.12, 1.14], "Bid").append_column("Ask", [[1.12, 1.12, 1.16]])
    ticks = read_ticks(write(table, tmp_path / "quotes.parquet"))
    np.testing.assert_allclose(ticks.prices, [1.11, 1.12, 1.15])
    assert ticks.times.tolist() == [0.0, 1.0, 2.0]


def test_nanoseconds_do_not_disturb(tmp_path: Path) -> None:
    stamps = pa.array([1, 60_000_000_001, 120_000_000_001], pa.timestamp("ns", "UTC"))
    file = write(pa.table({"time": stamps, "mid": [1.0, 1.1, 1.2]}), tmp_path / "nano.parquet")
    assert read_ticks(file).times.tolist() == [0.0, 1.0, 2.0]


def test_windows_of_ticks_avoid_gaps_and_every_start_is_equally_likely(tmp_path: Path) -> None:
    """Ticks every minute from 0 to 5 and from 100 to 103: three minutes fit after 0, 1, 2 and 100."""
    minutes = [0, 1, 2, 3, 4, 5, 100, 101, 102, 103]
    file = write(ticks_table([60.0 * m for m in minutes], [1.0 + 0.01 * m for m in minutes]), tmp_path / "t.csv")
    rng = np.random.default_rng(1)
    firsts = [TickPrice(file, longest_gap=10.0).sample(rng, 3.0, 0.5).prices[0] for _ in range(800)]
    values, counts = np.unique(np.round(firsts, 6), return_counts=True)
    assert values.tolist() == [1.0, 1.01, 1.02, 2.0]
    assert np.abs(counts - 200).max() < 4 * (800 * 0.25 * 0.75) ** 0.5
    with pytest.raises(TicksError, match=r"horizon of 6 minutes without a gap of more than 10; .* has 5;"):
        TickPrice(file, longest_gap=10.0).sample(rng, 6.0, 0.5)
    assert TickPrice(file, longest_gap=100.0).sample(rng, 103.0, 0.5).prices[-1] == pytest.approx(2.03)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (
            [("2021-01-04 09:00", "1.1"), ("2021-01-04 08:59", "1.1")],
            r"line 3: .* is earlier than that of line 2",
        ),
        ([("2021-01-04 09:00", "1.1"), ("9 o'clock", "1.1")], r"line 3: \"9 o'clock\" is no ISO 8601"),
        ([("2021-01-04 09:00", "1.1"), ("2021-01-04 09:01", "one")], r"line 3: price is 'one', which is no number"),
        ([("2021-01-04 09:00", "-1.1")], r"line 2: price is -1.1; a price must be a positive"),
        ([("2021-01-04 09:00", "1.1")], r"1 tick\(s\) found; at least two"),
    ],
)
def test_a_bad_tick_is_named_by_file_and_line(tmp_path: Path, rows: list[tuple[str, str]], complaint: str) -> None:
    file = tmp_path / "ticks.csv"
    file.write_text("time,price\n" + "".join(f"{stamp},{price}\n" for stamp, price in rows))
    with pytest.raises(TicksError, match=complaint) as caught:
        read_ticks(file)
    assert str(file) in str(caught.value)
    assert str(type(caught.value)(*caught.value.args)) == str(caught.value)


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_a_bad_row_of_a_table_is_named_by_its_number(tmp_path: Path, suffix: str) -> None:
    prices = [1.1, 1.2, None, 1.3]
    file = write(ticks_table([0.0, 1.0, 2.0, 3.0], prices), tmp_path / f"ticks.{suffix}")  # type: ignore[arg-type]
    with pytest.raises(TicksError, match=rf"ticks\.{suffix}, row 3: price is None, which is no number"):
        read_ticks(file)
    table = bars_table().set_column(3, "High", [[1.0] * 12])
    with pytest.raises(BarsError, match=r"row 1: the high 1.0 is below the low 1.099"):
        read_bars(write(table, tmp_path / f"bars.{suffix}"))


def test_an_ask_below_its_bid_is_refused(tmp_path: Path) -> None:
    table = ticks_table([0.0, 60.0], [1.10, 1.12], "bid").append_column("ask", [[1.12, 1.11]])
    with pytest.raises(TicksError, match=r"row 2: the ask 1.11 is below the bid 1.12"):
        read_ticks(write(table, tmp_path / "quotes.parquet"))


def test_missing_files_and_columns_are_told(tmp_path: Path) -> None:
    with pytest.raises(TicksError, match=r"none\.parquet: the file of ticks can't be read \(No such file"):
        read_ticks(tmp_path / "none.parquet")
    table = ticks_table([0.0, 60.0], [1.10, 1.12], "value")
    with pytest.raises(TicksError, match=r"no column 'price'; the header has 'time', 'value'"):
        read_ticks(write(table, tmp_path / "a.csv"))
    with pytest.raises(TicksError, match=r"no column 'ask'; the header has 'time', 'bid'"):
        read_ticks(write(ticks_table([0.0, 60.0], [1.10, 1.12], "bid"), tmp_path / "b.parquet"))
    for suffix, kind in ((".parquet", "Parquet"), (".arrow", "Arrow")):
        file = tmp_path / f"text{suffix}"
        file.write_text("time,price\n")
        with pytest.raises(PriceFileError, match=rf"text{suffix}: not a file of {kind}"):
            read_ticks(file)


def test_a_file_that_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    file = write(ticks_table([0.0, 60.0], [1.1, 1.2]), tmp_path / "t.parquet")
    assert read_ticks(file) is TickPrice(file).ticks
    write(ticks_table([0.0, 60.0, 120.0], [1.1, 1.2, 1.3]), file)
    assert len(read_ticks(file)) == 3


def test_stamps_that_arrow_does_not_understand_are_read_row_by_row(tmp_path: Path) -> None:
    """Offsets that differ, and blank lines: the same ticks as without them."""
    plain, mixed = tmp_path / "plain.csv", tmp_path / "mixed.csv"
    plain.write_text("time,price\n2021-01-04 09:00:00,1.1\n2021-01-04 09:01:30,1.2\n2021-01-04 09:02:00,1.3\n")
    mixed.write_text("Time, Price\n2021-01-04 09:00,1.1\n\n2021-01-04T10:01:30+01:00,1.2\n2021-01-04T09:02:00Z,1.3\n")
    one, other = read_ticks(plain), read_ticks(mixed)
    assert one.times.tolist() == other.times.tolist() == [0.0, 1.5, 2.0]
    assert one.prices.tolist() == other.prices.tolist() == [1.1, 1.2, 1.3]
    assert one.stamp(1) == other.stamp(1) == "2021-01-04T09:01:30.000000"
