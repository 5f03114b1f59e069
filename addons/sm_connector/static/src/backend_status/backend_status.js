import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";

import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const POLL_MS = 2000;
const LEVELS = {
    new: { alert: "alert-info", icon: "fa-info-circle" },
    busy: { alert: "alert-info", icon: "fa-refresh fa-spin" },
    good: { alert: "alert-success", icon: "fa-check-circle" },
    attention: { alert: "alert-warning", icon: "fa-exclamation-circle" },
    bad: { alert: "alert-danger", icon: "fa-times-circle" },
};

/**
 * One line that says how the synchronisation is doing. While it runs, the line follows it and the
 * form is read again when it ends.
 */
export class BackendStatus extends Component {
    static template = "sm_connector.BackendStatus";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.progress = useState({ percent: 0, line: "" });
        this.timer = null;
        useEffect(
            (isLive) => {
                if (isLive) {
                    this.progress.line = "";
                    this.poll();
                }
                return () => this.stop();
            },
            () => [this.isLive]
        );
        onWillUnmount(() => this.stop());
    }

    get data() {
        return this.props.record.data;
    }

    get isLive() {
        return Boolean(this.data.running_run_id && this.props.record.resId);
    }

    get level() {
        return LEVELS[this.data.status_level] || LEVELS.new;
    }

    get line() {
        return (this.isLive && this.progress.line) || this.data.status_line;
    }

    get nextNight() {
        const night = this.data.next_night;
        return night && this.data.is_configured ? toLocaleDateTimeString(night) : "";
    }

    stop() {
        clearTimeout(this.timer);
        this.timer = null;
    }

    async poll() {
        const run = (this.timer = setTimeout(() => {}, 0));
        let progress = null;
        try {
            progress = await this.orm.silent.call("sm.backend", "get_progress", [
                [this.props.record.resId],
            ]);
        } catch {
            // the server is busy or restarting: ask again, the run does not depend on this page
        }
        if (this.timer !== run) {
            return; // closed, or another record, meanwhile
        }
        if (progress && !progress.is_live) {
            this.timer = null;
            await this.props.record.load();
            return;
        }
        if (progress) {
            this.progress.percent = progress.percent;
            this.progress.line = progress.status_line;
        }
        this.timer = setTimeout(() => this.poll(), POLL_MS);
    }
}

registry.category("view_widgets").add("sm_backend_status", {
    component: BackendStatus,
    fieldDependencies: [
        { name: "status_line", type: "char", readonly: true },
        { name: "status_level", type: "selection", readonly: true },
        { name: "running_run_id", type: "many2one", readonly: true },
        { name: "is_configured", type: "boolean", readonly: true },
        { name: "next_night", type: "datetime", readonly: true },
    ],
});
