"""What the paper market teaches: who buys where, who keeps how much in stock, and what connections are worth.

    python examples/paper_market/study.py --out runs/paper [--quick]

Trains on `scenario.toml` (three shops, three customers) and `large.toml` (five shops, a hundred customers), plays fresh
episodes, and writes `study.json` and `study.png` beside the two runs. Every number is a mean over episodes with its
95 % confidence interval; differences are taken in the same episodes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catallaxy import open_run
from catallaxy.market.measures import Interval, interval
from catallaxy.market.measures.columns import places
from catallaxy.plots.canvas import COLOURS, figure_file
from catallaxy.train import train

FOLDER = Path(__file__).parent
Floats = npt.NDArray[np.float64]
QUICK = {"slide": 40_000, "large": 12_000}
"""Decisions to learn from with --quick; else what the scenario files say."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/paper"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--quick", action="store_true", help="learn less, in under two minutes: prices have not settled then"
    )
    given = parser.parse_args()
    for name, file in (("slide", "scenario.toml"), ("large", "large.toml")):
        train(
            FOLDER / file, given.out / name, seed=given.seed, workers=given.workers, force=True,
            decisions=QUICK[name] if given.quick else None,
        )  # fmt: skip
    found = {"slide": slide(given.out / "slide"), "large": large(given.out / "large")}
    (given.out / "study.json").write_text(json.dumps(plain(found), indent=2) + "\n")
    print(json.dumps(plain(found), indent=2))
    draw(given.out)


def slide(folder: Path) -> dict[str, Any]:
    """Three shops: who buys where, prices and stocks."""
    measured = by_agent(folder)
    bought = who_buys_where(folder)
    prices = {shop: interval(measured[shop]["price"]) for shop in "XYZ"}
    stocks = {shop: interval(measured[shop]["mean_stock"]) for shop in "XYZ"}
    return {
        "price": prices,
        "mean stock": stocks,
        "part of Alice's purchases from Z": interval(bought["Alice"]["Z"]),
        "part of Bob's purchases from Z": interval(bought["Bob"]["Z"]),
        "Bob's part less Alice's": interval(bought["Bob"]["Z"] - bought["Alice"]["Z"]),
        "stock of Y less that of X": interval(measured["Y"]["mean_stock"] - measured["X"]["mean_stock"]),
    }


def large(folder: Path) -> dict[str, Any]:
    """Five shops: prices by connection, stocks by storage cost, and where the hurried go."""
    measured = by_agent(folder)
    central, corner = ("central_1", "central_2"), ("corner_1", "corner_2", "corner_3")

    def mean(names: tuple[str, ...], measure: str) -> Floats:
        return np.mean([measured[name][measure] for name in names], axis=0)

    costs, stocks = storage_and_stock(folder)
    slopes = [slope(np.log2(cost), stock) for cost, stock in zip(costs, stocks, strict=True)]
    waits = {group: mean(tuple(f"{group}_{n + 1}" for n in range(50)), "delivery_time") for group in GROUPS}
    paid = {group: mean(tuple(f"{group}_{n + 1}" for n in range(50)), "price") for group in GROUPS}
    return {
        "price of a central shop": interval(mean(central, "price")),
        "price of a corner shop": interval(mean(corner, "price")),
        "central less corner price": interval(mean(central, "price") - mean(corner, "price")),
        "profit of a central shop": interval(mean(central, "profit")),
        "profit of a corner shop": interval(mean(corner, "profit")),
        "stock for each doubling of the storage cost": interval(slopes),
        "delivery time of the thrifty less that of the hurried": interval(waits["thrifty"] - waits["hurried"]),
        "price paid by the hurried less that by the thrifty": interval(paid["hurried"] - paid["thrifty"]),
    }


GROUPS = ("thrifty", "hurried")
CENTRAL, CORNER = slice(0, 2), slice(2, 5)


def slope(x: Floats, y: Floats) -> float:
    """Least squares over an episode's shops, central and corner ones each around their own mean."""
    x, y = (np.concatenate([part - part.mean() for part in (one[CENTRAL], one[CORNER])]) for one in (x, y))
    return float(x @ y / (x @ x))


