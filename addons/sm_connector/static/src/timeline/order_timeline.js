import { Component, onWillDestroy, useEffect, useState } from "@odoo/owl";

import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SHOWN_ARTICLES = 3;

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
        this.state = useState({ status: "loading", events: [], older: 0 });
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
            Object.assign(this.state, { status: "ready", events: [], older: 0 });
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
        return toLocaleDateTimeString(deserializeDateTime(event.at), { showSeconds: false });
    }

    /** The articles of the lines concerned; of many, the first ones and how many more. */
    articles(event) {
        const shown = event.articles.slice(0, SHOWN_ARTICLES).join(", ");
        const more = event.articles.length - SHOWN_ARTICLES;
        return more > 0 ? _t("%(articles)s and %(count)s more", { articles: shown, count: more }) : shown;
    }
}

registry.category("view_widgets").add("sm_order_timeline", { component: OrderTimeline });
