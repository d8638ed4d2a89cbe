"""Two dealers, three clients: a request-for-quote market in forty lines."""

from catallaxy import Agent, Message, Network, World, on


class QuoteRequest(Message):
    size: float


class Quote(Message):
    price: float


class Order(Message):
    size: float


class Dealer(Agent):
    def __init__(self, name: str, spread: float) -> None:
        super().__init__(name)
        self.spread = spread
        self.sold = 0.0

    @on(QuoteRequest)
    def quote(self, request: QuoteRequest) -> None:
        self.reply(request, Quote(price=100.0 + self.spread))

    @on(Order)
    def fill(self, order: Order) -> None:
        self.sold += order.size


class Client(Agent):
    def run(self):  # a SimPy process: any SimPy event may be yielded here
        while True:
            yield self.sleep(self.rng.exponential(1.0))
            quotes = yield self.ask(self.neighbours(Dealer), QuoteRequest(size=1.0), timeout=0.5)
            if quotes:
                best = min(quotes, key=lambda quote: quote.price)
                self.send(best.sender, Order(size=1.0))


dealers = [Dealer("X", spread=1.0), Dealer("Y", spread=2.0)]
clients = [Client(name) for name in ("Alice", "Bob", "Carl")]
network = Network.bipartite(clients, dealers, probability=0.8, latency=0.01)
world = World([*dealers, *clients], network, seed=7)
world.run(until=100.0, log="runs/hello")
print({dealer.name: dealer.sold for dealer in dealers})
