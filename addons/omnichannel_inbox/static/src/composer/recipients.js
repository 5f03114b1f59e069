import { Component, useRef, useState } from "@odoo/owl";

import { KeepLast } from "@web/core/utils/concurrency";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

import { addAddresses, isAddress, parseAddresses } from "../model/addresses";

/** One line of recipients: each a chip that can be taken out, found again or corrected. */
export class Recipients extends Component {
    static template = "omnichannel_inbox.Recipients";
    static props = {
        label: String,
        recipients: Array,
        onChange: Function,
        onPick: { type: Function, optional: true },
        name: String,
        autofocus: { type: Boolean, optional: true },
        slots: { type: Object, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.input = useRef("input");
        if (this.props.autofocus) {
            useAutofocus({ refName: "input" });
        }
        this.keepLast = new KeepLast();
        this.state = useState({ text: "", found: [], index: 0 });
        this.searchLater = useDebounced(() => this.search(), 250);
    }

    isWrong(recipient) {
        return !isAddress(recipient.email);
    }

    async search() {
        const text = this.state.text.trim();
        if (text.length < 2) {
            this.state.found = [];
            return;
        }
        const domain = [
            ["email", "!=", false],
            "|",
            ["name", "ilike", text],
            ["email", "ilike", text],
        ];
        const found = await this.keepLast.add(
            this.orm.silent.searchRead("res.partner", domain, ["name", "email"], { limit: 6 })
        );
        this.state.found = found;
        this.state.index = 0;
    }

    add(recipients) {
        this.state.text = "";
        this.state.found = [];
        this.props.onChange(addAddresses(this.props.recipients, recipients));
    }

    /** What stands in the field becomes chips. */
    commit() {
        if (this.state.text.trim()) {
            this.add(parseAddresses(this.state.text));
        }
    }

    pick({ id, name, email }) {
        this.add([{ name, email }]);
        this.props.onPick?.({ id, email });
        this.input.el.focus();
    }

    remove(recipient) {
        this.props.onChange(this.props.recipients.filter((one) => one !== recipient));
    }

    /** A wrong address goes back to where it can be corrected. */
    edit(recipient) {
        this.remove(recipient);
        this.state.text = recipient.email;
        this.input.el.focus();
    }

    onKeydown(ev) {
        const { found, index, text } = this.state;
        switch (ev.key) {
            case "ArrowDown":
            case "ArrowUp":
                if (found.length) {
                    ev.preventDefault();
                    const step = ev.key === "ArrowDown" ? 1 : -1;
                    this.state.index = (index + step + found.length) % found.length;
                }
                break;
            case "Enter":
            case "Tab":
            case ",":
            case ";":
                if (ev.ctrlKey || ev.metaKey || !text.trim()) {
                    return;
                }
                ev.preventDefault();
                if (found.length && ev.key !== "," && ev.key !== ";") {
                    this.pick(found[index]);
                } else {
                    this.commit();
                }
                break;
            case "Backspace":
                if (!text && this.props.recipients.length) {
                    this.remove(this.props.recipients.at(-1));
                }
                break;
            case "Escape":
                if (found.length) {
                    ev.stopPropagation();
                    this.state.found = [];
                }
        }
    }

    onPaste(ev) {
        const text = ev.clipboardData.getData("text/plain");
        if (/[,;\n]/.test(text)) {
            ev.preventDefault();
            this.add(parseAddresses(text));
        }
    }
}
