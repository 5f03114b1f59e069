import { Component, useState } from "@odoo/owl";

import { serializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { nameOf } from "../calls/call_text";

const { DateTime } = luxon;

const SUGGESTED = {
    answered: "reached",
    failed: "no_answer",
    no_answer: "no_answer",
    voicemail: "left_message",
};

/** After a call: how it went, or when to call again. One click each; the note is optional. */
export class WrapUp extends Component {
    static template = "threecx_bridge.WrapUp";
    static props = { entry: Object };

    setup() {
        this.calls = useService("threecx_calls");
        this.notification = useService("notification");
        this.draft = useState(this.props.entry.draft);
        this.state = useState({ busy: false });
        this.results = [
            { value: "reached", label: _t("Reached"), icon: "fa-check" },
            { value: "left_message", label: _t("Left a message"), icon: "fa-comment-o" },
            { value: "no_answer", label: _t("No answer"), icon: "fa-phone" },
            { value: "wrong_number", label: _t("Wrong number"), icon: "fa-ban" },
        ];
    }

    /** What the call itself says of how it went. */
    get suggested() {
        return SUGGESTED[this.props.entry.data.outcome];
    }

    get days() {
        const today = DateTime.local().startOf("day");
        const tomorrow = today.plus({ days: 1 });
        const monday = today.plus({ weeks: 1 }).startOf("week");
        return [
            { label: _t("Today"), date: today },
            { label: _t("Tomorrow"), date: tomorrow },
            { label: _t("Monday"), date: monday, hidden: monday.equals(tomorrow) },
            { label: _t("In a week"), date: today.plus({ weeks: 1 }) },
        ].filter(({ hidden }) => !hidden);
    }

    get today() {
        return serializeDate(DateTime.local());
    }

    async save(result, callback = false) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        const { data, draft } = this.props.entry;
        try {
            await this.calls.wrapUp(this.props.entry, result, draft.note.trim(), callback);
        } finally {
            this.state.busy = false;
        }
        this.notification.add(
            callback
                ? _t("To call back on %s", DateTime.fromISO(callback.date).toLocaleString())
                : _t("Noted: %s", nameOf(data)),
            { type: "success" }
        );
    }

    plan(date) {
        const { data, draft } = this.props.entry;
        const [summary] = draft.note.trim().split("\n");
        return this.save("call_back", {
            date: serializeDate(date),
            summary: summary || _t("Call %s back", nameOf(data)),
        });
    }

    planDate() {
        const date = DateTime.fromISO(this.draft.date);
        return date.isValid && this.plan(date);
    }

    onNoteKeydown(ev) {
        if (ev.key === "Enter" && (ev.ctrlKey || ev.metaKey) && this.suggested) {
            ev.preventDefault();
            this.save(this.suggested);
        }
    }
}