def by_agent(folder: Path) -> dict[str, dict[str, Floats]]:
    """Each agent's measures after learning, by episode."""
    rows = [row for row in open_run(folder).metric("goods").to_pylist() if row["policy"] == "after"]
    rows.sort(key=lambda row: row["episode"])
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        mine = found.setdefault(row["agent"], {})
        for name, value in row.items():
            if isinstance(value, float):
                mine.setdefault(name, []).append(value)
    return {name: {measure: np.array(values) for measure, values in one.items()} for name, one in found.items()}


def who_buys_where(folder: Path) -> dict[str, dict[str, Floats]]:
    """For each customer the part of its purchases that each shop has, by episode."""
    table = open_run(folder).events("purchases")
    customers, shops = ("Alice", "Bob", "Carl"), ("X", "Y", "Z")
    episodes, episode = np.unique(table["episode"].to_numpy(), return_inverse=True)
    who, where = places(table, "agent", customers), places(table, "shop", shops)
    counts = np.zeros((len(customers), len(shops), len(episodes)))
    np.add.at(counts, (who, where, episode), 1.0)
    parts = counts / counts.sum(axis=1, keepdims=True)
    return {customer: {shop: parts[i, j] for j, shop in enumerate(shops)} for i, customer in enumerate(customers)}


def storage_and_stock(folder: Path) -> tuple[Floats, Floats]:
    """Storage cost and mean stock of every shop, both of shape (episodes, shops)."""
    run = open_run(folder)
    shops = [row for row in run.events("agents").to_pylist() if row["kind"] == "Shop"]
    cost = {(row["episode"], row["agent"]): json.loads(row["type"])["type"]["storage_cost"] for row in shops}
    names = list(dict.fromkeys(name for _, name in cost))
    episodes = sorted({episode for episode, _ in cost})
    measured = by_agent(folder)
    stocks = np.array([measured[name]["mean_stock"] for name in names]).T
    return np.array([[cost[episode, name] for name in names] for episode in episodes]), stocks


def draw(out: Path) -> None:
    """`study.png`."""
    with figure_file(out / "study.png", 12.0, 3.8) as figure:
        left, middle, right = figure.subplots(1, 3)
        bought, below = who_buys_where(out / "slide"), np.zeros(3)
        for number, shop in enumerate("XYZ"):
            parts = np.array([100.0 * bought[name][shop].mean() for name in bought])
            left.bar(list(bought), parts, bottom=below, color=COLOURS[number], label=shop, width=0.6)
            below += parts
        left.set(title="where customers buy, %", ylim=(0.0, 100.0))
        left.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.1))
        costs, stocks = storage_and_stock(out / "large")
        for number, (columns, label) in enumerate(((CENTRAL, "central"), (CORNER, "corner"))):
            middle.semilogx(
                costs[:, columns].ravel(), stocks[:, columns].ravel(), ".", color=COLOURS[number], label=label
            )
        middle.set(title="mean stock, reams", xlabel="storage cost, EUR a ream and day", ylim=(0.0, None))
        ticks = (0.02, 0.05, 0.1, 0.2, 0.4)
        middle.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        middle.set_xticks([], minor=True)
        middle.legend(frameon=False)
        measured = by_agent(out / "large")
        names = [name for name in measured if name.startswith(("central", "corner"))]
        prices = [interval(measured[name]["price"]) for name in names]
        for place, (name, price) in enumerate(zip(names, prices, strict=True)):
            colour = COLOURS[0 if name.startswith("central") else 1]
            reach = (price.high - price.low) / 2
            right.errorbar(place, price.mean, yerr=reach, fmt="o", color=colour, capsize=4)
        right.set_xticks(range(len(names)), [name.replace("_", "\n") for name in names])
        right.set(title="mean price, EUR")


def plain(value: Any) -> Any:
    """Intervals as [mean, low, high], rounded."""
    if isinstance(value, Interval):
        return [round(number, 4) for number in (value.mean, value.low, value.high)]
    return {name: plain(one) for name, one in value.items()} if isinstance(value, Mapping) else value


if __name__ == "__main__":
    main()
