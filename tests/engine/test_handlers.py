"""Handlers: which one gets a message, and what it may do."""

from catallaxy.engine import Agent, Message, World, on


class Order(Message):
    size: float = 1.0


class Limit(Order):
    price: float = 0.0


class Cancel(Message):
    pass


class Base(Agent):
    def __init__(self, name):
        super().__init__(name)
        self.seen = []

    @on(Order)
    def order(self, order):
        self.seen.append("order")

    @on(Cancel)
    def cancel(self, cancel):
        self.seen.append("cancel")


def deliver(agent, *messages):
    class Sends(Agent):
        def run(self):
            for message in messages:
                self.send(agent.name, message)
                yield self.sleep(1.0)

    World([Sends("S"), agent], seed=0).run(until=10.0)
    return agent.seen


def test_a_handler_takes_subclasses_without_a_handler_of_their_own():
    assert deliver(Base("B"), Order(), Limit(), Cancel()) == ["order", "order", "cancel"]


def test_a_subclass_adds_and_replaces_handlers():
    class Derived(Base):
        @on(Limit)
        def limit(self, limit):
            self.seen.append("limit")

        @on(Cancel)
        def other(self, cancel):
            self.seen.append("derived cancel")

    assert deliver(Derived("B"), Order(), Limit(), Cancel()) == ["order", "limit", "derived cancel"]
    assert deliver(Base("B"), Limit()) == ["order"]


def test_an_overridden_method_is_the_handler():
    class Derived(Base):
        def order(self, order):
            self.seen.append("overridden")

    assert deliver(Derived("B"), Order()) == ["overridden"]


def test_one_handler_may_take_several_kinds():
    class Both(Agent):
        def __init__(self, name):
            super().__init__(name)
            self.seen = []

        @on(Order, Cancel)
        def any(self, message):
            self.seen.append(type(message).__name__)

    assert deliver(Both("B"), Cancel(), Order(), Limit()) == ["Cancel", "Order", "Limit"]


def test_an_agent_may_be_process_and_handlers_at_once():
    class Mixed(Base):
        def run(self):
            while True:
                message = yield self.receive(Cancel)
                self.seen.append((self.now, message.sender))

    class Half(Mixed):
        @on(Limit)
        def limit(self, limit):
            yield self.sleep(0.5)
            self.seen.append(self.now)

    assert deliver(Half("B"), Order(), Limit(), Cancel()) == ["order", 1.5, "cancel"]


def test_a_message_kind_without_handler_goes_to_the_process():
    class Reads(Agent):
        def __init__(self, name):
            super().__init__(name)
            self.seen = []

        def run(self):
            while True:
                message = yield self.receive(Cancel)
                self.seen.append((self.now, type(message).__name__))

        @on(Order)
        def order(self, order):
            self.seen.append("order")

    assert deliver(Reads("B"), Order(), Cancel(), Limit()) == ["order", (1.0, "Cancel"), "order"]
