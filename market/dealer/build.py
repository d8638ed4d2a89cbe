"""From a scenario to a world."""

from collections.abc import Mapping, Sequence

import attrs

from catallaxy.agents import Policy, Supertype
from catallaxy.engine import Agent, Latency, Network, World, stream
from catallaxy.market.book import Trader
from catallaxy.market.latencies import as_latency
from catallaxy.market.prices import PricePath

from .book_exchange import BookExchange, book_traders
from .client import Client
from .exchange import EXCHANGE, Exchange
from .hedging_book import HedgingBook
from .investors.group import InvestorGroup
from .investors.investor import Investor
from .investors.type import InvestorType
from .maker import MarketMaker
from .policies import FromFile, Learned
from .rewards import MarketVolume
from .scenario import DealerScenario, Latencies
from .types import MakerType

Policies = Policy | Mapping[str, Policy | None] | None
"""Who decides: one policy for all makers, or by an agent's or group's name. Makers without one are left to a learner,
and so are investors whose group has none.
"""


def build(scenario: DealerScenario, seed: int, episode: int = 0, policies: Policies = None) -> World:
    """The world of one episode: its price path, types and network are drawn from (seed, episode).

    Run it until `scenario.duration`.

    Raises:
        BarsError: the price's bars can't be used.
        ValueError: `policies` names nobody of this scenario.
    """
    session = scenario.session
    path = scenario.price.sample(stream(seed, episode, "price"), session.horizon, session.tick)
    opening = float(path.prices[0])
    exchange, traders = _exchange(scenario, path)
    makers = _makers(scenario, opening, seed, episode)
    clients = [
        Client(name, number, scenario.clients, session, opening, streaming=scenario.decisions.streaming)
        for number, tier in enumerate(scenario.clients.tiers)
        for name in tier.members
    ]
    investors = [
        _investor(name, group, scenario, opening, seed, episode)
        for group in scenario.investors
        for name in group.members
    ]
    _attach(policies, makers, investors)
    network = Network.erdos_renyi(_link_probability, latency=_latency(scenario.latency))
    return World([exchange, *makers, *clients, *investors, *traders], network, seed=seed, episode=episode)


def _exchange(scenario: DealerScenario, path: PricePath) -> tuple[Exchange, list[Trader]]:
    """The exchange and, if it has an order book, the traders who give that its life."""
    costs, session = scenario.exchange, scenario.session
    if isinstance(costs, HedgingBook):
        return BookExchange(path, costs, session), book_traders(costs, path, session)
    return Exchange(path, costs, session), []


def _makers(scenario: DealerScenario, opening: float, seed: int, episode: int) -> list[MarketMaker]:
    makers, market = [], MarketVolume()
    for group in scenario.makers:
        supertype = Supertype(
            MakerType,
            risk_aversion=group.risk_aversion,
            connectivity=group.connectivity,
            **attrs.asdict(group.rewards, recurse=False),
        )
        script = group.policy.make() if isinstance(group.policy, FromFile) else group.policy
        for name in group.members:
            drawn = supertype.draw(stream(seed, episode, "agent", name, "type"))
            inventory = group.initial_inventory.draw(stream(seed, episode, "agent", name, "initial inventory"))
            told = attrs.evolve(drawn, told=scenario.told)
            maker = MarketMaker(name, group, told, inventory, scenario, opening, market)
            if not isinstance(script, Learned):
                maker.policy = script
            makers.append(maker)
    return makers


def _investor(
    name: str, group: InvestorGroup, scenario: DealerScenario, opening: float, seed: int, episode: int
) -> Investor:
    supertype = Supertype(
        InvestorType,
        connectivity=group.connectivity,
        pnl_weight=group.pnl_weight,
        buy_target=group.buy_target,
        sell_target=group.sell_target,
        risk_aversion=group.risk_aversion,
    )
    drawn = supertype.draw(stream(seed, episode, "agent", name, "type"))
    inventory = group.initial_inventory.draw(stream(seed, episode, "agent", name, "initial inventory"))
    investor = Investor(name, group, drawn, inventory, scenario, opening)
    if not isinstance(group.policy, Learned):
        investor.policy = group.policy
    return investor


def _attach(policies: Policies, makers: Sequence[MarketMaker], investors: Sequence[Investor]) -> None:
    if policies is None:
        return
    if not isinstance(policies, Mapping):
        for maker in makers:
            maker.policy = policies
        return
    deciding: tuple[MarketMaker | Investor, ...] = (*makers, *investors)
    known = {agent.name for agent in deciding} | {agent.group for agent in deciding}
    for name in policies:
        if name not in known:
            raise ValueError(
                f"a policy is given for {name!r}, which is no maker, investor or group; there are {sorted(known)}"
            )
    for agent in deciding:
        for name in (agent.name, agent.group):
            if name in policies:
                agent.policy = policies[name]
                break


def _link_probability(one: Agent, other: Agent) -> float:
    """The exchange is linked to everybody, a maker to clients and investors by their connectivities, nobody else."""
    if isinstance(one, Exchange) or isinstance(other, Exchange):
        return 1.0
    if isinstance(one, MarketMaker) == isinstance(other, MarketMaker):
        return 0.0
    if isinstance(one, Trader) or isinstance(other, Trader):
        return 0.0
    maker, other = (one, other) if isinstance(one, MarketMaker) else (other, one)
    reach = other.type.connectivity if isinstance(other, Investor) else 1.0
    return float(maker.type.connectivity * reach)  # type: ignore[attr-defined]


def _latency(latencies: Latencies) -> "_ByParty":
    return _ByParty(as_latency(latencies.clients), as_latency(latencies.exchange))


class _ByParty:
    """The latency of a link, by whether the exchange is at one end."""

    def __init__(self, clients: Latency, exchange: Latency) -> None:
        self._clients = clients
        self._exchange = exchange

    def __call__(self, sender: str, receiver: str) -> Latency:
        return self._exchange if EXCHANGE in (sender, receiver) else self._clients
