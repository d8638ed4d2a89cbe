"""A market maker with a pricing rule of your own: called whenever the maker decides on its prices."""


class Mine:
    """Quotes 0.25 bp to either side of a middle that falls by 0.01 bp for each MEUR that it holds."""

    def __call__(self, maker, observation):
        lean = 0.01 * maker.inventory  # MEUR; positive is long
        return maker.action(bid=0.25 + lean, ask=0.25 - lean, hedge=0.05)  # bp from the reference price; part hedged
