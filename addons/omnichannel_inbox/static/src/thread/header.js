import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { useService } from "@web/core/utils/hooks";

import { Avatar } from "../list/avatar";
import { SlaPill } from "../list/sla_pill";
import { clock } from "../model/times";
import { AssignMenu } from "./assign_menu";
import { SnoozeMenu } from "./snooze_menu";

/** What the open ticket is about, and what can be done with it. */
export class ThreadHeader extends Component {
    static template = "omnichannel_inbox.ThreadHeader";
    static components = { AssignMenu, Avatar, Dropdown, DropdownItem, SlaPill, SnoozeMenu };
    static props = {
        model: Object,
        assignState: Object,
        snoozeState: Object,
        onMerge: Function,
        onBack: { type: Function, optional: true },
        onSide: { type: Function, optional: true },
        isSideOpen: { type: Boolean, optional: true },
    };

    setup() {
        this.action = useService("action");
    }

    get model() {
        return this.props.model;
    }

    get thread() {
        return this.model.thread;
    }

    get item() {
        return this.thread.item;
    }

    get ids() {
        return [this.thread.caseId];
    }

    get subject() {
        return this.item.subject || _t("(no subject)");
    }

    get isMine() {
        return this.item.user && this.item.user.id === this.model.me?.id;
    }

    get isSpam() {
        return this.model.folder === "spam" || this.item.is_spam;
    }

    get assignTitle() {
        return this.item.user ? _t("Assigned to %s", this.item.user.name) : _t("Assign");
    }

    get snoozed() {
        const { snoozed_until } = this.item;
        return snoozed_until ? clock(snoozed_until, this.model.now) : "";
    }

    get viewers() {
        return this.thread.viewers.map(({ name, typing }) =>
            typing ? _t("%s is writing…", name) : _t("%s is looking", name)
        );
    }

    get isTyping() {
        return this.thread.viewers.some(({ typing }) => typing);
    }

    openRecord() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: this.item.model,
            res_id: this.item.id,
            views: [[false, "form"]],
        });
    }
}
