import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";

import { nextLook, replyWindow } from "../model/reply_window";
import { full } from "../model/times";

const { DateTime } = luxon;

/** What is left of the time to answer in a conversation; it counts by itself. */
export class ReplyWindow extends Component {
    static template = "omnichannel_inbox.ReplyWindow";
    static props = {
        window: Object,
        /** An end has been reached: what can be done is different now. */
        onOver: Function,
    };

    setup() {
        this.state = useState({ now: DateTime.local() });
        useEffect(
            () => {
                this.state.now = DateTime.local();
                this.lookAgain(this.left?.kind);
                return () => browser.clearTimeout(this.timer);
            },
            () => [this.props.window.until, this.props.window.human_until]
        );
        onWillUnmount(() => browser.clearTimeout(this.timer));
    }

    get left() {
        return replyWindow(this.props.window, this.state.now);
    }

    lookAgain(kind) {
        browser.clearTimeout(this.timer);
        const wait = nextLook(this.left);
        if (wait) {
            this.timer = browser.setTimeout(() => {
                this.state.now = DateTime.local();
                const now = this.left?.kind;
                if (now !== kind) {
                    this.props.onOver();
                }
                this.lookAgain(now);
            }, wait);
        }
    }

    get text() {
        const { kind, text } = this.left;
        return {
            open: _t("%s left to answer", text),
            human: _t("%s left, written by a person only", text),
            closed: _t("The time to answer on this channel is over."),
        }[kind];
    }

    get title() {
        const { until, human_until } = this.props.window;
        const moment = this.left.kind === "human" ? human_until : until;
        return [_t("Until %s", full(moment)), this.props.window.text].filter(Boolean).join("\n");
    }

    get style() {
        return {
            calm: "text-muted",
            soon: "text-warning-emphasis fw-bold",
            urgent: "o_omni_urgent text-danger fw-bold",
            over: "text-danger fw-bold",
        }[this.left.level];
    }
}
