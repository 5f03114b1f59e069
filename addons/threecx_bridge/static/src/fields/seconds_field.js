import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { clockText } from "../calls/call_text";

function formatSeconds(value) {
    return value ? clockText(value) : "";
}

/** A length of time kept in seconds, as on a clock: "3:20". */
export class SecondsField extends Component {
    static template = "threecx_bridge.SecondsField";
    static props = { ...standardFieldProps };

    get text() {
        return formatSeconds(this.props.record.data[this.props.name]);
    }
}

registry.category("formatters").add("threecx_seconds", formatSeconds);
registry.category("fields").add("threecx_seconds", {
    component: SecondsField,
    displayName: _t("Length (seconds)"),
    supportedTypes: ["integer"],
});
