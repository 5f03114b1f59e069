import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";

import { isReadable } from "../model/addresses";
import { SearchSelect } from "./search_select";

const LEVELS = {
    proved: { class: "text-bg-success", icon: "fa-check-circle" },
    strong: { class: "text-bg-info", icon: "fa-check" },
    weak: { class: "text-bg-warning", icon: "fa-question-circle" },
    none: { class: "text-bg-secondary", icon: "fa-question-circle" },
};

/** Who writes, how we know it, and who else it may be. */
export class IdentityBox extends Component {
    static template = "omnichannel_inbox.IdentityBox";
    static components = { SearchSelect };
    static props = {
        model: Object,
        conversation: Object,
        isRepeated: { type: Boolean, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.state = useState({ isSearching: false, isBusy: false });
    }

    get identity() {
        return this.props.conversation.identity;
    }

    get name() {
        const { name, address } = this.identity;
        return [name, address].find(isReadable) || _t("Unknown");
    }

    get level() {
        const labels = {
            proved: _t("Proved"),
            strong: _t("Very likely"),
            weak: _t("Perhaps"),
            none: _t("Unknown"),
        };
        const level = LEVELS[this.identity.level] ? this.identity.level : "none";
        return { ...LEVELS[level], label: labels[level] };
    }

    /** One decision at a time. */
    async once(change) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            await change();
        } finally {
            this.state.isBusy = false;
        }
    }

    confirm(partner) {
        this.state.isSearching = false;
        return this.once(() =>
            this.props.model.identify("confirm_identity", this.identity.id, partner.id)
        );
    }

    reject(partner) {
        return this.once(() =>
            this.props.model.identify("reject_identity", this.identity.id, partner.id)
        );
    }

    async search(text) {
        if (text.length < 2) {
            return [];
        }
        const fields = ["display_name", "email", "city"];
        const domain = [
            "|",
            "|",
            ["display_name", "ilike", text],
            ["email", "ilike", text],
            ["ref", "=", text],
        ];
        const found = await this.orm.silent.searchRead("res.partner", domain, fields, { limit: 8 });
        return found.map(({ id, display_name, email, city }) => ({
            id,
            name: display_name,
            subtitle: [email, city].filter(Boolean).join(" · "),
        }));
    }

    /** A contact with what the message tells; saved, it is the customer. */
    async create() {
        const context = await this.props.model.call("contact_defaults", [
            this.props.conversation.id,
        ]);
        this.dialog.add(FormViewDialog, {
            title: _t("New contact"),
            resModel: "res.partner",
            context,
            onRecordSaved: (record) => this.confirm({ id: record.resId }),
        });
    }
}
