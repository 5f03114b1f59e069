import { Component, useRef, useState } from "@odoo/owl";

import { KeepLast } from "@web/core/utils/concurrency";
import { useAutofocus } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

/** A field to find something by its name; what is found is a list below. */
export class SearchSelect extends Component {
    static template = "omnichannel_inbox.SearchSelect";
    static props = {
        placeholder: String,
        search: Function,
        onPick: Function,
        icon: { type: String, optional: true },
        autofocus: { type: Boolean, optional: true },
        onCancel: { type: Function, optional: true },
    };

    setup() {
        this.input = useRef("input");
        this.keepLast = new KeepLast();
        if (this.props.autofocus) {
            useAutofocus({ refName: "input", mobile: true });
        }
        this.state = useState({ text: "", found: null, index: 0 });
        this.searchLater = useDebounced(() => this.search(), 250);
    }

    async search() {
        const found = await this.keepLast.add(this.props.search(this.state.text.trim()));
        this.state.found = found;
        this.state.index = 0;
    }

    pick(option) {
        this.close();
        this.props.onPick(option);
    }

    close() {
        this.state.text = "";
        this.state.found = null;
    }

    onKeydown(ev) {
        const { found, index } = this.state;
        if (ev.key === "Escape") {
            ev.stopPropagation();
            this.close();
            this.props.onCancel?.();
        } else if (!found?.length) {
            return;
        } else if (ev.key === "Enter") {
            ev.preventDefault();
            this.pick(found[index]);
        } else if (ev.key === "ArrowDown" || ev.key === "ArrowUp") {
            ev.preventDefault();
            const step = ev.key === "ArrowDown" ? 1 : -1;
            this.state.index = (index + step + found.length) % found.length;
        }
    }
}
