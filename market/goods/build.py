"""From a scenario to a world."""

from collections.abc import Callable, Iterable, Mapping

import attrs

from catallaxy.agents import Constant, Distribution, Policy, Supertype
from catallaxy.engine import Agent, ConstantLatency, Latency, Network, Stream, World, stream

from .customer import Customer
from .policies import Learned
from .scenario import CustomerGroup, GoodsScenario, ShopGroup
from .shop import Shop
from .supplier import Supplier, Warehouse
from .types import CustomerType, ShopType

Policies = Policy | Mapping[str, Policy | None] | None
"""Who decides for those whom the scenario leaves to a learner: one policy for all, or by the name of an agent, a group
or a family, which go before each other in this order. Named as agent or group, also those who are scripted get it."""


def build(scenario: GoodsScenario, seed: int, episode: int = 0, policies: Policies = None) -> World:
    """The world of one episode: its types and its network are drawn from (seed, episode).

    Run it until `scenario.duration`.

    Raises:
        ValueError: `policies` names nobody of this scenario.
    """
    shops = [_shop(name, group, scenario, seed, episode) for group in scenario.shops for name in group.members]
    customers = [
        _customer(name, group, scenario, seed, episode) for group in scenario.customers for name in group.members
    ]
    closes = scenario.duration - 1e-6
    suppliers = [Supplier(one.name, one.lead_time, closes) for one in scenario.suppliers]
    _attach(policies, [*shops, *customers])
    network = Network.erdos_renyi(_link_probability(scenario), latency=_latency(scenario.latency))
    return World([*shops, *customers, *suppliers, Warehouse(closes)], network, seed=seed, episode=episode)


def _shop(name: str, group: ShopGroup, scenario: GoodsScenario, seed: int, episode: int) -> Shop:
    given = {field.name: getattr(group, field.name, None) for field in attrs.fields(ShopType)}
    given["delivery_time"] = Constant(group.delivery_time.mean())
    given["lead_time"] = Constant(scenario.supplier_of(group).lead_time.mean())
    drawn = Supertype(ShopType, **_checked(given)).draw(stream(seed, episode, "agent", name, "type"))
    stock = round(group.initial_stock.draw(stream(seed, episode, "agent", name, "initial stock")))
    shop = Shop(name, group, drawn, max(0, min(stock, int(drawn.capacity))), scenario)
    shop.policy = _scripted(group.policy)
    return shop


def _customer(name: str, group: CustomerGroup, scenario: GoodsScenario, seed: int, episode: int) -> Customer:
    given = {field.name: getattr(group, field.name, None) for field in attrs.fields(CustomerType)}
    drawn = Supertype(CustomerType, **_checked(given)).draw(stream(seed, episode, "agent", name, "type"))
    customer = Customer(name, group, drawn, scenario)
    customer.policy = _scripted(group.policy)
    return customer


def _checked(given: Mapping[str, Distribution | None]) -> dict[str, Distribution]:
    return {name: value for name, value in given.items() if value is not None}


def _scripted(policy: Policy | Learned) -> Policy | None:
    return None if isinstance(policy, Learned) else policy


def _attach(policies: Policies, agents: Iterable[Shop | Customer]) -> None:
    if policies is None:
        return
    if not isinstance(policies, Mapping):
        for agent in agents:
            agent.policy = agent.policy or policies
        return
    agents = list(agents)
    known = {name for agent in agents for name in (agent.name, agent.group, agent.family)}
    for name in policies:
        if name not in known:
            raise ValueError(f"a policy is given for {name!r}, which is no agent, group or family of this market")
    for agent in agents:
        for name in (agent.name, agent.group):
            if name in policies:
                agent.policy = policies[name]
                break
        else:
            agent.policy = agent.policy or policies.get(agent.family)


def _link_probability(scenario: GoodsScenario) -> Callable[[Agent, Agent], float]:
    """Shops are linked to customers, to each other if they see each other, and to their supplier and the warehouse."""
    suppliers = {name: group.supplier for group in scenario.shops for name in group.members}
    sight = scenario.sight

    def probability(one: Agent, other: Agent) -> float:
        if isinstance(other, Shop):
            one, other = other, one
        if not isinstance(one, Shop):
            return 0.0
        if isinstance(other, Customer):
            return one.serves(other)
        if isinstance(other, Shop):
            return sight
        return 1.0 if isinstance(other, Warehouse) else float(suppliers[one.name] == other.name)

    return probability


class _DrawnLatency(Latency):
    """A latency from any distribution."""

    def __init__(self, distribution: Distribution) -> None:
        self._distribution = distribution

    def draw(self, rng: Stream) -> float:
        return self._distribution.draw(rng)


def _latency(distribution: Distribution) -> Latency:
    return ConstantLatency(distribution.value) if isinstance(distribution, Constant) else _DrawnLatency(distribution)
