import { Component } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";

import { keyHelp } from "./keyboard";

export class HelpDialog extends Component {
    static template = "omnichannel_inbox.HelpDialog";
    static components = { Dialog };
    static props = { close: Function };

    get keys() {
        return keyHelp();
    }
}
