"""The tick dealer as a world: an instance of the benchmark of `catallaxy.market.reference.tick_dealer` to learn in.

Every dealer has clients of its own, so that the dealers of a world are independent and each is the reference's dealer
to the letter: tick, rounding of hedges, one distance for all sizes, requests declined at the limit. Rewards have no
price noise: spread revenue less hedging costs less (gamma/2) sigma^2 q^2 per minute. Units: minutes, MEUR, bp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import exp, floor, log, log1p, sqrt
from typing import Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from catallaxy.agents import LearningAgent, Policy
from catallaxy.engine import Agent, Message, Process, World, on, stream
from catallaxy.market.reference.estimates import Estimate, estimate
from catallaxy.market.reference.fields import Array
from catallaxy.market.reference.tick_dealer import TickDealer, TickPolicy

FAMILY = "dealers"
_BLOCK = 64


class Request(Message, table="limit_requests"):
    """A client's order to trade at the dealer's quote, if that is no worse for the client than `limit`; else nothing.

    Attributes:
        quantity: MEUR; positive if the client sells (the dealer buys).
        limit: the largest distance from the reference price that the client takes, bp.
    """

    quantity: int
    limit: float


@attrs.frozen
class TickType:
    """A dealer's type.

    Attributes:
        risk_aversion: gamma, 1/(bp MEUR).
        least, most: the instance's range of it, by which the feature is scaled.
    """

    risk_aversion: float
    least: float
    most: float

    feature_names: ClassVar[tuple[str, ...]] = ("log risk aversion",)

    @property
    def relative(self) -> float:
        """Gamma by the geometric mean of its range."""
        return self.risk_aversion / sqrt(self.least * self.most)

    @property
    def features(self) -> tuple[float]:
        """What the policy is told: log gamma, the instance's range mapped to [-1, 1]."""
        width = log(self.most / self.least) / 2.0
        return (log(self.relative) / width if width else 0.0,)


@attrs.frozen
class TickSession:
    """How dealers learn in an instance.

    Attributes:
        dealer: the instance.
        dealers: how many there are in a world, each with a type and a starting inventory of its own.
        worlds: how many worlds are advanced together; the first session of each is shorter than that of the one before,
            so that later ones do not all begin at the same time.
        ticks: in a session, after which it is cut (not ended: dealers do not see it come). Short ones show the dealers
            more of the large inventories that they start with, and would seldom come to otherwise.
        patience: ticks after which a reward counts 1/e. The objective is an average; the optimum for a discounted sum
            comes close to its optimum only if this is several times the life of an inventory.
    """

    dealer: TickDealer
    dealers: int = 16
    worlds: int = 16
    ticks: int = 128
    patience: float = 200.0

    @property
    def horizon(self) -> float:
        """Minutes; the last tick's reward counts."""
        return (self.ticks - 0.5) * self.dealer.tick

    def build(self, seed: int, episode: int) -> World:
        """The world of a training episode: gamma log-uniform over the instance's range, any inventory at the start."""
        place = episode % self.worlds if episode < self.worlds else 0
        first = self.ticks * place // self.worlds
        agents: list[Agent] = []
        for number in range(self.dealers):
            name = f"dealer_{number + 1}"
            draw = stream(seed, episode, "agent", name, "type")
            least, most = min(self.dealer.gammas), max(self.dealer.gammas)
            gamma = least * (most / least) ** float(draw.random())
            # The product of two uniforms: small inventories, which are the most frequent, are also the most visited.
            inventory = round(self.dealer.limit * float(draw.random()) * (2.0 * float(draw.random()) - 1.0))
            opening = first * self.dealer.tick
            agents += [TickMaker(name, self, gamma, inventory, opening), _clients(name, self.dealer, opening)]
        return World(agents, seed=seed, episode=episode)


def _clients(dealer: str, instance: TickDealer, opening: float = 0.0) -> TickClients:
    return TickClients(f"clients of {dealer}", dealer, instance, opening)


class TickClients(Agent):
    """The clients of one dealer: requests of all sizes and both sides, Poisson in time.

    A client takes distance delta with probability f(delta): its limit is drawn with P(limit >= delta) = f(delta).
    """

    def __init__(self, name: str, dealer: str, instance: TickDealer, opening: float) -> None:
        super().__init__(name)
        self._dealer, self._instance, self._opening = dealer, instance, opening

    def run(self) -> Process:
        yield self.sleep(self._opening)
        send, sleep, dealer = self.send, self.sleep, self._dealer
        for gap, quantity, limit in self._requests():
            yield sleep(gap)
            send(dealer, Request(quantity=quantity, limit=limit))

    def _requests(self) -> Iterator[tuple[float, int, float]]:
        """Pause before it, quantity and limit of each request."""
        instance, rng = self._instance, self.stream("requests")
        quantities = np.array([side * size for size in instance.sizes for side in (1, -1)])
        rates = np.repeat(instance.rates, 2)
        edges = np.cumsum(rates)[:-1] / rates.sum()
        alpha, beta = instance.acceptance.alpha, instance.acceptance.beta
        while True:
            gaps = rng.exponential(1.0 / rates.sum(), _BLOCK)
            drawn = quantities[np.searchsorted(edges, rng.random(_BLOCK), side="right")]
            chance = rng.random(_BLOCK)
            limits = (np.log(chance / (1.0 - chance)) - alpha) / beta
            yield from zip(gaps.tolist(), drawn.tolist(), limits.tolist(), strict=True)


