import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { router } from "@web/core/browser/router";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { CallCard } from "../call_card/call_card";

/**
 * Who is calling, on a page of its own: where the 3CX client of somebody goes who has no tab of
 * Odoo open.
 */
export class PopAction extends Component {
    static template = "threecx_bridge.PopAction";
    static components = { CallCard, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.calls = useService("threecx_calls");
        this.display = { controlPanel: {} };
        this.state = useState({ entry: null });
        onWillStart(async () => {
            const data = await this.orm.call("threecx.call", "pop_data", [
                this.param("number"),
                this.param("name"),
            ]);
            // one of the calls of the user: what the bus tells of it is shown here too
            this.state.entry = this.calls.receive(data) || this.calls.makeEntry(data);
            this.state.entry.isOnPage = true;
        });
        onWillDestroy(() => {
            if (this.state.entry) {
                this.state.entry.isOnPage = false;
            }
        });
    }

    /**
     * The router would make a number of "0475…" and lose its zero: read the address itself, as long
     * as it is there.
     */
    param(name) {
        const given = new URLSearchParams(browser.location.search).get(name);
        return given ?? String(this.props.action.params?.[name] ?? router.current[name] ?? "");
    }
}

registry.category("actions").add("threecx_bridge.pop", PopAction);
