"""The master's codes, read once per step and completed with those that are new."""

from decimal import Decimal


class CodeTable:
    """``sm.code`` of one master in memory."""

    def __init__(self, backend):
        self.backend = backend
        self.env = backend.env
        self._codes = {
            (code.kind, code.code): code
            for code in self.env["sm.code"].search([("backend_id", "=", backend.id)])
        }
        self._taxes = {}

    def get(self, kind, code):
        """Return the `sm.code` of a code, added without meaning when new; empty for no code."""
        if not code:
            return self.env["sm.code"]
        found = self._codes.get((kind, code))
        if found is None:
            found = self.env["sm.code"]._add_unknown(self.backend, kind, code)
            self._codes[kind, code] = found
        return found

    def tax(self, rate):
        """Return the sales tax for a VAT rate in percent, as text; empty when there is none."""
        if rate not in self._taxes:
            code = self.get("vat", format(Decimal(rate).normalize(), "f"))
            if not code.tax_id:
                code.tax_id = code._find_sales_tax(self.backend.company_id, float(rate))
            self._taxes[rate] = code.tax_id
        return self._taxes[rate]
