import { Component, useState } from "@odoo/owl";

import { CustomerCard } from "@integration_base/customer_card/customer_card";

import { _t } from "@web/core/l10n/translation";
import { useAutofocus, useService } from "@web/core/utils/hooks";

import { nameOf, numberOf, parseMoment, phaseIcon, phaseText } from "../calls/call_text";
import { CallClock } from "./call_clock";
import { CallFinder } from "./call_finder";
import { WrapUp } from "./wrap_up";

const { DateTime } = luxon;

/** One call: who it is, what can be done, and at the end how it went. */
export class CallCard extends Component {
    static template = "threecx_bridge.CallCard";
    static components = { CallClock, CallFinder, CustomerCard, WrapUp };
    static props = {
        entry: Object,
        /** on a page of its own: nothing to fold, nothing to put away */
        isPage: { type: Boolean, optional: true },
    };

    setup() {
        this.calls = useService("threecx_calls");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({ busy: false, isTransfer: false, destination: "" });
        this.dismissLabel = _t("Close without noting");
        this.hideLabel = _t("Hide");
        // the number to transfer to: the user pressed the button that asks for it
        useAutofocus();
    }

    get call() {
        return this.props.entry.data;
    }

    get isOpen() {
        return this.props.isPage || this.props.entry.isOpen;
    }

    get name() {
        return nameOf(this.call);
    }

    get number() {
        return numberOf(this.call);
    }

    get icon() {
        return phaseIcon(this.call);
    }

    get phase() {
        return phaseText(this.call);
    }

    get time() {
        return parseMoment(this.call.started)?.toLocaleString(DateTime.TIME_SIMPLE) || "";
    }

    /** The record the call is about, when that is not the contact himself. */
    get record() {
        const { partner, record } = this.call;
        const isContact = record?.model === "res.partner" && record.id === partner.id;
        return record && !isContact ? record : false;
    }

    get isUnknown() {
        return !this.call.partner && !this.call.record && this.call.direction !== "internal";
    }

    get canCallBack() {
        const { direction, number, state } = this.call;
        return Boolean(number) && state === "ended" && direction === "inbound";
    }

    can(action) {
        return this.call.can?.includes(action);
    }

    toggle() {
        const { entry } = this.props;
        if (entry.isOpen) {
            entry.isOpen = false;
        } else {
            this.calls.open(entry);
        }
    }

    close() {
        return this.call.wrap_up
            ? this.calls.dismiss(this.props.entry)
            : this.calls.hide(this.props.entry);
    }

    openRecord(model, id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    async control(action, destination) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            const answer = await this.calls.control(this.props.entry, action, destination);
            if (answer.state === "refused") {
                this.notification.add(answer.message, { type: "warning" });
            } else {
                this.state.isTransfer = false;
                if (destination) {
                    this.notification.add(_t("Transferred to %s", destination), { type: "info" });
                }
            }
        } finally {
            this.state.busy = false;
        }
    }

    transfer() {
        const destination = this.state.destination.trim();
        return destination && this.control("transfer", destination);
    }
}
