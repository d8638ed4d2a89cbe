"""Whether money and assets are conserved: every account of a run, checked to the last unit from its log."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pyarrow as pa

from catallaxy.engine import CatallaxyError
from catallaxy.market.account import EUR_PER_MEUR, NANO

Key = tuple[int, str]


class BooksError(CatallaxyError):
    """Money or assets were lost or made."""


@attrs.frozen
class Books:
    """What was checked.

    Attributes:
        accounts: how many, counted in each episode.
        trades: how many both sides have booked.
    """

    accounts: int
    trades: int


def check_books(events: Callable[[str], pa.Table], tables: tuple[str, ...] = ("fills", "hedge_fills")) -> Books:
    """Check that each account's closing statement is its opening one plus its trades, and that nothing is lost in sum.

    Args:
        events: gives a table of the log by its name, as `open_run(folder).events`.
        tables: those that hold trades, with sender, receiver, quantity (positive: the receiver has bought, MEUR) and
            price; those that the log does not have are left out.

    Raises:
        BooksError: an account or an episode does not add up; says which and by how much.
    """
    opening: dict[Key, list[int]] = {}
    closing: dict[Key, list[int]] = {}
    for row in events("statements").to_pylist():
        entry = [row["inventory"], row["dollars"] * NANO + row["nanodollars"]]
        (closing if row["closing"] else opening)[row["episode"], row["agent"]] = entry
    if opening.keys() != closing.keys():
        raise BooksError(f"{len(opening)} accounts were opened and {len(closing)} closed")
    sums = [{episode: _sum(books, episode) for episode, _ in books} for books in (opening, closing)]
    if sums[0] != sums[1]:
        raise BooksError(f"inventory or cash has not been conserved: {sums[0]} at the opening, {sums[1]} at the close")
    trades = 0
    for name in tables:
        try:
            rows = events(name).to_pylist()
        except CatallaxyError:
            continue
        for row in rows:
            trades += 1
            euros = round(row["quantity"] * EUR_PER_MEUR)
            paid = euros * round(row["price"] * NANO)
            for agent, sign in ((row["receiver"], 1), (row["sender"], -1)):
                opening[row["episode"], agent][0] += sign * euros
                opening[row["episode"], agent][1] -= sign * paid
    for key, (inventory, cash) in opening.items():
        if [inventory, cash] != closing[key]:
            raise BooksError(
                f"episode {key[0]}, agent {key[1]!r}: {[inventory, cash]} by its trades, not {closing[key]}"
            )
    return Books(len(closing), trades)


def _sum(books: dict[Key, list[int]], episode: int) -> tuple[int, int]:
    own = [entry for (number, _), entry in books.items() if number == episode]
    return sum(entry[0] for entry in own), sum(entry[1] for entry in own)
