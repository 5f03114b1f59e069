import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { Field } from "@web/views/fields/field";
import { FormLabel } from "@web/views/form/form_label";

/**
 * Why a field cannot be edited; "" when it is not the master's. The server says which fields are.
 *
 * @param {Object} record of the relational model
 * @param {string} name of the field
 * @returns {string}
 */
export function ownedReason(record, name) {
    const owned = record.data.sm_owned_fields;
    return Array.isArray(owned) && owned.includes(name)
        ? _t("Silicon Master keeps this. Change it there: it is here the next morning.").toString()
        : "";
}

patch(FormLabel.prototype, {
    get smReason() {
        return ownedReason(this.props.record, this.props.fieldName);
    },
});

patch(Field.prototype, {
    get smReason() {
        return ownedReason(this.props.record, this.props.name);
    },
    get classNames() {
        return { ...super.classNames, o_sm_owned: Boolean(this.smReason) };
    },
});
