import { Component, useState } from "@odoo/owl";

import { KeepLast } from "@web/core/utils/concurrency";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

const ICONS = { "res.partner": "fa-user", "crm.lead": "fa-star", "sale.order": "fa-file-text-o" };

/** Says whose call it is: one of those who fit, somebody found by a word, or somebody new. */
export class CallFinder extends Component {
    static template = "threecx_bridge.CallFinder";
    static props = { entry: Object };

    setup() {
        this.calls = useService("threecx_calls");
        this.keepLast = new KeepLast();
        // the user pressed a button to get the input: only then the focus goes there
        useAutofocus({ mobile: true });
        this.state = useState({
            busy: false,
            mode: this.call.candidates.length ? "pick" : "choose",
            text: "",
            found: null,
            name: this.call.caller_name || "",
        });
        this.searchLater = useDebounced(() => this.search(), 300);
    }

    get call() {
        return this.props.entry.data;
    }

    icon(candidate) {
        return ICONS[candidate.model] || "fa-folder-o";
    }

    async search() {
        const text = this.state.text.trim();
        const found =
            text.length < 2
                ? null
                : await this.keepLast.add(this.calls.searchRecords(this.props.entry, text));
        this.state.found = found;
    }

    /** One change at a time: a second click waits for the answer to the first. */
    async once(change) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            await change();
        } finally {
            this.state.busy = false;
        }
    }

    pick(candidate) {
        return this.once(() =>
            this.calls.linkRecord(this.props.entry, candidate.model, candidate.id)
        );
    }

    create() {
        const name = this.state.name.trim();
        return name && this.once(() => this.calls.createContact(this.props.entry, name));
    }
}
