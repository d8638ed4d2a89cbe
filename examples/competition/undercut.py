"""A maker of one's own: tight, leaning hard on its inventory. Under thirty lines, and named on the command line.

python examples/competition/study.py --quick --maker examples/competition/undercut.py:Undercut
"""


class Undercut:
    """Quotes 0.1 bp to either side of a middle that falls by 0.01 bp for each MEUR that it holds."""

    def __call__(self, maker, observation):
        lean = 0.01 * maker.inventory  # MEUR; positive is long
        return maker.action(bid=0.1 + lean, ask=0.1 - lean)  # bp below and above the reference price