class TickMaker(LearningAgent):
    """The dealer: at each tick it decides, hedges and quotes.

    The market is the same for a long and a short inventory, so it sees and acts from its inventory's point of view.

    Observation: |q| / limit, its square, and it by e^(log gamma, scaled), which make values easy to see; log(1 + |q| by
    a typical request), also with q by sqrt(gamma / typical gamma), on which the best skew depends: these resolve small
    inventories and change smoothly with them. Then the type's features.

    Action: half-spread s, bp; lean, bp; root of the hedge: see `Choice.complete`.

    Args:
        name: its name.
        session: the instance and how it is learned.
        gamma: its risk aversion, 1/(bp MEUR).
        inventory: MEUR at the start.
        opening: when it begins, minutes.
    """

    family = FAMILY
    observation_space = spaces.Box(0.0, np.inf, (5,), np.float64)

    def __init__(self, name: str, session: TickSession, gamma: float, inventory: int, opening: float) -> None:
        super().__init__(name)
        instance = session.dealer
        self.type = TickType(gamma, min(instance.gammas), max(instance.gammas))
        self.features = self.type.features
        self.discount_rate = 1.0 / (session.patience * instance.tick)
        self.choice = Choice.of(instance)
        self.action_space = self.choice.space
        self.inventory = inventory
        self._instance, self._opening = instance, opening
        self._risk = 0.5 * gamma * instance.sigma**2
        self._bid = self._ask = 0.0

    def run(self) -> Process:
        yield self.sleep(self._opening)
        instance, observe = self._instance, observer(self._instance, self.type)
        tick, complete = instance.tick, self.choice.complete
        self.flow(-self._risk * self.inventory**2)
        while True:
            action = yield self.decide(observe(self.inventory))
            s, u, h = complete(self.inventory, action.tolist())
            self._hedge(h)
            self._bid, self._ask = s - u, s + u
            yield self.sleep(tick)

    def _hedge(self, fraction: float) -> None:
        q, instance = self.inventory, self._instance
        x = floor(fraction * abs(q) + 0.5)
        if x:
            self.reward(-(instance.hedge_linear * x + instance.hedge_quadratic * x * x))
            self._hold(q - x if q > 0 else q + x)

    @on(Request)
    def trade(self, request: Request) -> None:
        """Trade, unless the quote is too far for the client or the limit would be breached."""
        quantity = request.quantity
        quote = self._bid if quantity > 0 else self._ask
        if quote <= request.limit:
            after = self.inventory + quantity
            if -self._instance.limit <= after <= self._instance.limit:
                self.reward(abs(quantity) * quote)
                self._hold(after)

    def _hold(self, inventory: int) -> None:
        self.inventory = inventory
        self.flow(-self._risk * inventory**2)


class MeasuredMaker(TickMaker):
    """A dealer who starts flat, follows a policy, and adds up what it earns, undiscounted.

    Args:
        name: its name.
        session: the instance.
        gamma: its risk aversion, 1/(bp MEUR).
        policy: what it follows.
    """

    def __init__(self, name: str, session: TickSession, gamma: float, policy: Policy) -> None:
        super().__init__(name, session, gamma, inventory=0, opening=0.0)
        self._earned = self._paid = self._since = 0.0
        self.policy = policy

    def reward(self, amount: float) -> None:
        self._earned += amount
        super().reward(amount)

    def flow(self, rate: float) -> None:
        self._earned, self._paid, self._since = self.earned(), rate, self.now
        super().flow(rate)

    def earned(self) -> float:
        """Its rewards so far, MEUR bp."""
        return self._earned + self._paid * (self.now - self._since)


