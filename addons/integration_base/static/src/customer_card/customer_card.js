import { Component, onWillDestroy, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";

const SAFE_HREF = /^(?:tel:|mailto:|https?:\/\/|\/(?!\/))/i;
const BADGE_LEVELS = ["info", "success", "warning", "danger"];

/**
 * The card of one customer: what `res.partner.get_customer_card` says, in sections.
 *
 * Used by the contact form, and by whatever serves a customer (call pop-up, inbox). Give another
 * `revision` to have it read again.
 */
export class CustomerCard extends Component {
    static template = "integration_base.CustomerCard";
    static props = {
        partnerId: { type: Number },
        revision: { optional: true },
        hideHeader: { type: Boolean, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.alive = true;
        this.state = useState({ status: "loading", card: null, error: "", denied: false });
        onWillStart(() => {
            // not awaited: the form must not wait for the card
            this.load(this.props.partnerId);
        });
        onWillUpdateProps((next) => {
            if (
                next.partnerId !== this.props.partnerId ||
                next.revision !== this.props.revision
            ) {
                this.load(next.partnerId);
            }
        });
        onWillDestroy(() => {
            this.alive = false;
        });
    }

    async load(partnerId) {
        if (this.state.card?.id !== partnerId) {
            Object.assign(this.state, { status: "loading", card: null });
        }
        try {
            const card = await this.keepLast.add(
                this.orm.silent.call("res.partner", "get_customer_card", [[partnerId]])
            );
            if (this.alive) {
                Object.assign(this.state, { status: "ready", card, error: "" });
            }
        } catch (error) {
            if (this.alive) {
                const denied = error.data?.name === "odoo.exceptions.AccessError";
                Object.assign(this.state, { status: "error", card: null, denied });
                this.state.error = denied
                    ? _t("You do not have access to this customer.")
                    : _t("The customer card could not be loaded.");
            }
        }
    }

    retry() {
        return this.load(this.props.partnerId);
    }

    get sections() {
        return this.state.card.sections;
    }

    isEmpty(section) {
        return !section.facts?.length && !section.records?.length;
    }

    /** Links come from what people typed: only harmless kinds are followed. */
    href(fact) {
        return fact.href && SAFE_HREF.test(fact.href) ? fact.href : null;
    }

    isExternal(fact) {
        return /^https?:/i.test(fact.href);
    }

    isTags(fact) {
        return Array.isArray(fact.value);
    }

    badgeClass(record) {
        const level = BADGE_LEVELS.includes(record.badge_level) ? record.badge_level : "secondary";
        return `text-bg-${level}`;
    }

    open(item) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: item.res_model,
            res_id: item.res_id,
            views: [[false, "form"]],
            target: item.res_model === "mail.activity" ? "new" : "current",
        });
    }
}
