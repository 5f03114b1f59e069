import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { day } from "../model/times";
import { SearchSelect } from "./search_select";

/** What kind of request it is, how urgent, about which orders. */
export class TicketFields extends Component {
    static template = "omnichannel_inbox.TicketFields";
    static components = { SearchSelect };
    static props = { model: Object };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        /** Which list is being added to. */
        this.state = useState({ adding: "" });
    }

    get item() {
        return this.props.model.thread.item;
    }

    get priorities() {
        return [
            { value: "0", label: _t("Low") },
            { value: "1", label: _t("Medium") },
            { value: "2", label: _t("High") },
            { value: "3", label: _t("Urgent") },
        ];
    }

    set(values) {
        return this.props.model.setValues(values);
    }

    setCategory(value) {
        return this.set({ category_id: Number(value) || false });
    }

    // -- tags and orders -----------------------------------------------------------------------

    ids(records) {
        return records.map(({ id }) => id);
    }

    toggle(field) {
        this.state.adding = this.state.adding === field ? "" : field;
    }

    add(field, records, option) {
        this.state.adding = "";
        const ids = this.ids(records);
        return ids.includes(option.id) ? null : this.set({ [field]: [...ids, option.id] });
    }

    remove(field, records, id) {
        return this.set({ [field]: this.ids(records).filter((one) => one !== id) });
    }

    async searchTags(text) {
        const found = await this.orm.silent.call("crm.tag", "name_search", [], {
            name: text,
            limit: 8,
        });
        return this.without(this.item.tags, found);
    }

    /** Without a word: the latest orders of the customer. */
    async searchOrders(text) {
        const { partner } = this.item;
        if (!text && !partner) {
            return [];
        }
        const domain = text
            ? [
                  "|",
                  "|",
                  ["name", "ilike", text],
                  ["client_order_ref", "ilike", text],
                  ["partner_id", "ilike", text],
              ]
            : [["partner_id", "child_of", partner.id]];
        const found = await this.orm.silent.searchRead(
            "sale.order",
            domain,
            ["name", "partner_id"],
            { limit: 8, order: "date_order desc" }
        );
        const known = new Set(this.ids(this.item.orders));
        return found
            .filter(({ id }) => !known.has(id))
            .map(({ id, name, partner_id }) => ({ id, name, subtitle: partner_id?.[1] }));
    }

    without(records, found) {
        const known = new Set(this.ids(records));
        return found.filter(([id]) => !known.has(id)).map(([id, name]) => ({ id, name }));
    }

    expected(order) {
        return day(order.expected);
    }

    openOrder(order) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "sale.order",
            res_id: order.id,
            views: [[false, "form"]],
        });
    }
}
