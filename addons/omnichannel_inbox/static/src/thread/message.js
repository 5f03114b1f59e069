import { Component, markup, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";

import { Avatar } from "../list/avatar";
import { isReadable } from "../model/addresses";
import { clock, countdown, full } from "../model/times";
import { Attachments } from "./attachments";
import { MailFrame } from "./frame";

/** One message of a thread: of the customer, of us, a note, or something that happened. */
export class Message extends Component {
    static template = "omnichannel_inbox.Message";
    static components = { Attachments, Avatar, MailFrame };
    static props = {
        message: Object,
        thread: Object,
        model: Object,
        showChannel: { type: Boolean, optional: true },
        onKeydown: { type: Function, optional: true },
    };

    setup() {
        this.root = useRef("root");
        this.state = useState({
            showQuote: false,
            showEdits: false,
            showDetails: false,
            isBusy: false,
            isUnfolding: false,
            left: 0,
        });
        // a note is written by a colleague and cleaned by the server, as in any chatter
        this.markup = markup;
        useEffect(
            (isLeaving) => {
                if (isLeaving) {
                    this.countDown();
                }
                return () => browser.clearInterval(this.interval);
            },
            () => [this.isLeaving]
        );
        onWillUnmount(() => browser.clearInterval(this.interval));
    }

    get message() {
        return this.props.message;
    }

    get time() {
        return clock(this.message.date);
    }

    get fullTime() {
        return full(this.message.date);
    }

    get author() {
        const { name, email } = this.message.author;
        return [name, email].find(isReadable) || _t("Unknown");
    }

    get conversation() {
        return this.props.thread.conversation(this.message.conversation_id);
    }

    /** What happened, on one line. */
    get eventText() {
        return this.message.text.split("\n").join(" · ");
    }

    get files() {
        return this.message.attachments.filter(({ inline }) => !inline);
    }

    /** An older one, of which only the words have come. */
    get isFolded() {
        return this.message.html === null && this.message.kind !== "event";
    }

    async unfold() {
        this.state.isUnfolding = true;
        try {
            await this.props.thread.unfold(this.message);
        } finally {
            this.state.isUnfolding = false;
        }
    }

    get hasRemoteBar() {
        return this.message.has_remote && !this.message.allow_remote;
    }

    // -- what became of it ---------------------------------------------------------------------

    /** Waits for its moment, during which it can be taken back. */
    get isLeaving() {
        const { state, send_after, can, is_scheduled } = this.message;
        const isQueued = state === "queued" && can.includes("cancel");
        return isQueued && Boolean(send_after) && !is_scheduled;
    }

    countDown() {
        const show = () => {
            const left = countdown(this.message.send_after);
            this.state.left = Math.max(Math.ceil(left?.seconds || 0), 0);
            if (!this.state.left) {
                browser.clearInterval(this.interval);
            }
        };
        show();
        this.interval = browser.setInterval(show, 1000);
    }

    get stateText() {
        switch (this.message.state) {
            case "queued":
                if (this.message.is_scheduled) {
                    return _t(
                        "Leaves %s, unless somebody writes before",
                        clock(this.message.send_after)
                    );
                }
                return this.state.left
                    ? _t("Leaves in %s s", this.state.left)
                    : _t("Waiting to leave");
            case "sending":
                return _t("Sending…");
            case "sent":
                return _t("Sent");
            case "delivered":
                return _t("Delivered");
            case "read":
                return _t("Read by the customer");
            case "failed":
                return this.message.failure_type === "changed" ? _t("Held back") : _t("Not sent");
            case "uncertain":
                return _t("Perhaps sent");
            case "cancelled":
                return _t("Taken back");
            default:
                return "";
        }
    }

    get stateIcon() {
        return {
            queued: "fa-clock-o",
            sending: "fa-paper-plane-o",
            sent: "fa-check",
            delivered: "fa-check-circle-o",
            read: "fa-check-circle text-info",
            failed: "fa-exclamation-triangle",
            uncertain: "fa-question-circle",
            cancelled: "fa-ban",
        }[this.message.state];
    }

    get isTrouble() {
        return ["failed", "uncertain"].includes(this.message.state);
    }

    get cancelLabel() {
        const { state, failure_type, is_scheduled } = this.message;
        if (is_scheduled || failure_type === "changed") {
            return _t("Back to the draft");
        }
        return state === "queued" ? _t("Undo") : _t("Take back");
    }

    get actions() {
        const isHeld = this.message.failure_type === "changed";
        const labels = {
            retry: isHeld ? _t("Send all the same") : _t("Try again"),
            check: _t("Check whether it left"),
            send_again: _t("Send again"),
            send_now: _t("Send now"),
            cancel: this.cancelLabel,
        };
        return this.message.can.map((name) => ({ name, label: labels[name] }));
    }

    async act(name) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            await this.props.model.messageAction(this.message, name);
        } finally {
            this.state.isBusy = false;
        }
    }

    // -- what a chat tells of it ---------------------------------------------------------------

    get editedTitle() {
        return _t("Changed %s", full(this.message.edited));
    }

    editTime(edit) {
        return _t("Until %s", clock(edit.until));
    }

    /** The message this one answers is shown, where it is. */
    goToAnswered() {
        const { key } = this.message.reply_to;
        const list = this.root.el.closest(".o_omni_messages");
        const target = list?.querySelector(`[data-key="${CSS.escape(key)}"]`);
        target?.scrollIntoView({ block: "center", behavior: "smooth" });
    }

    showRemote(remember) {
        return this.props.thread.showRemote(this.message, remember);
    }
}
