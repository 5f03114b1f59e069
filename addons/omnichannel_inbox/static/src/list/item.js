import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { replyWindow } from "../model/reply_window";
import { age, clock, day, full } from "../model/times";
import { Avatar } from "./avatar";
import { SlaPill } from "./sla_pill";

/** One ticket in the list: who, about what, since when, and what presses. */
export class Item extends Component {
    static template = "omnichannel_inbox.Item";
    static components = { Avatar, SlaPill };
    static props = {
        item: Object,
        now: Object,
        isActive: Boolean,
        isSelected: Boolean,
        hasSelection: Boolean,
        onOpen: Function,
        onToggle: Function,
    };

    get who() {
        const { customer, partner, author } = this.props.item;
        return customer || partner?.name || author || _t("Unknown");
    }

    get age() {
        return age(this.props.item.date, this.props.now);
    }

    get fullDate() {
        return full(this.props.item.date);
    }

    get subject() {
        return this.props.item.subject || _t("(no subject)");
    }

    get orders() {
        return this.props.item.orders.map(({ name }) => name).join(", ");
    }

    get orderTitle() {
        return this.props.item.orders
            .map(({ name, status, expected }) =>
                [name, status, day(expected)].filter(Boolean).join(" · ")
            )
            .join("\n");
    }

    get isUrgent() {
        return this.props.item.priority >= "2";
    }

    get reasons() {
        return this.props.item.reasons.join("\n");
    }

    get viewers() {
        return _t("Also looking: %s", this.props.item.viewers.join(", "));
    }

    get snoozed() {
        const { snoozed_until } = this.props.item;
        return snoozed_until && _t("Snoozed until %s", clock(snoozed_until, this.props.now));
    }

    get scheduled() {
        const { scheduled } = this.props.item;
        return scheduled && _t("An answer leaves: %s", clock(scheduled, this.props.now));
    }

    /** What is left of the time to answer, once it presses. */
    get answerTime() {
        const { reply_until: until } = this.props.item;
        const window = until && replyWindow({ until }, this.props.now);
        return window && ["soon", "urgent"].includes(window.level) ? window : null;
    }

    get answerTimeTitle() {
        return _t("Can be answered on the channel until %s", full(this.props.item.reply_until));
    }

    /** What a screen reader says of it. */
    get label() {
        const { item } = this.props;
        return [
            item.unread && _t("Unread"),
            this.who,
            this.subject,
            item.number,
            this.age,
            item.failed && _t("A message could not be sent"),
        ]
            .filter(Boolean)
            .join(", ");
    }

    onClick(ev) {
        if (ev.ctrlKey || ev.metaKey || ev.shiftKey) {
            this.props.onToggle(ev.shiftKey);
        } else {
            this.props.onOpen();
        }
    }

    onKeydown(ev) {
        if (ev.target === ev.currentTarget && ["Enter", " "].includes(ev.key)) {
            ev.preventDefault();
            this.props.onOpen();
        }
    }
}
