import { Component, onWillDestroy, useEffect, useState } from "@odoo/owl";

import { formatDateTime, deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * What happened to an order of the master, newest first; what no longer holds is muted.
 */
export class OrderTimeline extends Component {
    static template = "sm_connector.OrderTimeline";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.alive = true;
        this.state = useState({ status: "loading", events: [], count: 0 });
        useEffect(
            (resId) => {
                this.load(resId);
            },
            () => [this.props.record.resId]
        );
        onWillDestroy(() => {
            this.alive = false;
        });
    }

    async load(resId) {
        if (!resId) {
            Object.assign(this.state, { status: "ready", events: [], count: 0 });
            return;
        }
        this.state.status = "loading";
        try {
            const timeline = await this.keepLast.add(
                this.orm.silent.call("sale.order", "get_sm_timeline", [[resId]])
            );
            if (this.alive) {
                Object.assign(this.state, { status: "ready", ...timeline });
            }
        } catch {
            if (this.alive) {
                this.state.status = "error";
            }
        }
    }

    retry() {
        return this.load(this.props.record.resId);
    }

    at(event) {
        return formatDateTime(deserializeDateTime(event.at), { showSeconds: false });
    }

    get more() {
        return this.state.count - this.state.events.length;
    }
}

registry.category("view_widgets").add("sm_order_timeline", { component: OrderTimeline });
