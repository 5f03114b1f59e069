import { Component } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";

/** What another mapping would change, before it takes the place of the edited one. */
export class MappingDiffDialog extends Component {
    static template = "sm_connector.MappingDiffDialog";
    static components = { Dialog };
    static props = {
        close: Function,
        title: String,
        changes: Array,
        confirm: Function,
    };

    async confirm() {
        await this.props.confirm();
        this.props.close();
    }
}
