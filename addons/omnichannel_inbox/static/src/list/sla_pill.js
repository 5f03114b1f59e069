import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { countdown, full } from "../model/times";

/** What is left of the promised time; it counts by itself. */
export class SlaPill extends Component {
    static template = "omnichannel_inbox.SlaPill";
    static props = { sla: Object, now: Object };

    get left() {
        return countdown(this.props.sla.deadline, this.props.now);
    }

    get isPaused() {
        return this.props.sla.state === "paused" || !this.left;
    }

    get state() {
        return this.isPaused ? "paused" : this.left.isLate ? "late" : this.props.sla.state;
    }

    get level() {
        return { late: "text-bg-danger", soon: "text-bg-warning", ok: "text-bg-light border" }[
            this.state
        ];
    }

    get kind() {
        return {
            first_answer: _t("First answer"),
            next_answer: _t("Next answer"),
            resolution: _t("Solution"),
        }[this.props.sla.kind];
    }

    get text() {
        if (this.isPaused) {
            return "";
        }
        return this.left.isLate ? _t("late %s", this.left.text) : this.left.text;
    }

    get title() {
        if (this.isPaused) {
            return _t("%s: the clock stands still", this.kind);
        }
        return _t("%(kind)s by %(when)s", { kind: this.kind, when: full(this.props.sla.deadline) });
    }
}
