"""A dealer market in rounds, many worlds at once in NumPy: no clock and no messages, but fast.

Makers of several groups quote to clients of several segments, and to funds that want to get rid of what they hold. In
each round makers choose a half-spread and a skew; funds, who see the quotes, choose down to what they trade their
holding; clients come at random and take the best quote that they reach with probability 1 / (1 + exp(alpha + beta d)).
Quantities in MEUR, distances d from the reference price in bp, risk per round.

Shapes: E worlds, M makers, F funds, N clients.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

VARIANCE = 1.7
"""Of the reference price, bp^2 a round."""
BIDDER, SELLER = 0, 1


@attrs.frozen
class Market:
    """Who takes part.

    Attributes:
        makers: names of the groups of makers.
        clients: names of the segments of clients.
        funds: how many.
        each: makers in a group.
        crowd: clients in a segment.
        rounds: in an episode.
        known: numbers of the composition that are not calibrated, by name.
    """

    makers: tuple[str, ...] = ("bold", "shy")
    clients: tuple[str, ...] = ("clients",)
    funds: int = 2
    each: int = 2
    crowd: int = 20
    rounds: int = 32
    known: dict[str, float] = attrs.field(factory=dict)

    @property
    def agents(self) -> dict[str, int]:
        """How many learn, by family."""
        return {"makers": self.each * len(self.makers), "funds": self.funds}

    @property
    def measures(self) -> tuple[str, ...]:
        """What an episode shows."""
        return (
            *(f"share of {name}" for name in self.makers[1:]),
            *(f"inventory of {name}" for name in self.makers),
            *(f"{what} {name}" for what in ("volume of", "mean paid by", "deviation paid by") for name in self.clients),
            *(("held by funds",) if self.funds else ()),
        )


class Worlds:
    """E worlds, each of a composition of its own, in the same round.

    Args:
        market: who takes part.
        values: the composition's numbers by name, each of shape (E,): `GROUP.risk_aversion`, `GROUP.connectivity`,
            `SEGMENT.alpha`, `SEGMENT.beta`, `funds.risk_aversion`.
        rng: all luck.

    Attributes:
        payoffs: mean reward a round so far, of makers, shape (E, M), and of funds, shape (E, F).
    """

    def __init__(self, market: Market, values: dict[str, Array], rng: np.random.Generator) -> None:
        self.market, self.rng = market, rng
        worlds = len(next(iter(values.values())))
        makers, funds, clients = *market.agents.values(), market.crowd * len(market.clients)
        self.shape = worlds, makers, funds, clients
        typical = np.repeat(np.stack([values[f"{name}.risk_aversion"] for name in market.makers], 1), market.each, 1)
        self.risk = typical * np.exp(0.3 * rng.standard_normal((worlds, makers)))
        reach = np.repeat(np.stack([values[f"{name}.connectivity"] for name in market.makers], 1), market.each, 1)
        self.known = rng.random((worlds, makers, clients)) < reach[..., None]
        self.reach = self.known.mean(axis=2)
        self.alpha, self.beta = (
            np.repeat(np.stack([values[f"{name}.{which}"] for name in market.clients], 1), market.crowd, 1)
            for which in ("alpha", "beta")
        )
        self.inventory: Array = np.zeros((worlds, makers))
        self.held: Array = np.zeros((worlds, funds))
        if funds:
            self.urgency = values["funds.risk_aversion"][:, None] * np.exp(0.3 * rng.standard_normal((worlds, funds)))
            self.traded_with = rng.random((worlds, makers, funds)) < reach[..., None]
            self._shock()
        self._seen = {name: np.zeros((worlds, makers)) for name in ("square", "volume")}
        self._flow: Array = np.zeros((3, worlds, clients))
        self._holding = np.zeros(worlds)
        self.payoffs: dict[str, Array] = {"makers": np.zeros((worlds, makers)), "funds": np.zeros((worlds, funds))}

    # -- what is seen and done -----------------------------------------------------------------------------------------

    def makers_see(self) -> Array:
        """Of each maker its inventory's size on two scales, risk aversion and reach: shape (E, M, 4)."""
        size = np.abs(self.inventory)
        return np.stack([size / (size + 5.0), size / 50.0, np.log(self.risk / 5e-3) / 2.0, 2.0 * self.reach - 1.0], 2)

    def quote(self, action: Array) -> None:
        """Makers choose half-spreads and skews, bp: shape (E, M, 2). Skews lean against the inventory."""
        half, skew = action[..., 0], action[..., 1]
        middle = -skew * self.inventory / (np.abs(self.inventory) + 2.0)
        self.distance = np.stack([half - middle, half + middle], 2)  # of the bid, of the offer

    def funds_see(self) -> Array:
        """Of each fund its holding's size on two scales, the best quote for it, risk aversion: shape (E, F, 4)."""
        size = np.abs(self.held)
        cost = np.minimum(self._best_for_funds()[0], 2.0)
        return np.stack([size / (size + 5.0), size / 50.0, cost, np.log(self.urgency / 1e-2) / 1.6], 2)

    def trade(self, keep: Array) -> tuple[Array, Array]:
        """Funds choose how much they keep of what they hold, MEUR, shape (E, F); clients come; the round ends.

        Returns:
            Rewards of makers, shape (E, M), and of funds, (E, F).
        """
        before = self.inventory.copy()
        earned = np.zeros_like(before)
        paid = self._let_funds_trade(keep, earned)
        self._let_clients_trade(earned)
        makers = earned - 0.5 * VARIANCE * self.risk * self.inventory**2
        funds = -paid - 0.5 * VARIANCE * self.urgency * self.held**2 if self.market.funds else paid
        self._seen["square"] += self.inventory**2
        self._holding += np.abs(self.held).sum(axis=1)
        self._shock()
        for family, reward in (("makers", makers), ("funds", funds)):
            self.payoffs[family] += reward / self.market.rounds
        return makers, funds

    # -- how ---------------------------------------------------------------------------------------------------------

    def _shock(self) -> None:
        worlds, _, funds, _ = self.shape
        come = self.rng.random((worlds, funds)) < 0.2
        self.held += come * np.round(6.0 * self.rng.standard_normal((worlds, funds)))

    def _best_for_funds(self) -> tuple[Array, npt.NDArray[np.intp]]:
        """Distance of the best quote that each fund reaches for its holding's side, and whose it is: (E, F) each."""
        side = np.where(self.held > 0.0, BIDDER, SELLER)
        offers = np.take_along_axis(self.distance[:, :, None, :], side[:, None, :, None], 3)[..., 0]
        return _best(np.where(self.traded_with, offers, np.inf))

    def _let_funds_trade(self, keep: Array, earned: Array) -> Array:
        if not self.market.funds:
            return np.zeros_like(self.held)
        cost, maker = self._best_for_funds()
        too_much = np.sign(self.held) * np.maximum(np.abs(self.held) - keep, 0.0)
        quantity = np.where(np.isfinite(cost), too_much, 0.0)
        paid = np.abs(quantity) * np.where(quantity == 0.0, 0.0, cost)
        self.held -= quantity
        self._book(quantity, paid, maker, earned)
        return paid

    def _let_clients_trade(self, earned: Array) -> None:
        worlds, _, _, clients = self.shape
        rng = self.rng
        side = (rng.random((worlds, clients)) < 0.5).astype(np.intp)
        offers = np.take_along_axis(self.distance[:, :, None, :], side[:, None, :, None], 3)[..., 0]
        cost, maker = _best(np.where(self.known, offers, np.inf))
        with np.errstate(over="ignore"):
            chance = 1.0 / (1.0 + np.exp(self.alpha + self.beta * cost))
        taken = rng.random((worlds, clients)) < 0.25 * chance
        size = np.where(rng.random((worlds, clients)) < 0.3, 5.0, 1.0) * taken
        paid = size * np.where(taken, cost, 0.0)
        distance = np.where(taken, cost, 0.0)
        self._flow += size * np.stack([np.ones_like(distance), distance, distance**2])
        self._book(np.where(side == BIDDER, size, -size), paid, maker, earned)

    def _book(self, quantity: Array, paid: Array, maker: npt.NDArray[np.intp], earned: Array) -> None:
        """Makers take over quantities, shape (E, n), for what is paid beyond the reference price."""
        world = np.arange(len(maker))[:, None]
        np.add.at(self.inventory, (world, maker), quantity)
        np.add.at(self._seen["volume"], (world, maker), np.abs(quantity))
        np.add.at(earned, (world, maker), paid)

    def measures(self) -> Array:
        """What each world has shown, shape (E, m), in the order of `Market.measures`."""
        market, rounds = self.market, self.market.rounds
        groups = {name: self._by_group(values) for name, values in self._seen.items()}
        volume = groups["volume"] / np.maximum(groups["volume"].sum(axis=1, keepdims=True), 1e-9)
        flow, paid, square = self._flow.reshape(3, len(volume), -1, market.crowd).sum(axis=3)
        paid, square = paid / np.maximum(flow, 1.0), square / np.maximum(flow, 1.0)
        parts = [
            volume[:, 1:],
            np.sqrt(groups["square"] / rounds),
            flow / rounds,
            paid,
            np.sqrt(np.maximum(square - paid**2, 0.0)),
        ]
        if market.funds:
            parts.append((self._holding / rounds / market.funds)[:, None])
        return np.concatenate(parts, axis=1)

    def _by_group(self, values: Array) -> Array:
        """Mean over the makers of each group, (E, M) to (E, groups)."""
        return np.asarray(values.reshape(len(values), -1, self.market.each).mean(axis=2), np.float64)


def _best(offers: Array) -> tuple[Array, npt.NDArray[np.intp]]:
    """The least distance over makers, and whose it is: (E, M, n) to (E, n) each."""
    maker = offers.argmin(axis=1)
    return np.take_along_axis(offers, maker[:, None], 1)[:, 0], maker
