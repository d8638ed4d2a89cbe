"""Statistical clients: tiers, sizes, rates. Times in minutes, quantities in MEUR."""

import attrs
from attrs import validators

from catallaxy.market.checks import not_negative, positive


@attrs.frozen
class Tier:
    """Clients who react to prices alike: a quote d bp away is taken with probability 1 / (1 + exp(alpha + beta d)).

    Attributes:
        name: the clients are called name_1, name_2, ...
        clients: how many; they share the tier's requests.
        alpha: the larger, the less they trade at the reference price.
        beta: price sensitivity, per bp.
    """

    name: str = attrs.field(validator=validators.min_len(1))
    alpha: float
    beta: float = attrs.field(validator=positive)
    clients: int = attrs.field(default=10, validator=validators.ge(1))

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the tier's clients."""
        return tuple(f"{self.name}_{number + 1}" for number in range(self.clients))


@attrs.frozen
class Clients:
    """Clients' requests: Poisson in time, defaults as fitted to EUR/USD (Barzykin, Bergault, Gueant, 2112.02269).

    Attributes:
        requests_per_day: of each tier and side, all sizes and clients together; a day has 1440 minutes.
        sizes: MEUR.
        shares: of the requests, for each size; they add up to 1.
        tiers: groups of clients.
    """

    requests_per_day: float = attrs.field(default=1800.0, validator=positive)
    sizes: tuple[float, ...] = attrs.field(
        default=(1.0, 2.0, 5.0, 10.0, 20.0, 50.0),
        converter=tuple,
        validator=[validators.min_len(1), validators.deep_iterable(positive)],
    )
    shares: tuple[float, ...] = attrs.field(
        default=(0.4, 0.25, 0.19, 0.1, 0.05, 0.01),
        converter=tuple,
        validator=validators.deep_iterable(not_negative),
    )
    tiers: tuple[Tier, ...] = attrs.field(
        default=(Tier("tier1", -0.3, 5.0), Tier("tier2", -1.9, 15.0)),
        converter=tuple,
        validator=validators.min_len(1),
    )

    def __attrs_post_init__(self) -> None:
        if len(self.shares) != len(self.sizes):
            raise ValueError(f"shares has {len(self.shares)} entries, sizes {len(self.sizes)}; one share for each size")
        if abs(sum(self.shares) - 1.0) > 1e-6:
            raise ValueError(f"shares must add up to 1, got {sum(self.shares):g}")
