import { Component, onWillUnmount, useState, xml } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";

import { clockText, parseMoment } from "../calls/call_text";

/** Time since the call was answered. A component of its own: nothing else is drawn each second. */
export class CallClock extends Component {
    static template = xml`<span class="o_threecx_clock" aria-hidden="true" t-out="state.text"/>`;
    static props = { since: String };

    setup() {
        this.state = useState({ text: this.text });
        const timer = browser.setInterval(() => {
            this.state.text = this.text;
        }, 1000);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    get text() {
        return clockText(-parseMoment(this.props.since).diffNow("seconds").seconds);
    }
}
