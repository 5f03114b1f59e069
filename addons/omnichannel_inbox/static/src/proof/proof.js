import { Component, onWillStart, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const SPANS = [7, 14, 31];
const KEY = "omnichannel_inbox.proof.days";

export const STATES = {
    ok: { icon: "fa-check-circle", color: "success" },
    unasked: { icon: "fa-check", color: "info" },
    waiting: { icon: "fa-clock-o", color: "warning" },
    error: { icon: "fa-exclamation-triangle", color: "warning" },
    missing: { icon: "fa-times-circle", color: "danger" },
};

/** Days by channels: what the other side has, what came in, and whether anything is missing. */
export class Proof extends Component {
    static template = "omnichannel_inbox.Proof";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.spans = SPANS;
        const kept = Number(browser.localStorage.getItem(KEY));
        this.state = useState({
            days: SPANS.includes(kept) ? kept : SPANS[0],
            data: null,
            /** Name of the channel that is being counted. */
            counting: "",
        });
        onWillStart(() => this.load());
    }

    async load() {
        this.state.data = await this.orm.call("omni.proof", "get_screen", [this.state.days]);
    }

    async setDays(days) {
        this.state.days = days;
        browser.localStorage.setItem(KEY, days);
        await this.load();
    }

    look(cell) {
        return STATES[cell.state];
    }

    figures(cell) {
        // what was moved or deleted there since is still here
        if (cell.there === false || cell.here > cell.there) {
            return String(cell.here);
        }
        return _t("%(here)s of %(there)s", { here: cell.here, there: cell.there });
    }

    words(cell) {
        const isEmpty = cell.state === "ok" && !cell.here && !cell.there;
        return isEmpty ? _t("Nothing that day") : cell.text;
    }

    label(channel, day, cell) {
        return `${channel.name}, ${day.label}: ${this.figures(cell)}, ${this.words(cell)}`;
    }

    /** Is there a day on which something is missing, or a letter that was given up? */
    get hasTrouble() {
        const { missing, dead } = this.state.data.totals;
        return Boolean(missing || dead);
    }

    /** One channel after the other: whoever waits sees how far it is. */
    async count() {
        const failed = [];
        try {
            for (const channel of this.state.data.channels) {
                this.state.counting = channel.name;
                const args = [channel.id, this.state.days];
                if (!(await this.orm.silent.call("omni.proof", "count", args))) {
                    failed.push(channel.name);
                }
            }
        } finally {
            this.state.counting = "";
            await this.load();
        }
        if (failed.length) {
            this.notification.add(
                _t("Could not be asked: %s. The reason stands beside the channel.", failed.join(", ")),
                { type: "warning" }
            );
        }
    }

    async fetch() {
        const action = await this.orm.call("omni.proof", "fetch_missing", [this.state.days]);
        this.notification.add(action.params.message, { type: "info" });
        await this.load();
    }

    openCell(cell) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "omni.proof",
            res_id: cell.id,
            views: [[false, "form"]],
        });
    }

    openDead() {
        return this.action.doAction("omnichannel_inbox.omni_event_action_dead");
    }

    openDays() {
        return this.action.doAction("omnichannel_inbox.omni_proof_action_days");
    }

    openChannels() {
        return this.action.doAction("omnichannel_inbox.omni_channel_action");
    }
}

registry.category("actions").add("omnichannel_inbox.proof", Proof);
