"""What of a study's targets can be refused before anything is simulated, or after one episode of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

from catallaxy.calibrate import CalibrationError
from catallaxy.engine import CatallaxyError
from catallaxy.market.measures.columns import numeric

from ..hints import nearest
from ..markets import Market
from ..named import named
from .aims import Aim
from .shown import EVERYBODY, Shown, texts


def check_measure(aim: Aim, market: Market) -> None:
    """Whether a market has what is aimed at.

    Raises:
        CatallaxyError: it has no such measure or table, there is no such function, or it is asked for in part.
    """
    if aim.function:
        named(aim.measure)
        if (aim.of, aim.among, aim.at, aim.statistic) != (EVERYBODY, EVERYBODY, None, "mean"):
            _refuse(aim, "a function of the log gives a number itself: leave out `of`, `among`, `at` and `statistic`")
        return
    table, _ = aim.place(market)
    if "." in aim.measure:
        if table not in market.tables:
            _refuse(aim, f"market {market.name!r} has no table {table!r}; {nearest(table, tuple(market.tables))}")
    elif aim.measure not in (known := [*market.columns, *market.curves]):
        _refuse(aim, f"market {market.name!r} has no measure {aim.measure!r}; {nearest(aim.measure, known)}")
    if aim.measure in market.curves:
        if aim.at is None:
            _refuse(aim, f"{aim.measure} is a curve: say with `at` where on it")
        if aim.statistic != "mean":
            _refuse(aim, f"a point of a curve has no {aim.statistic}")
    elif aim.at is not None or aim.among != EVERYBODY:
        _refuse(aim, f"`at` and `among` are for curves ({', '.join(market.curves) or 'there are none'})")


def check_names(aim: Aim, names: Collection[str]) -> None:
    """Whether a world has those whom an aim is about, by the names of its agents and groups.

    Raises:
        CalibrationError: nobody is called so.
    """
    for name in (aim.of, aim.among):
        if name != EVERYBODY and name not in names:
            _refuse(aim, f"nobody is called {name!r}; {nearest(name, sorted(names))}")


def check_curve(aim: Aim, shown: Shown) -> None:
    """Whether a world that has not begun has the two sides of a curve.

    Raises:
        CalibrationError: it has not.
    """
    assert aim.at is not None
    try:
        shown.curve(aim.measure, aim.at, aim.of, aim.among)
    except CatallaxyError as error:
        _refuse(aim, str(error))


def check_shown(aim: Aim, shown: Shown) -> None:
    """Whether an episode shows what is aimed at.

    Raises:
        CalibrationError: it does not.
    """
    try:
        if aim.function:
            shown.number(aim.measure)
            return
        table, column = aim.place(shown.market)
        found = shown.table(table)
    except LookupError as error:
        _refuse(aim, f"the episode that was tried shows nothing of it ({error})")
    if column not in (known := numeric(found)):
        _refuse(aim, f"table {table!r} has no number {column!r}; {nearest(column, known)}")
    if aim.of != EVERYBODY and not texts(found):
        _refuse(aim, f"table {table!r} is about nobody in particular: leave out `of`")


def _refuse(aim: Aim, why: str) -> NoReturn:
    raise CalibrationError(f"target {aim.name}: {why}") from None
