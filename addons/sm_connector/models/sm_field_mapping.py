import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..contract import CONTRACTS
from ..contract.base import FILL, IGNORE, MASTER, FieldRule
from ..contract.converters import CONVERTERS
from .sm_labels import CONVERTER_LABELS, field_label


class SmFieldMapping(models.Model):
    _name = "sm.field.mapping"
    _description = "Silicon Master Field Mapping"
    _order = "feed_id, sequence, id"

    feed_id = fields.Many2one("sm.feed", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    source = fields.Char("Column", help="Header of the column in the export.")
    more = fields.Json("Joined Columns", help="Columns whose text is put behind that of the first.")
    separator = fields.Char(
        default=" ", help="Stands between joined columns, or is where one column is split."
    )
    part = fields.Integer(
        "Part of the Column", help="1 the first, 2 the second, -1 the last; 0 the whole column."
    )
    target = fields.Selection(selection="_selection_target", string="Field", required=True)
    converter = fields.Selection(
        selection="_selection_converter", help="Empty: the conversion that the field proposes."
    )
    params = fields.Char(
        "Parameters", help='Options of the conversion as JSON, e.g. {"formats": ["dd/mm/yyyy"]}.'
    )
    required = fields.Boolean(help="The file is refused when this column is not there.")
    ownership = fields.Selection(
        [
            (MASTER, "Silicon Master"),
            (FILL, "Only fill if empty"),
            (IGNORE, "Ignore"),
        ],
        required=True,
        default=MASTER,
        string="Who Owns It",
        help="Silicon Master: every run writes it, and nobody can change it in Odoo. Only fill: "
        "written when Odoo has nothing there, free to change afterwards. Ignore: the column is not "
        "read.",
    )

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

    @api.constrains("ownership", "target", "feed_id")
    def _check_ownership(self):
        for mapping in self:
            contract = CONTRACTS[mapping.feed_id.entity]
            if mapping.ownership not in contract.ownerships(mapping.target):
                raise ValidationError(
                    self.env._(
                        "The field %(field)s cannot be owned like this: a key is always Silicon "
                        "Master's, and what stands on a line is its own or ignored.",
                        field=field_label(self.env, mapping.target),
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

    def write(self, vals):
        """Override: a field that the master takes back is written again."""
        others = self.filtered(lambda mapping: mapping.ownership != MASTER)
        result = super().write(vals)
        others.filtered(lambda mapping: mapping.ownership == MASTER)._plan_again()
        return result

    def unlink(self):
        """Override: as `write`, since the line that takes its place may say another owner."""
        self.filtered(lambda mapping: mapping.ownership == FILL)._plan_again()
        return super().unlink()

    def _plan_again(self):
        """Make the next run compare and write every record of these entities afresh."""
        self.env["sm.link"].flush_model()
        for feed in self.feed_id:
            self.env.cr.execute(
                """
                UPDATE sm_link SET source_hash = NULL, content_hash = NULL
                 WHERE backend_id = %s AND entity = %s AND state = 'linked'
                """,
                [feed.backend_id.id, feed.entity],
            )
        self.env["sm.link"].invalidate_model(["source_hash", "content_hash"])

    def _as_rules(self):
        """Return the mapping as :class:`FieldRule` objects, without Odoo in them."""
        return [
            FieldRule(
                source=mapping.source or "",
                target=mapping.target,
                converter=mapping.converter or "",
                params=json.loads(mapping.params or "{}"),
                required=mapping.required,
                more=tuple(mapping.more or ()),
                separator=mapping.separator or "",
                part=mapping.part,
                ownership=mapping.ownership,
            )
            for mapping in self
        ]

    def _get_rules(self):
        """Return the rules that a run uses: those which are not ignored."""
        return [rule for rule in self._as_rules() if rule.ownership != IGNORE]

    @api.model
    def _prepare_vals(self, rule):
        """Return the values that store a rule.

        :param FieldRule rule: what `_as_rules` gives back
        """
        return {
            "source": rule.source,
            "target": rule.target,
            "converter": rule.converter or False,
            "params": json.dumps(dict(rule.params), ensure_ascii=False) if rule.params else False,
            "required": rule.required,
            "more": list(rule.more) or False,
            "separator": rule.separator,
            "part": rule.part,
            "ownership": rule.ownership,
        }
