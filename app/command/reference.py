"""What `catallaxy reference` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from .common import Positive, app

reference = App(
    name="reference",
    help="Print what is known exactly: optimal quotes, hedges and what they are worth.\n\n"
    "Example: catallaxy reference fx-dealer --gamma 2e-3 --json",
    help_format="plaintext",
)
app.command(reference)

Json = Annotated[bool, Parameter(help="Print JSON.", negative=(), show_default=False)]
Plot = Annotated[Path | None, Parameter(help="Draw into this file (png, svg, pdf).")]
Out = Annotated[Path | None, Parameter(help="Write NAME.json and NAME.png into this folder.")]
NotNegative = Number(gte=0)

Gamma = Annotated[float | None, Parameter(help="Risk aversion, 1/(bp MEUR). [2e-3]", validator=Positive)]
LamScale = Annotated[float | None, Parameter(help="Factor on all requests' rates. [1]", validator=Positive)]
Sigma = Annotated[float | None, Parameter(help="Volatility, bp per square root of a day. [50]", validator=Positive)]
Limit = Annotated[float | None, Parameter(help="Of |inventory|, MEUR. [250]", validator=Positive)]
Step = Annotated[float, Parameter(help="Of the grid of inventories, MEUR.", validator=Positive)]

Volatility = Annotated[
    float | None, Parameter(help="Volatility, price per square root of time. [2]", validator=Positive)
]
Aversion = Annotated[float | None, Parameter(help="Risk aversion, per unit of money. [0.1]", validator=Positive)]
Arrival = Annotated[float | None, Parameter(help="Trades per time and side at distance 0. [140]", validator=Positive)]
Decay = Annotated[
    float | None, Parameter(name="--k", help="Decay of arrivals, per unit of price. [1.5]", validator=Positive)
]
Horizon = Annotated[float | None, Parameter(help="Length of the session. [1]", validator=Positive)]
Largest = Annotated[
    int | None, Parameter(name="--limit", help="Of |inventory|. [30]", validator=Number(gt=0, lte=1000))
]
Remaining = Annotated[float | None, Parameter(help="Time to go; by default the horizon.", validator=NotNegative)]


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@reference.command(name="fx-dealer")
def fx_dealer(
    *,
    gamma: Gamma = None,
    lam_scale: LamScale = None,
    sigma: Sigma = None,
    phi: Annotated[float | None, Parameter(help="Linear cost of hedging, bp. [0.1]", validator=NotNegative)] = None,
    eta: Annotated[
        float | None, Parameter(help="Quadratic cost of hedging, bp day/MEUR. [1e-5]", validator=Positive)
    ] = None,
    k: Annotated[
        float | None, Parameter(help="Permanent impact of hedging, bp/MEUR. [5e-3]", validator=NotNegative)
    ] = None,
    horizon: Annotated[
        float | None, Parameter(help="Solve a session of this many days, too.", validator=Positive)
    ] = None,
    limit: Limit = None,
    hedging: Annotated[Literal["reduce", "any", "none"] | None, Parameter(help="Which hedges. [reduce]")] = None,
    step: Step = 1.0,
    json: Json = False,
    plot: Plot = None,
    out: Out = None,
) -> None:
    """Solve an FX dealer's optimum: quotes by tier, size and inventory, hedging, and what simpler policies are worth.

    The model and, in brackets, its values are those of Barzykin, Bergault and Gueant (2112.02269), fitted to EUR/USD.

    Example: catallaxy reference fx-dealer --gamma 2e-3 --plot fx.png
    """
    from ..reference import Delivery
    from ..reference import fx_dealer as solve

    changes = _given(gamma=gamma, lam_scale=lam_scale, sigma=sigma, hedge_linear=phi, hedge_quadratic=eta)
    changes |= _given(impact=k, horizon=horizon, limit=limit, hedging=hedging)
    solve(changes, step, Delivery(json, plot, out))


@reference.command(name="closed-form-skew")
def closed_form_skew(
    *,
    gamma: Gamma = None,
    lam_scale: LamScale = None,
    sigma: Sigma = None,
    limit: Limit = None,
    step: Step = 1.0,
    json: Json = False,
    plot: Plot = None,
    out: Out = None,
) -> None:
    """Print the skew of a dealer who never hedges in closed form, beside the exact optimum.

    Example: catallaxy reference closed-form-skew --gamma 1e-3 --lam-scale 0.25
    """
    from ..reference import Delivery
    from ..reference import closed_form_skew as solve

    solve(_given(gamma=gamma, lam_scale=lam_scale, sigma=sigma, limit=limit), step, Delivery(json, plot, out))


@reference.command(name="avellaneda-stoikov")
def avellaneda_stoikov(
    *,
    gamma: Aversion = None,
    sigma: Volatility = None,
    arrival: Arrival = None,
    k: Decay = None,
    horizon: Horizon = None,
    limit: Largest = None,
    remaining: Remaining = None,
    json: Json = False,
    plot: Plot = None,
    out: Out = None,
) -> None:
    """Print Avellaneda and Stoikov's quotes and reservation prices (Quantitative Finance, 2008).

    Example: catallaxy reference avellaneda-stoikov --gamma 0.1 --remaining 0.5
    """
    from ..reference import Delivery
    from ..reference import avellaneda_stoikov as solve

    changes = _given(gamma=gamma, sigma=sigma, arrival=arrival, decay=k, horizon=horizon, limit=limit)
    solve(changes, remaining, Delivery(json, plot, out))


@reference.command(name="glft")
def glft(
    *,
    gamma: Aversion = None,
    sigma: Volatility = None,
    arrival: Arrival = None,
    k: Decay = None,
    horizon: Horizon = None,
    limit: Largest = None,
    remaining: Remaining = None,
    json: Json = False,
    plot: Plot = None,
    out: Out = None,
) -> None:
    """Print the quotes of Gueant, Lehalle and Fernandez-Tapia (2013): exact, stationary, and by the formula.

    Example: catallaxy reference glft --gamma 0.1 --k 1.5
    """
    from ..reference import Delivery
    from ..reference import glft as solve

    changes = _given(gamma=gamma, sigma=sigma, arrival=arrival, decay=k, horizon=horizon, limit=limit)
    solve(changes, remaining, Delivery(json, plot, out))


@reference.command(name="tick-dealer", usage="catallaxy reference tick-dealer INSTANCE [OPTIONS]")
def tick_dealer(
    instance: Annotated[Path, Parameter(help="Instance file (TOML) of a dealer who quotes and hedges at ticks.")],
    /,
    *,
    gamma: Annotated[
        tuple[float, ...], Parameter(help="Risk aversions; by default the instance's.", validator=Positive)
    ] = (),
    json: Json = False,
    plot: Plot = None,
    out: Out = None,
) -> None:
    """Solve an instance of the score by dynamic programming, and find its best fixed policy and best linear skew.

    Example: catallaxy reference tick-dealer examples/score/dealer.toml --gamma 0.005
    """
    from ..reference import Delivery
    from ..reference import tick_dealer as solve

    solve(instance, gamma, Delivery(json, plot, out))
