import { Component, useState } from "@odoo/owl";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";

import { serialize, snoozeChoices } from "../model/times";

const { DateTime } = luxon;

/** Until when: three moments one means, or one that is picked. The slot is what opens it. */
export class SnoozeMenu extends Component {
    static template = "omnichannel_inbox.SnoozeMenu";
    static components = { Dropdown, DropdownItem };
    static props = {
        onSnooze: Function,
        state: { type: Object, optional: true },
        slots: Object,
    };

    setup() {
        this.dropdown = this.props.state || useDropdownState();
        this.state = useState({ picked: "" });
    }

    get choices() {
        return snoozeChoices();
    }

    get earliest() {
        return DateTime.local().plus({ minutes: 1 }).toFormat("yyyy-MM-dd'T'HH:mm");
    }

    get picked() {
        const moment = DateTime.fromISO(this.state.picked);
        return moment.isValid && moment > DateTime.local() ? moment : null;
    }

    snooze(moment) {
        this.dropdown.close();
        this.props.onSnooze(serialize(moment));
    }

    pick() {
        if (this.picked) {
            this.snooze(this.picked);
        }
    }
}
