import { Component, useState } from "@odoo/owl";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** A mark in the corner when something needs an operator; nothing at all when all is well. */
export class WatchSystray extends Component {
    static template = "sm_connector.WatchSystray";
    static components = { Dropdown, DropdownItem };
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.watch = useState(useService("sm_watch").watch);
    }

    get isDanger() {
        return this.watch.problems.some((problem) => problem.level === "danger");
    }

    get severalMasters() {
        return new Set(this.watch.problems.map((problem) => problem.backend_id)).size > 1;
    }

    async open(problem) {
        const action = await this.orm.call("sm.backend", "action_open_watch", [
            [problem.backend_id],
            problem.kind,
        ]);
        await this.action.doAction(action);
    }
}

registry
    .category("systray")
    .add("sm_connector.watch", { Component: WatchSystray }, { sequence: 30 });
