"""`skew.png`: what the learned policy quotes at each inventory, over what makers really quoted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.learners import Mirror, load_policies
from catallaxy.market.dealer import DealerScenario, MakerType, MarketMaker
from catallaxy.market.dealer.maker import observe
from catallaxy.market.dealer.quoting import quoting

from ..plots.canvas import COLOURS, PlotError, cross, figure_file
from ..runs import Run, checkpoint_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

LOW, HIGH = COLOURS[:2]
PARTS = {"risk_aversion": "risk aversion", "connectivity": "connectivity"}


@attrs.frozen(eq=False)
class Quotes:
    """Quotes at inventories; arrays of shape (n,).

    Attributes:
        inventory: MEUR.
        bid, ask: bp above the reference price; negative is below.
    """

    inventory: Floats
    bid: Floats
    ask: Floats

    @property
    def sides(self) -> tuple[Floats, Floats]:
        """Bid and ask."""
        return self.bid, self.ask


def draw_skew(run: Run, scenario: DealerScenario, path: Path) -> None:
    """Draw the quotes of a run's learned policy against inventory, for low and high risk aversion and connectivity.

    Lines are the policy's quotes in the middle of the session for the tenth and the ninetieth percentile of a type's
    parameter, the other at its median; dots are what makers of the lower and upper third quoted in the run's episodes.

    Raises:
        PlotError: matplotlib is not installed.
        CheckpointError: the run has no checkpoint.
    """
    quotes, types = quoted(run)
    policies = load_policies(checkpoint_of(run.directory))
    if MarketMaker.family not in policies:
        raise PlotError("makers who learn separately have no policy in common to draw")
    policy = policies[MarketMaker.family]
    parts = [name for name in PARTS if np.ptp(types[name]) > 0] or ["risk_aversion"]
    reach = _reach(scenario, quotes.inventory)
    with figure_file(path, 5.6 * len(parts), 4.6) as figure:
        panels: Sequence[Axes] = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
        for panel, name in zip(panels, parts, strict=True):
            for share, colour in ((0.1, LOW), (0.9, HIGH)):
                _draw_type(panel, name, share, colour, quotes, types, policy, scenario, reach)
            _finish(panel, reach)
        panels[0].set_ylabel("quote, bp from the reference price")
        figure.suptitle("Learned quotes against inventory: a long maker lowers both, to sell")


def _draw_type(
    panel: Axes,
    name: str,
    share: float,
    colour: str,
    quotes: Quotes,
    types: dict[str, Floats],
    policy: Mirror,
    scenario: DealerScenario,
    reach: float,
) -> None:
    """Quotes for a quantile of one parameter of the type, the others at their median."""
    third = np.quantile(types[name], [1 / 3, 2 / 3])
    mask = types[name] <= third[0] if share < 0.5 else types[name] >= third[1]
    shown = {part: float(np.median(values)) for part, values in types.items()}
    shown[name] = float(np.quantile(types[name], share))
    kind = _told(MakerType(shown["risk_aversion"], shown["connectivity"]), scenario)
    label = f"{'low' if share < 0.5 else 'high'} {PARTS[name]}: {getattr(kind, name):.2g}"
    curve = quotes_of(policy, kind, scenario, np.linspace(-reach, reach, 201))
    for dots, line in zip(quotes.sides, curve.sides, strict=True):
        panel.plot(quotes.inventory[mask], dots[mask], ".", color=colour, alpha=0.15, ms=2, mew=0, zorder=1)
        panel.plot(curve.inventory, line, color=colour, lw=2, label=label)
        label = "_"


def quoted(run: Run) -> tuple[Quotes, dict[str, Floats]]:
    """Every decision in a run's log, and the types of those who decided, by parameter, shape (decisions,)."""
    agents = run.events("agents").select(["episode", "agent", "kind", "type"]).to_pylist()
    types = {
        (row["episode"], row["agent"]): json.loads(row["type"]) for row in agents if row["kind"] == MarketMaker.__name__
    }
    pricings = run.events("pricings")
    deciders = list(zip(pricings["episode"].to_pylist(), pricings["agent"].to_pylist(), strict=True))
    half_spread, middle = pricings["half_spread"].to_numpy(), pricings["middle"].to_numpy()
    quotes = Quotes(pricings["inventory"].to_numpy(), middle - half_spread, middle + half_spread)
    return quotes, {name: np.array([types[decider][name] for decider in deciders]) for name in PARTS}


def quotes_of(policy: Mirror, kind: MakerType, scenario: DealerScenario, inventory: Floats) -> Quotes:
    """What a policy quotes in the middle of the session, for a type, at each inventory."""
    horizon, limit = scenario.session.horizon, scenario.makers[0].inventory_limit
    left = horizon / 2 if scenario.session.terminal else np.inf
    rows = np.array([(*observe(q / limit, left, horizon), *kind.features) for q in inventory.tolist()], np.float32)
    space = quoting(scenario.clients, scenario.decisions)
    smallest = float(space.sizes[0])
    summaries = [
        space.quotes(action, q).summary(space.tiers, smallest, q)
        for q, action in zip(inventory.tolist(), policy.act(rows).actions.tolist(), strict=True)
    ]
    half_spread, middle = np.array(summaries).T
    return Quotes(inventory, middle - half_spread, middle + half_spread)


def _told(kind: MakerType, scenario: DealerScenario) -> MakerType:
    """The type with the weights that policies are told, at the first group's means."""
    weights = attrs.asdict(scenario.makers[0].rewards, recurse=False)
    return attrs.evolve(kind, told=scenario.told, **{name: weights[name].mean() for name in scenario.told})


def _reach(scenario: DealerScenario, inventory: Floats) -> float:
    """Up to which inventory to draw: what makers held in the log, or were given to start with when they learned."""
    given = max(max(map(abs, group.initial_inventory.support())) for group in scenario.makers)
    return max(float(np.quantile(np.abs(inventory), 0.99)), given, 1.0)


def _finish(panel: Axes, reach: float) -> None:
    cross(panel)
    panel.set_xlim(-reach, reach)
    panel.set_xlabel("inventory, MEUR")
    panel.legend(fontsize="small", frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
