import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";

import { AssignMenu } from "../thread/assign_menu";
import { SnoozeMenu } from "../thread/snooze_menu";

/** What can be done with the tickets that are marked. */
export class BulkBar extends Component {
    static template = "omnichannel_inbox.BulkBar";
    static components = { AssignMenu, Dropdown, DropdownItem, SnoozeMenu };
    static props = { model: Object, onMerge: Function };

    get ids() {
        return [...this.props.model.selected];
    }

    get count() {
        return _t("%s selected", this.props.model.selected.size);
    }

    get isAll() {
        return this.props.model.selected.size === this.props.model.items.length;
    }
}
