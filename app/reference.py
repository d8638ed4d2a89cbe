"""`catallaxy reference`: what is known exactly, as tables, JSON and figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from catallaxy.engine import CatallaxyError

from .display import console

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console
    from rich.table import Table

    from catallaxy.market.reference.avellaneda import ExponentialDealer
    from catallaxy.market.reference.fx_dealer import FxDealer

T = TypeVar("T")
Report = dict[str, Any]


_MOST_POINTS = 2501
"""Of a grid: this many take seconds, and time grows with their square."""


class UnsolvableError(CatallaxyError):
    """A reference that can't be computed for what it was given."""


@attrs.frozen
class Delivery:
    """Where a reference goes.

    Attributes:
        json: print JSON instead of tables.
        plot: file of the figure, if any is wanted; its ending says the format.
        out: folder for `NAME.json` and `NAME.png`, if any.
    """

    json: bool = False
    plot: Path | None = None
    out: Path | None = None


def fx_dealer(changes: Mapping[str, Any], step: float, deliver: Delivery) -> None:
    """The optimal FX dealer (Barzykin, Bergault, Gueant 2021) for `changes` to `FxDealer`'s defaults.

    A horizon among the changes asks for that finite-horizon problem besides; `lam_scale` multiplies all rates.
    """
    from catallaxy.market.reference.fx_report import report

    dealer = _fx_dealer(changes, step)
    found = _told(lambda: report(dealer, step, finite="horizon" in changes))
    wide = 5.0 * found["inventory_sd"] // step

    def fine() -> Report:
        places = [step * q for q in range(-int(wide), int(wide) + 1) if abs(step * q) <= dealer.limit]
        return report(dealer, step, places)

    _deliver("fx-dealer", found, deliver, _show_fx_dealer, "draw_fx_dealer", (11.0, 8.0), fine)


def closed_form_skew(changes: Mapping[str, Any], step: float, deliver: Delivery) -> None:
    """The closed-form skew of a dealer who never hedges, beside the exact optimum."""
    from catallaxy.market.reference.skew_report import closed_form_report

    found = _told(lambda: closed_form_report(_fx_dealer(changes, step), step=step))
    _deliver("closed-form-skew", found, deliver, _show_closed_form, "draw_closed_form_skew", (7.0, 5.0))


def avellaneda_stoikov(changes: Mapping[str, Any], remaining: float | None, deliver: Delivery) -> None:
    """Avellaneda and Stoikov's quotes."""
    from catallaxy.market.reference.exponential_report import avellaneda_stoikov_report

    found = _told(lambda: avellaneda_stoikov_report(_exponential(changes), remaining))
    _deliver("avellaneda-stoikov", found, deliver, _show_avellaneda, "draw_avellaneda_stoikov", (7.0, 5.0))


def glft(changes: Mapping[str, Any], remaining: float | None, deliver: Delivery) -> None:
    """The quotes of Gueant, Lehalle and Fernandez-Tapia, exact and asymptotic."""
    from catallaxy.market.reference.exponential_report import glft_report

    found = _told(lambda: glft_report(_exponential(changes), remaining))
    _deliver("glft", found, deliver, _show_glft, "draw_glft", (7.0, 5.0))


def tick_dealer(instance: Path, gammas: Sequence[float], deliver: Delivery) -> None:
    """The optimum of an instance of the score."""
    from catallaxy.market.reference.tick_dealer import TickDealer
    from catallaxy.market.reference.tick_report import tick_report

    from .config import load_as

    dealer = load_as(instance, TickDealer)
    with console(quiet=deliver.json).status("solving"):
        found = _told(lambda: tick_report(dealer, gammas or None))
    _deliver("tick-dealer", found, deliver, _show_tick, "draw_tick_dealer", (13.0, 4.2))


def _fx_dealer(changes: Mapping[str, Any], step: float) -> FxDealer:
    from catallaxy.market.reference.fx_dealer import FxDealer

    given = dict(changes)
    scale = given.pop("lam_scale", 1.0)
    usual = FxDealer()
    dealer = _told(lambda: attrs.evolve(usual, rates=tuple(scale * rate for rate in usual.rates), **given))
    points = 2.0 * dealer.limit / step + 1.0
    if points > _MOST_POINTS:
        raise UnsolvableError(
            f"limit = {dealer.limit:g} and step = {step:g} make a grid of {points:,.0f} inventories, more than "
            f"{_MOST_POINTS:,}: lower --limit or raise --step"
        )
    return dealer


def _exponential(changes: Mapping[str, Any]) -> ExponentialDealer:
    from catallaxy.market.reference.avellaneda import ExponentialDealer

    return ExponentialDealer(**changes)


def _told(compute: Callable[[], T]) -> T:
    """What `compute` gives; what it finds wrong with its input is told as ours."""
    try:
        return compute()
    except ValueError as error:
        raise UnsolvableError(str(error)) from None


