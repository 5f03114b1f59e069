import { Component } from "@odoo/owl";

import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

const { DateTime } = luxon;

/** What somebody has planned on this ticket. */
export class Activities extends Component {
    static template = "omnichannel_inbox.Activities";
    static props = { model: Object };

    setup() {
        this.action = useService("action");
    }

    get activities() {
        return this.props.model.thread.activities;
    }

    when(activity) {
        return deserializeDate(activity.deadline).toLocaleString(DateTime.DATE_MED);
    }

    async run(action) {
        const { model } = this.props;
        await this.action.doAction(action, {
            onClose: () => model.thread && model.refreshThread(),
        });
    }

    edit(activity) {
        return this.run({
            type: "ir.actions.act_window",
            name: _t("Activity"),
            res_model: "mail.activity",
            res_id: activity.id,
            views: [[false, "form"]],
            target: "new",
        });
    }

    plan() {
        const { item } = this.props.model.thread;
        return this.run({
            type: "ir.actions.act_window",
            name: _t("Schedule Activity"),
            res_model: "mail.activity.schedule",
            views: [[false, "form"]],
            target: "new",
            context: { active_model: item.model, active_id: item.id, active_ids: [item.id] },
        });
    }
}