def simulate(
    session: TickSession, policy: Policy, seed: int, *, dealers: int, ticks: int, burn_in: int
) -> dict[float, Estimate]:
    """J of a policy for each of the instance's gammas, MEUR bp per minute, by playing it in a world.

    Args:
        session: the instance.
        policy: always of the same answer to the same observation.
        seed: root seed.
        dealers: independent dealers for each gamma.
        ticks: over which is averaged.
        burn_in: ticks left out before.
    """
    answer = _remembering(policy)
    makers = {
        gamma: [MeasuredMaker(f"dealer_{kind + 1}_{number + 1}", session, gamma, answer) for number in range(dealers)]
        for kind, gamma in enumerate(session.dealer.gammas)
    }
    everybody = [dealer for group in makers.values() for dealer in group]
    world = World([*everybody, *(_clients(dealer.name, session.dealer) for dealer in everybody)], seed=seed)
    totals = []
    for tick in (burn_in, burn_in + ticks):
        world.run(until=(tick - 0.5) * session.dealer.tick)
        totals.append(np.array([[dealer.earned() for dealer in group] for group in makers.values()]))
    means = (totals[1] - totals[0]) / (ticks * session.dealer.tick)
    return {gamma: estimate(row) for gamma, row in zip(makers, means, strict=True)}


def _remembering(policy: Policy) -> Policy:
    """The same policy, which works out its answer to an observation once: there are few different ones."""
    known: dict[tuple[float, ...], npt.ArrayLike] = {}

    def answer(agent: LearningAgent, observation: Any) -> npt.ArrayLike:
        seen = (*observation, *agent.features)
        if seen not in known:
            known[seen] = policy(agent, observation)
        return known[seen]

    return answer


def observer(instance: TickDealer, type: TickType) -> Callable[[int], tuple[float, ...]]:
    """What a dealer of this type sees of an inventory (MEUR)."""
    second = sum(z * z * rate for z, rate in zip(instance.sizes, instance.rates, strict=True)) / sum(instance.rates)
    typical, stretch, share_of = 1.0 / sqrt(second), sqrt(type.relative), 1.0 / instance.limit
    by_type = exp(type.features[0])

    def observe(inventory: int) -> tuple[float, ...]:
        held = abs(inventory)
        share, requests = held * share_of, held * typical
        return share, share * share, share * by_type, log1p(requests), log1p(requests * stretch)

    return observe


@attrs.frozen(eq=False)
class Choice:
    """What an instance lets a dealer choose of (half-spread, lean, root of the hedge), and what comes of it.

    Attributes:
        space: of actions: those components whose range is more than a point.
        fixed: the components, with NaN where there is a choice.
        size: of a request in the mean, MEUR.
        skew: range of skews, bp.
        hedge: range of hedge fractions.
    """

    space: spaces.Box
    fixed: tuple[float, float, float]
    size: float
    skew: tuple[float, float]
    hedge: tuple[float, float]

    @classmethod
    def of(cls, instance: TickDealer) -> Choice:
        """Read it off an instance."""
        steepest = max(map(abs, instance.skew))
        ranges = (instance.half_spread, (-steepest, steepest), instance.hedge)
        free = np.array([span for span in ranges if span[0] < span[1]]).reshape(-1, 2)
        fixed = [float("nan") if low < high else low for low, high in ranges]
        size = sum(z * rate for z, rate in zip(instance.sizes, instance.rates, strict=True)) / sum(instance.rates)
        space = spaces.Box(free[:, 0], free[:, 1], dtype=np.float64)
        return cls(space, (fixed[0], fixed[1], fixed[2]), size, instance.skew, instance.hedge)

    def pick(self, actions: Array) -> Array:
        """The components [n, a] that there is a choice of, from all three [n, 3]."""
        return actions[:, np.isnan(self.fixed)]

    def complete(self, inventory: int, action: Sequence[float]) -> tuple[float, float, float]:
        """Half-spread, bp, skew, bp, and hedge fraction that an action comes to at an inventory, MEUR.

        The skew is u = q / (|q| + size) times the lean, so that small inventories lean little. The hedge fraction grows
        with the square of its component's place in the range, so that noise hedges little where little is hedged.
        """
        if len(action) == 3:
            s, lean, root = action
        else:
            chosen = iter(action)
            s, lean, root = (value if value == value else next(chosen) for value in self.fixed)
        low, high = self.skew
        u = min(max(inventory / (abs(inventory) + self.size) * lean, low), high)
        low, high = self.hedge
        h = low + (root - low) ** 2 / (high - low) if low < high else low
        return s, u, h


def tabulated(instance: TickDealer, gamma: float, act: Callable[[npt.NDArray[np.float32]], Array]) -> TickPolicy:
    """What a learned policy does at each inventory, as the reference's table.

    Args:
        instance: the instance.
        gamma: risk aversion, 1/(bp MEUR).
        act: answers rows of observations, [n, 6] float32, by actions [n, a].
    """
    type = TickType(gamma, min(instance.gammas), max(instance.gammas))
    observe, choice = observer(instance, type), Choice.of(instance)
    rows = np.array([(*observe(q), *type.features) for q in instance.inventories.tolist()], np.float32)
    actions = zip(instance.inventories.tolist(), act(rows).tolist(), strict=True)
    s, u, h = np.array([choice.complete(q, action) for q, action in actions]).T
    return TickPolicy(s=s, u=u, h=h)
