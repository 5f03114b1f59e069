import { Component } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { CustomerCard } from "./customer_card";

/** `<widget name="customer_card"/>` in a form of `res.partner`, or with `partner_field` elsewhere. */
export class CustomerCardWidget extends Component {
    static template = "integration_base.CustomerCardWidget";
    static components = { CustomerCard };
    static props = {
        ...standardWidgetProps,
        partnerField: { type: String, optional: true },
        header: { type: Boolean, optional: true },
    };

    get partnerId() {
        const { record, partnerField } = this.props;
        return (partnerField ? record.data[partnerField]?.id : record.resId) || false;
    }

    /** Changes when the record was saved: then the card is read again. */
    get revision() {
        return this.props.record.data.write_date?.toMillis() || 0;
    }
}

export const customerCardWidget = {
    component: CustomerCardWidget,
    fieldDependencies: [{ name: "write_date", type: "datetime" }],
    extractProps: ({ attrs }) => ({
        partnerField: attrs.partner_field,
        header: Boolean(attrs.header),
    }),
    supportedAttributes: [
        { label: "Contact field", name: "partner_field", type: "string" },
        { label: "Show the name", name: "header", type: "boolean" },
    ],
};

registry.category("view_widgets").add("customer_card", customerCardWidget);
