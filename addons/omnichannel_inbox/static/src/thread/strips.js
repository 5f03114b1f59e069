import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { clock } from "../model/times";

/** Joinings shown without being asked for. */
const SHOWN = 2;

/**
 * What there is to know of the conversations of a ticket before one reads them: which were joined
 * and why, who also writes elsewhere, which are answered at another desk.
 */
export class Strips extends Component {
    static template = "omnichannel_inbox.Strips";
    static props = { model: Object };

    setup() {
        this.state = useState({ isBusy: false, showsAll: false });
    }

    get thread() {
        return this.props.model.thread;
    }

    get desks() {
        return this.thread.conversations.filter(({ desk }) => desk);
    }

    get joined() {
        const { joined } = this.thread.joins;
        return this.state.showsAll ? joined : joined.slice(0, SHOWN);
    }

    get hidden() {
        return this.thread.joins.joined.length - this.joined.length;
    }

    get suggested() {
        return this.thread.joins.suggested;
    }

    get moreText() {
        return _t("%s more", this.hidden);
    }

    deskText({ elsewhere, desk }) {
        return elsewhere ? _t("This chat is answered in %s", desk) : _t("This chat is over");
    }

    openText({ desk }) {
        return _t("Open in %s", desk);
    }

    suggestedText({ channels }) {
        return _t("Also writing on %s", channels.map(({ name }) => name).join(", "));
    }

    when(row) {
        return clock(row.date);
    }

    stars({ satisfaction }) {
        return _t("Satisfaction: %s out of 5", Math.round(satisfaction * 10) / 10);
    }

    async act(method, ...args) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            await this.props.model.joinAction(method, ...args);
        } finally {
            this.state.isBusy = false;
        }
    }

    undo(join) {
        return this.act("undo_join", join.id);
    }

    join(other) {
        return this.act("join", this.thread.caseId, other.case_id);
    }

    reject(other) {
        return this.act("reject_join", this.thread.caseId, other.case_id);
    }
}
