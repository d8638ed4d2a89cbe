"""From a scenario to a world."""

from collections.abc import Sequence

from catallaxy.engine import Network, World, stream
from catallaxy.market.latencies import as_latency
from catallaxy.market.prices import PricePath

from .groups import Informed, ZeroIntelligence
from .instrument import Hours, Instrument
from .scenario import BookScenario
from .traders import InformedTrader, Trader, ZeroIntelligenceTrader
from .venue import VENUE, OrderBookVenue


def build(scenario: BookScenario, seed: int, episode: int = 0, traders: Sequence[Trader] = ()) -> World:
    """The world of one episode: its value path and its traders' orders are drawn from (seed, episode).

    Run it until `scenario.duration`.

    Args:
        scenario: the market.
        seed: root seed.
        episode: the episode.
        traders: further ones, your own.
    """
    hours = scenario.session
    value = scenario.price.sample(stream(seed, episode, "price"), hours.horizon, hours.tick)
    venue = OrderBookVenue(VENUE, scenario.instrument, hours)
    crowd = background(scenario.crowds, scenario.informed, VENUE, scenario.instrument, hours, value)
    everybody = [*crowd, *traders]
    network = Network.bipartite([VENUE], [trader.name for trader in everybody], latency=as_latency(scenario.latency))
    return World([venue, *everybody], network, seed=seed, episode=episode)


def background(
    crowds: Sequence[ZeroIntelligence],
    informed: Sequence[Informed],
    venue: str,
    instrument: Instrument,
    hours: Hours,
    value: PricePath,
) -> list[Trader]:
    """The traders who give a book its life."""
    opening = float(value.prices[0])
    at_random: list[Trader] = [
        ZeroIntelligenceTrader(name, venue, instrument, hours, opening, group)
        for group in crowds
        for name in group.members
    ]
    return at_random + [
        InformedTrader(name, venue, instrument, hours, value, group) for group in informed for name in group.members
    ]
