import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..contract import CONTRACTS
from ..contract.base import FieldRule
from ..contract.converters import CONVERTERS
from .sm_labels import CONVERTER_LABELS, field_label


class SmFieldMapping(models.Model):
    _name = "sm.field.mapping"
    _description = "Silicon Master Field Mapping"
    _order = "feed_id, sequence, id"

    feed_id = fields.Many2one("sm.feed", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    source = fields.Char("Column", required=True, help="Header of the column in the export.")
    target = fields.Selection(selection="_selection_target", string="Field", required=True)
    converter = fields.Selection(
        selection="_selection_converter", help="Empty: the conversion that the field proposes."
    )
    params = fields.Char(
        "Parameters", help='Options of the conversion as JSON, e.g. {"formats": ["dd/mm/yyyy"]}.'
    )
    required = fields.Boolean(help="The file is refused when this column is not there.")

    _target_uniq = models.UniqueIndex(
        "(feed_id, target)", "Each field can come from one column only."
    )

    @api.model
    def _selection_target(self):
        names = {field.name for contract in CONTRACTS.values() for field in contract.fields}
        return sorted(((name, field_label(self.env, name)) for name in names), key=lambda x: x[1])

    @api.model
    def _selection_converter(self):
        return [
            (name, self.env._(CONVERTER_LABELS.get(name, converter.label)))
            for name, converter in CONVERTERS.items()
        ]

    @api.constrains("target", "feed_id")
    def _check_target(self):
        for mapping in self:
            contract = CONTRACTS[mapping.feed_id.entity]
            if mapping.target not in {field.name for field in contract.fields}:
                raise ValidationError(
                    self.env._(
                        "Column %(column)s: the field %(field)s is not one of %(entity)s.",
                        column=mapping.source,
                        field=mapping.target,
                        entity=mapping.feed_id.entity,
                    )
                )

    @api.constrains("params")
    def _check_params(self):
        for mapping in self:
            try:
                valid = isinstance(json.loads(mapping.params or "{}"), dict)
            except ValueError:
                valid = False
            if not valid:
                raise ValidationError(
                    self.env._(
                        "Column %(column)s: the parameters %(params)s are not a JSON object.",
                        column=mapping.source,
                        params=mapping.params,
                    )
                )

    def _get_rules(self):
        """Return the mapping as :class:`FieldRule` objects, without Odoo in them."""
        return [
            FieldRule(
                source=mapping.source,
                target=mapping.target,
                converter=mapping.converter or "",
                params=json.loads(mapping.params or "{}"),
                required=mapping.required,
            )
            for mapping in self
        ]
