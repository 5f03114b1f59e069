import { Component, useState } from "@odoo/owl";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** A mark in the corner when something is wrong with the channels; nothing when all is well. */
export class WatchSystray extends Component {
    static template = "omnichannel_inbox.WatchSystray";
    static components = { Dropdown, DropdownItem };
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.service = useService("omni_watch");
        this.watch = useState(this.service.watch);
    }

    get isDanger() {
        return this.watch.problems.some((problem) => problem.level === "danger");
    }

    /** How many things there are to do; if something only waits, for how long. */
    get badge() {
        const count = this.watch.problems.reduce((sum, problem) => sum + problem.count, 0);
        return count || this.watch.problems[0].age;
    }

    async open(problem) {
        const action = await this.orm.call("omni.channel", "action_open_watch", [
            problem.kind,
            problem.channel_id || false,
        ]);
        await this.action.doAction(action, { clearBreadcrumbs: true });
    }
}

registry
    .category("systray")
    .add("omnichannel_inbox.watch", { Component: WatchSystray }, { sequence: 31 });
