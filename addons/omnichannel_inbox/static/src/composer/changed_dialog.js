import { Component } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";

import { clock } from "../model/times";

/** Between writing and sending something happened: it is shown, and the answer waits. */
export class ChangedDialog extends Component {
    static template = "omnichannel_inbox.ChangedDialog";
    static components = { Dialog };
    static props = {
        changes: Array,
        onSend: Function,
        onRead: Function,
        close: Function,
    };

    when(change) {
        return clock(change.when);
    }

    read() {
        this.props.close();
        this.props.onRead();
    }

    send() {
        this.props.close();
        this.props.onSend();
    }
}
