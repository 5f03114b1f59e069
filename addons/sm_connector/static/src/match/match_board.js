import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const VERDICTS = {
    agree: { icon: "fa-check-circle text-success", cell: "table-success", title: _t("The same") },
    similar: { icon: "fa-adjust text-warning", cell: "table-warning", title: _t("Similar") },
    differ: { icon: "fa-times-circle text-danger", cell: "table-danger", title: _t("Different") },
    only_master: { icon: "", cell: "", title: _t("Only in Silicon Master") },
    only_odoo: { icon: "", cell: "", title: _t("Only in Odoo") },
    none: { icon: "", cell: "", title: "" },
};
const STRENGTHS = {
    strong: "text-bg-success",
    medium: "text-bg-warning",
    weak: "text-bg-secondary",
};

/**
 * What the master sends on the left, the records of Odoo that it may be beside it, and which of
 * their fields agree.
 */
export class MatchBoard extends Component {
    static template = "sm_connector.MatchBoard";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.isBusy = false;
    }

    get board() {
        return this.props.record.data[this.props.name];
    }

    verdict(cell) {
        return VERDICTS[cell.verdict] || VERDICTS.none;
    }

    strengthClass(column) {
        return STRENGTHS[column.strength];
    }

    href(column) {
        return `/odoo/${column.res_model}/${column.res_id}`;
    }

    async link(column) {
        if (this.isBusy) {
            return;
        }
        this.isBusy = true;
        try {
            const result = await this.orm.call("sm.match", "action_link", [
                [this.props.record.resId],
                column.res_id,
            ]);
            await this.action.doAction(result);
        } finally {
            this.isBusy = false;
        }
    }

    openRecord(column) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: column.res_model,
            res_id: column.res_id,
            views: [[false, "form"]],
        });
    }

    openRival(rival) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "sm.match",
            res_id: rival.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("sm_match_board", {
    component: MatchBoard,
    supportedTypes: ["json"],
});
