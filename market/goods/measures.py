"""What shops and customers achieved: one row for each episode and agent, from the log of any run or from worlds.

Both ways give the same table (:data:`COLUMNS`); a measure that means nothing for an agent is NaN. Money is in EUR.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import nan
from typing import Any

import pyarrow as pa

from catallaxy.engine import CatallaxyError, World

from .customer import Customer
from .shop import Shop
from .tally import CustomerTally, ShopTally
from .types import ShopType

COLUMNS: Mapping[str, str] = {
    "sales": "units that a shop has sold",
    "revenue": "what it has sold them for",
    "profit": "revenue less purchases and storage, stock valued at cost",
    "market_share": "its part of all units sold in the episode",
    "stock_outs": "how often it was asked for what it did not have",
    "shortfall": "units that it was asked for and did not have",
    "mean_stock": "mean over time of the units in its storage",
    "objective": "w1 revenue - purchases - w2 storage - w3 shortfall for a shop; a customer's surplus",
    "price": "mean of a shop's price over its decisions; what a customer paid for a unit on average",
    "delivery_time": "days from order to delivery, mean over sales or purchases",
    "purchases": "units that a customer has bought",
    "unmet": "part of a customer's needs for which it has bought nothing",
    "surplus": "sum over a customer's purchases of quantity (value - w1 price) - w2 delivery time",
    "welfare": "a shop's profit or a customer's surplus",
}
"""The measures and what they mean; before them stand episode, agent and group."""

SCHEMA = pa.schema(
    [("episode", pa.int64()), ("agent", pa.string()), ("group", pa.string())]
    + [(name, pa.float64()) for name in COLUMNS]
)

Events = Callable[[str], pa.Table]
Key = tuple[int, str]


def from_worlds(worlds: Iterable[World]) -> pa.Table:
    """Measure the shops and customers of worlds that have been run to their scenario's `duration`."""
    rows: list[dict[str, object]] = []
    for world in worlds:
        shops = [agent for agent in world.everybody if isinstance(agent, Shop)]
        total = sum(shop.tally.sold for shop in shops)
        for shop in shops:
            numbers = _of_shop(shop.tally, total, shop.session.horizon)
            rows.append({"episode": world.episode, "agent": shop.name, "group": shop.group, **numbers})
        for agent in world.everybody:
            if isinstance(agent, Customer):
                head = {"episode": world.episode, "agent": agent.name, "group": agent.group}
                rows.append({**head, **_of_customer(agent.tally)})
    return pa.Table.from_pylist(rows, SCHEMA)


def from_log(events: Events) -> pa.Table:
    """Measure the shops and customers of a run from its log alone.

    Args:
        events: gives a table of the log by its name; one that the run does not have may be refused by an error.
            For a run folder: `open_run(folder).events`.
    """
    agents = events("agents").to_pylist()
    facts = {(row["episode"], row["agent"]): json.loads(row["type"] or "null") for row in agents}
    kinds = {(row["episode"], row["agent"]): row["kind"] for row in agents}
    shops = {key: facts[key] for key, kind in kinds.items() if kind == Shop.__name__}
    customers = {key: CustomerTally() for key, kind in kinds.items() if kind == Customer.__name__}
    tallies = _shops(shops, events)
    _customers(customers, events)
    totals: dict[int, int] = {}
    for (episode, _), tally in tallies.items():
        totals[episode] = totals.get(episode, 0) + tally.sold
    rows = []
    for key in kinds:
        head = {"episode": key[0], "agent": key[1], "group": (facts[key] or {}).get("group")}
        if key in tallies:
            rows.append({**head, **_of_shop(tallies[key], totals[key[0]], facts[key]["horizon"])})
        elif key in customers:
            rows.append({**head, **_of_customer(customers[key])})
    return pa.Table.from_pylist(rows, SCHEMA)