def _deliver(
    name: str,
    found: Report,
    deliver: Delivery,
    show: Callable[[Report, Console], None],
    draw: str,
    size: tuple[float, float],
    drawn: Callable[[], Report] | None = None,
) -> None:
    """Print, write and draw a report; `drawn` makes a finer one for the figure."""
    if deliver.json:
        print(json.dumps(found, indent=2, allow_nan=False))
    else:
        show(found, console())
    figures = [deliver.plot] if deliver.plot is not None else []
    if deliver.out is not None:
        deliver.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, indent=2, allow_nan=False)
        (deliver.out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        figures.append(deliver.out / f"{name}.png")
    for path in figures:
        _draw(found if drawn is None else drawn(), path, draw, size)


def _draw(found: Report, path: Path, name: str, size: tuple[float, float]) -> None:
    from .plots import reference as plots
    from .plots.canvas import figure_file

    draw: Callable[[Report, Figure], None] = getattr(plots, name)
    with figure_file(path, *size) as figure:
        draw(found, figure)


# -- tables ----------------------------------------------------------------------------------------------------------


def _table(title: str, *columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _cells(values: Sequence[float | None], digits: int = 3) -> list[str]:
    return ["-" if value is None else f"{value:.{digits}f}" for value in values]


def _signed(inventory: float) -> str:
    return f"{inventory:+g}" if inventory else "0"


def _chosen(inventories: Sequence[float]) -> list[int]:
    """About nine of the listed inventories around flat, where it matters."""
    middle = len(inventories) // 2
    return [i for i in range(middle - 4, middle + 5) if 0 <= i < len(inventories)]


def _show_fx_dealer(found: Report, screen: Console) -> None:
    _show_policy(found, found["inventories"], "stationary optimum", screen)
    if "finite_horizon" in found:
        finite = found["finite_horizon"]
        title = f"opening of a session of {finite['horizon']:g} days"
        _show_policy(finite, found["inventories"], title, screen)
        screen.print(f"value to a flat dealer of that session: {finite['value']:,.2f} MEUR bp")
    table = _table("Measures", "policy", *(title for title, _ in _MEASURES.values()))
    for name, measures in {"optimum": found, **found["simpler_policies"]}.items():
        values = ["-" if (value := measures[key]) is None else f"{value:,.{n}f}" for key, (_, n) in _MEASURES.items()]
        table.add_row(name.replace("_", " "), *values)
    screen.print(table)
    screen.print(f"internalisation threshold: nothing is hedged up to {found['internalisation_threshold']:.1f} MEUR")


_MEASURES = {
    "objective": ("objective\nMEUR bp/day", 1),
    "spread_revenue": ("spread\nMEUR bp/day", 1),
    "hedging_cost": ("hedging\nMEUR bp/day", 1),
    "impact_gain": ("impact\nMEUR bp/day", 1),
    "risk_cost": ("risk\nMEUR bp/day", 1),
    "turnover": ("turnover\nMEUR/day", 0),
    "internalisation_ratio": ("internalised", 3),
    "inventory_sd": ("sd of inventory\nMEUR", 2),
    "risk_neutralisation_minutes": ("neutralised in\nminutes", 2),
}


def _show_policy(policy: Report, inventories: Sequence[float], title: str, screen: Console) -> None:
    places = _chosen(inventories)
    columns = [_signed(inventories[i]) for i in places]
    for side in ("bid", "ask"):
        table = _table(f"Distance of the {side}, bp, by inventory (MEUR): {title}", "tier", "size", *columns)
        for tier in policy["quotes"]:
            for k, size in enumerate(tier["sizes"]):
                first = str(tier["tier"]) if k == 0 else ""
                table.add_row(first, f"{size:g}", *_cells([tier[side][k][i] for i in places]))
        screen.print(table)
    hedges = _table("Hedging rate, MEUR/day", *columns)
    hedges.add_row(*_cells([policy["hedge_rates"][i] for i in places], 0))
    screen.print(hedges)


def _show_closed_form(found: Report, screen: Console) -> None:
    table = _table("Slope of the quotes in inventory, bp/MEUR", "tier", "closed form", "optimum without hedging")
    for tier in found["tiers"]:
        table.add_row(str(tier["tier"]), *_cells([tier["slope"], tier["exact_slope"]], 5))
    screen.print(table)
    screen.print(f"theta(q) = -{found['coefficient']:.5g} q^2 bp")


def _show_avellaneda(found: Report, screen: Console) -> None:
    table = _table(f"{found['remaining']:g} to go", "inventory", "reservation", "bid", "ask")
    for i in _chosen(found["inventories"]):
        values = [found[key][i] for key in ("reservation", "bid", "ask")]
        table.add_row(_signed(found["inventories"][i]), *_cells(values))
    screen.print(table)
    screen.print(f"spread {found['spread']:.4f}; mean over the session {found['mean_spread']:.4f}")


def _show_glft(found: Report, screen: Console) -> None:
    kinds = ("exact", "stationary", "asymptotic")
    columns = [f"{side}\n{kind}" for side in ("bid", "ask") for kind in kinds]
    table = _table(f"Exact quotes with {found['remaining']:g} to go", "inventory", *columns)
    for i in _chosen(found["inventories"]):
        values = [found[kind][side][i] for side in ("bid", "ask") for kind in kinds]
        table.add_row(_signed(found["inventories"][i]), *_cells(values))
    screen.print(table)
    screen.print(f"the formula is off by at most {found['asymptotic_error']:.2g} between -5 and 5")


def _show_tick(found: Report, screen: Console) -> None:
    title = "Objectives in MEUR bp per minute"
    table = _table(title, "gamma", "optimum", "best fixed", "best linear skew", "sd of inventory", "turnover")
    for kind in found["types"]:
        simpler = kind["simpler_policies"]
        objectives = [kind["objective"], simpler["fixed"]["objective"], simpler["linear_skew_no_hedge"]["objective"]]
        table.add_row(f"{kind['gamma']:g}", *_cells([*objectives, kind["inventory_sd"], kind["turnover"]], 4))
    screen.print(table)
