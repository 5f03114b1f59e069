import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";

import { serialize, snoozeChoices } from "../model/times";

const { DateTime } = luxon;

/** When: the moments one means, or one that is picked. The slot is what opens it. */
export class SnoozeMenu extends Component {
    static template = "omnichannel_inbox.SnoozeMenu";
    static components = { Dropdown, DropdownItem };
    static props = {
        onSnooze: Function,
        state: { type: Object, optional: true },
        getChoices: { type: Function, optional: true },
        /** Of the button behind the moment that is picked. */
        label: { type: String, optional: true },
        /** How far ahead, in days. */
        limit: { type: Number, optional: true },
        position: { type: String, optional: true },
        slots: Object,
    };
    static defaultProps = { getChoices: snoozeChoices, position: "bottom-end" };

    setup() {
        this.dropdown = this.props.state || useDropdownState();
        this.state = useState({ picked: "" });
    }

    get choices() {
        return this.props.getChoices();
    }

    get label() {
        return this.props.label || _t("Snooze");
    }

    get latest() {
        const { limit } = this.props;
        return limit && DateTime.local().plus({ days: limit }).toFormat("yyyy-MM-dd'T'HH:mm");
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
