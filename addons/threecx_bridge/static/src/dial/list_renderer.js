import { markup } from "@odoo/owl";

import { patch } from "@web/core/utils/patch";
import { session } from "@web/session";
import { ListRenderer } from "@web/views/list/list_renderer";

/**
 * A number that is only read is a link and nothing more: two components less for each of the rows.
 * Where the field shows something else too (the button of `sms`) it stays the field's.
 */
patch(ListRenderer.prototype, {
    isNumberLink(column, record) {
        return (
            column.widget === "phone" &&
            column.options?.enable_sms === false &&
            !record.isInEdition &&
            Boolean(session.threecx?.enabled)
        );
    },

    canUseFormatter(column, record) {
        return super.canUseFormatter(...arguments) || this.isNumberLink(column, record);
    },

    getFormattedValue(column, record) {
        const value = record.data[column.name];
        if (!value || !this.isNumberLink(column, record)) {
            return super.getFormattedValue(...arguments);
        }
        const href = `tel:${value.replace(/\s+/g, "")}`;
        return markup`<a class="o_form_uri" href="${href}" data-threecx-model="${
            record.resModel
        }" data-threecx-id="${record.resId || ""}">${value}</a>`;
    },

    getCellTitle(column, record) {
        return this.isNumberLink(column, record)
            ? record.data[column.name] || undefined
            : super.getCellTitle(...arguments);
    },
});
