"""What the parties of the goods market say to one another, and what they note down in the log.

Times are in days, quantities in whole units, prices in EUR a unit.
"""

from catallaxy.engine import Message, Record


class PriceTag(Message):
    """A shop's price, for everybody to read who is linked to it."""

    price: float


class Enquiry(Message):
    """A customer asks for an offer. `asked`: how many shops it asks."""

    quantity: int
    asked: int


class Offer(Message):
    """What a shop would sell the goods for, and how many days it would take to bring them."""

    price: float
    delivery_time: float


class SoldOut(Message):
    """A shop can't offer, or no longer deliver, `quantity`. `reason`: "stock" or "closed"."""

    quantity: int
    reason: str


class Order(Message):
    """A customer takes an offer, whose price it repeats."""

    quantity: int
    price: float


class Confirmation(Message, level="trades"):
    """A shop has set the goods aside and sent them off: they leave its stock now and arrive in `delivery_time` days."""

    quantity: int
    price: float
    delivery_time: float


class Delivery(Message, level="trades"):
    """Goods reach a customer, who pays quantity times price."""

    quantity: int
    price: float


class RestockOrder(Message, level="decisions"):
    """A shop orders goods of a supplier, at `price` a unit and `freight` EUR for the order as a whole."""

    quantity: int
    price: float
    freight: float


class Shipment(Message, level="trades"):
    """Goods reach a shop, which pays quantity times price plus freight."""

    quantity: int
    price: float
    freight: float


class Rent(Message, level="trades"):
    """A shop pays the warehouse for the storage that it has used, after the close."""

    amount: float


class Plan(Record, level="decisions"):
    """What a shop has decided.

    Attributes:
        price: its price from now on.
        factor: that price over its list price.
        reorder_level: at or below which position (stock and what is on order) it orders.
        order_up_to: the position up to which it orders.
        ordered: units that it orders now.
        stock: units in its storage.
        position: units in its storage and on order, before it orders.
    """

    price: float
    factor: float
    reorder_level: float
    order_up_to: float
    ordered: int
    stock: int
    position: int


class Need(Record):
    """A customer needs something that is worth `value` a unit to it."""

    quantity: int
    value: float


class Purchase(Record, level="trades"):
    """A customer has bought.

    Attributes:
        shop: of whom.
        quantity: units.
        value: what a unit is worth to it.
        price: what a unit costs it.
        delivery_time: days until it has the goods.
        surplus: what it gains, EUR: quantity (value - w1 price) - w2 delivery_time.
    """

    shop: str
    quantity: int
    value: float
    price: float
    delivery_time: float
    surplus: float


class Books(Record, table="books", level="decisions"):
    """Goods and money of an agent at the opening and, everything settled, after the close.

    Attributes:
        closing: false at the opening, true after the close.
        goods: units.
        euros, nanos: money is euros + nanos / 10^9 EUR exactly, 0 <= nanos < 10^9.
    """

    closing: bool
    goods: int
    euros: int
    nanos: int
