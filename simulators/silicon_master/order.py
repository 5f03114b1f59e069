"""One order of the master, with its lines."""

from dataclasses import asdict, dataclass, field

from . import amounts
from .amounts import decimal, line_total, quantity
from .vocabulary import VAT_SPELLINGS

QUOTE, CONFIRMED, PREPARING, READY, SHIPPED = "DEV", "CFM", "PRE", "PAE", "EXP"
PARTLY, DELIVERED, ATTEMPT_FAILED, CANCELLED = "LPA", "LIV", "TEC", "ANN"
FINISHED = (DELIVERED, CANCELLED)
UNEXPLAINED = ("CFR", "BLO")
NOT_PAID, DEPOSIT, PAID, PAYMENT_FAILED = "N", "A", "P", "E"


@dataclass
class Line:
    """A line; quantities, prices, discount and rate in whole hundredths, dates as exported."""

    number: int
    article: str = ""
    label: str = ""
    quantity: int = 0
    delivered: int = 0
    price: int = 0
    discount: int = 0
    rate: int = 0
    due: str = ""
    available: str = ""

    @property
    def is_comment(self):
        return not self.article

    @property
    def total(self):
        """Cents, without VAT."""
        return line_total(self.quantity, self.price, self.discount)


@dataclass
class Order:
    """A document. ``off_by`` cents are what the master's grand total is wrong by."""

    number: str
    date: str
    customer: str
    shop: str
    origin: str
    status: str
    stamp: str
    delivery: str = ""
    due: str = ""
    seller: str = ""
    reference: str = ""
    payment: str = NOT_PAID
    deposit: int = 0
    remarks: str = ""
    off_by: int = 0
    lines: list = field(default_factory=list)

    def totals(self, rounding):
        """:return tuple: untaxed, VAT, grand total in cents as the master prints them."""
        untaxed, vat = amounts.document_totals(self.lines, rounding)
        return untaxed, vat, untaxed + vat + self.off_by

    def rows(self, rounding):
        """:return list: one row for each line, the columns of the header repeated."""
        untaxed, vat, total = (decimal(amount) for amount in self.totals(rounding))
        deposit = decimal(self.deposit) if self.deposit else ""
        return [
            [
                self.number, str(line.number), self.date, self.customer, self.delivery, self.shop,
                self.origin, self.status, self.due, self.seller, self.reference, self.payment,
                deposit, self.remarks, untaxed, vat, total, line.article, line.label,
                quantity(line.quantity), quantity(line.delivered), decimal(line.price),
                decimal(line.discount) if line.discount else "",
                "" if line.is_comment else VAT_SPELLINGS[line.rate][0],
                decimal(line.total), line.due, line.available, self.stamp,
            ]
            for line in self.lines
        ]  # fmt: skip

    def articles(self):
        """:return list: article codes, in the order of the lines."""
        return [line.article for line in self.lines if line.article]

    def copy(self):
        """:return Order: one that can be changed without changing this one."""
        return Order.from_json(self.to_json())

    def to_json(self):
        return asdict(self)

    @classmethod
    def from_json(cls, data):
        values = dict(data)
        values["lines"] = [Line(**line) for line in data["lines"]]
        return cls(**values)
