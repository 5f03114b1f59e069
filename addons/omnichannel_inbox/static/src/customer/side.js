import { Component } from "@odoo/owl";

import { CustomerCard } from "@integration_base/customer_card/customer_card";

import { day } from "../model/times";
import { Activities } from "./activities";
import { IdentityBox } from "./identity";
import { TicketFields } from "./ticket_fields";

/** Who the customer is and what we know of him, beside what he writes. */
export class Side extends Component {
    static template = "omnichannel_inbox.Side";
    static components = { Activities, CustomerCard, IdentityBox, TicketFields };
    static props = {
        model: Object,
        onBack: { type: Function, optional: true },
    };

    get thread() {
        return this.props.model.thread;
    }

    get partner() {
        return this.thread.item.partner;
    }

    /** Orders that he says are his, and that are not on the ticket. */
    get namedOrders() {
        return this.thread.joins.orders || [];
    }

    expected(order) {
        return day(order.expected);
    }

    link(order) {
        const ids = this.thread.item.orders.map(({ id }) => id);
        return this.props.model.setValues({ order_ids: [...ids, order.id] });
    }

    /** Each writer once, however many conversations he has. */
    get conversations() {
        const seen = new Set();
        return this.thread.conversations.filter(({ identity }) => {
            const isNew = identity && !seen.has(identity.id);
            seen.add(identity.id);
            return isNew;
        });
    }

    /** The same customer as one above, and nothing to decide: said in short. */
    isRepeated(index) {
        const { conversations } = this;
        const { partner, candidates } = conversations[index].identity;
        const isSame = ({ identity }) => identity.partner?.id === partner?.id;
        return Boolean(
            partner && !candidates.length && conversations.slice(0, index).some(isSame)
        );
    }
}
