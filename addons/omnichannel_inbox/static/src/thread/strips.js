import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { clock } from "../model/times";

/** Kinds of which one line is shown without being asked for, and on a telephone. */
const SHOWN = 3;
const SHOWN_SMALL = 2;

/**
 * What there is to know of the conversations of a ticket before one reads them: which were joined
 * and why, who also writes elsewhere, which are answered at another desk.
 */
export class Strips extends Component {
    static template = "omnichannel_inbox.Strips";
    static props = { model: Object };

    setup() {
        this.ui = useState(useService("ui"));
        this.state = useState({ isBusy: false, showsAll: false });
    }

    get thread() {
        return this.props.model.thread;
    }

    /** One of each kind first: what is asked, what was done, what one has to know. */
    get all() {
        const { joined, suggested } = this.thread.joins;
        const desks = this.thread.conversations.filter(({ desk }) => desk);
        const kinds = [
            suggested.map((row) => ({ kind: "suggested", key: `s${row.case_id}`, row })),
            joined.map((row) => ({ kind: "joined", key: `j${row.id}`, row })),
            desks.map((row) => ({ kind: "desk", key: `d${row.id}`, row })),
        ];
        const isFirst = true;
        return [
            ...kinds.flatMap(([line]) => (line ? { ...line, isFirst } : [])),
            ...kinds.flatMap((lines) => lines.slice(1)),
        ];
    }

    get lines() {
        const { all } = this;
        const shown = this.ui.isSmall ? SHOWN_SMALL : SHOWN;
        return this.state.showsAll ? all : all.filter((line) => line.isFirst).slice(0, shown);
    }

    get hidden() {
        return this.all.length - this.lines.length;
    }

    get moreText() {
        return this.hidden ? _t("%s more", this.hidden) : _t("Show less");
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

    suggestedDetails({ number, date, customer, reasons }) {
        const who = customer === this.thread.item.customer ? "" : customer;
        return [number, clock(date), who, ...reasons].filter(Boolean).join(" · ");
    }

    satisfactionText({ satisfaction }) {
        return _t("Satisfaction: %s out of 5", Math.round(satisfaction * 10) / 10);
    }

    joinedText({ text, reasons, date }) {
        return [text, ...reasons, clock(date)].filter(Boolean).join("\n");
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