def _of_shop(tally: ShopTally, total: int, horizon: float) -> dict[str, float]:
    return {
        "sales": float(tally.sold),
        "revenue": tally.revenue,
        "profit": tally.profit,
        "market_share": tally.sold / total if total else 0.0,
        "stock_outs": float(tally.stock_outs),
        "shortfall": float(tally.shortfall),
        "mean_stock": tally.stock_days / horizon,
        "objective": tally.objective,
        "price": tally.price,
        "delivery_time": tally.delivery_time,
        "purchases": nan,
        "unmet": nan,
        "surplus": nan,
        "welfare": tally.profit,
    }


def _of_customer(tally: CustomerTally) -> dict[str, float]:
    return {
        **dict.fromkeys(COLUMNS, nan),
        "objective": tally.surplus,
        "price": tally.price,
        "delivery_time": tally.delivery_time,
        "purchases": float(tally.bought),
        "unmet": 1.0 - tally.purchases / tally.needs if tally.needs else nan,
        "surplus": tally.surplus,
        "welfare": tally.surplus,
    }


def _shops(shops: Mapping[Key, Mapping[str, Any]], events: Events) -> dict[Key, ShopTally]:
    """Play every shop's sales and shipments again, in the order in which they happened."""
    tallies = {key: ShopTally(ShopType(**one["type"])) for key, one in shops.items()}
    closing: dict[Key, int] = {}
    for episode, agent, closes, goods in _rows(events, "books", "episode", "agent", "closing", "goods"):
        if (episode, agent) in tallies:
            if closes:
                closing[episode, agent] = goods
            else:
                tallies[episode, agent].stock = goods
    for key, changes in _changes(events).items():
        tally, horizon = tallies[key], shops[key]["horizon"]
        for time, change, price, delivery_time in sorted(changes, key=lambda item: item[0]):
            if time >= horizon and not tally.closed:
                tally.close(horizon)
            if change < 0:
                tally.sell(time, -change, price, delivery_time)
            else:
                tally.stocked(time, change)
    for episode, shop, quantity, reason in _rows(events, "sold_outs", "episode", "sender", "quantity", "reason"):
        if reason == "stock":
            tallies[episode, shop].missed(quantity)
    for episode, shop in _rows(events, "restock_orders", "episode", "sender"):
        tallies[episode, shop].orders += 1
    for episode, shop, price in _rows(events, "plans", "episode", "agent", "price"):
        tallies[episode, shop].decided(price)
    for key, tally in tallies.items():
        if not tally.closed:
            tally.close(shops[key]["horizon"])
        tally.written_off = (1.0 - shops[key]["salvage"]) * tally.type.cost * closing.get(key, 0)
    return tallies


def _changes(events: Events) -> dict[Key, list[tuple[float, int, float, float]]]:
    """For each shop (time, change of the stock, price, delivery time): sales when confirmed, shipments on arrival."""
    changes: dict[Key, list[tuple[float, int, float, float]]] = {}
    sold = ("episode", "sender", "time", "quantity", "price", "delivery_time")
    for episode, shop, time, quantity, price, delivery_time in _rows(events, "confirmations", *sold):
        changes.setdefault((episode, shop), []).append((time, -quantity, price, delivery_time))
    arrived = ("episode", "receiver", "time", "latency", "quantity")
    for episode, shop, time, latency, quantity in _rows(events, "shipments", *arrived):
        changes.setdefault((episode, shop), []).append((time + latency, quantity, 0.0, 0.0))
    return changes


def _customers(tallies: Mapping[Key, CustomerTally], events: Events) -> None:
    for key in _rows(events, "needs", "episode", "agent"):
        tallies[key[0], key[1]].needs += 1
    columns = ("episode", "agent", "quantity", "price", "delivery_time", "surplus")
    for episode, agent, *bought in _rows(events, "purchases", *columns):
        tallies[episode, agent].buy(*bought)


def _rows(events: Events, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a table; none if the run does not have it."""
    try:
        found = events(table)
    except (CatallaxyError, KeyError, FileNotFoundError):
        return
    yield from zip(*(found.column(name).to_pylist() for name in columns), strict=True)
