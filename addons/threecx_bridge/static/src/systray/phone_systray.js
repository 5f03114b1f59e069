import { Component, useState } from "@odoo/owl";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

import { nameOf, phaseIcon, phaseText } from "../calls/call_text";

const { DateTime } = luxon;

const WAYS = {
    server: _t("A click makes your telephone ring."),
    webclient: _t("A click opens the 3CX web client."),
    tel: _t("A click opens the telephone program of this computer."),
};
const MODEL = "threecx.call";
/** More than these are shown as many. */
const MANY = 99;
const KEYS = [..."123456789*0#"];

/** The handset in the corner: my telephone, a number to call, who waits to be called back. */
export class PhoneSystray extends Component {
    static template = "threecx_bridge.PhoneSystray";
    static components = { Dropdown };
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.threecx = useService("threecx");
        this.calls = useService("threecx_calls");
        this.data = useState(this.calls.state);
        this.statusService = useService("threecx_status");
        this.live = useState(this.statusService.state);
        this.ui = useService("ui");
        this.dropdown = useDropdownState();
        this.state = useState({ number: "", devices: null, today: null });
        this.keys = KEYS;
        useAutofocus();
    }

    get settings() {
        return session.threecx;
    }

    get way() {
        return WAYS[this.settings.mode];
    }

    /** As the calls of this tab say, or the extension: he may have taken it on another computer. */
    get isTalking() {
        return (
            this.live.presence === "talking" ||
            this.data.entries.some(({ data }) => data.state === "ongoing")
        );
    }

    get status() {
        if (this.isTalking) {
            return _t("On the telephone");
        }
        return this.live.presence === "ringing" ? _t("Rings") : _t("Free");
    }

    get isFree() {
        return !this.isTalking && this.live.presence === "idle";
    }

    get missedText() {
        const count = this.live.missed.size;
        return count > MANY ? `${MANY}+` : `${count}`;
    }

    /** Calls that were put away and still want something; what only rang at 3CX's does not. */
    get hidden() {
        return this.data.entries.filter(
            ({ data, isHidden }) => isHidden && (data.wrap_up || data.source !== "pop")
        );
    }

    label(entry) {
        return `${phaseText(entry.data)}: ${nameOf(entry.data)}`;
    }

    icon(entry) {
        return phaseIcon(entry.data);
    }

    get missedDomain() {
        return [
            ["is_to_call_back", "=", true],
            "|",
            ["user_id", "=", user.userId],
            ["activity_id.user_id", "=", user.userId],
        ];
    }

    get todayDomain() {
        const midnight = DateTime.local().startOf("day").toUTC();
        return [
            ["user_id", "=", user.userId],
            ["started", ">=", midnight.toFormat("yyyy-MM-dd HH:mm:ss")],
        ];
    }

    /** Asked when the menu opens, never before; what it was the last time stays until then. */
    onOpened() {
        this.readMissed();
        this.ask("today", "search_count", [this.todayDomain]);
        if (this.settings.tier === 2) {
            this.ask("devices", "get_devices", []);
        }
    }

    async ask(name, method, args) {
        this.state[name] = await this.orm.silent.call(MODEL, method, args);
    }

    /** The bus tells all changes; whatever it lost is set right here. */
    async readMissed() {
        const ids = await this.orm.silent.search(MODEL, this.missedDomain, { limit: MANY + 1 });
        this.statusService.setMissed(ids);
    }

    press(key) {
        this.state.number += key;
    }

    erase() {
        this.state.number = this.state.number.slice(0, -1);
    }

    dial() {
        const number = this.state.number.trim();
        if (number) {
            this.threecx.call(number);
            this.state.number = "";
            this.dropdown.close();
        }
    }

    /** What can be chosen: worth a question only with several telephones. */
    get devices() {
        const { devices = [], preferred } = this.state.devices || {};
        return devices.length > 1
            ? [{ id: false, name: _t("Whichever 3CX chooses") }, ...devices].map((device) => ({
                  ...device,
                  isPreferred: device.id === (preferred || false),
              }))
            : [];
    }

    async choose(device) {
        this.state.devices.preferred = device.id;
        await this.orm.silent.call(MODEL, "set_device", [device.id]);
    }

    show(entry) {
        this.calls.open(entry);
        this.dropdown.close();
    }

    openCalls(name, domain) {
        this.dropdown.close();
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: MODEL,
            domain,
            views: [
                [false, "list"],
                [false, "form"],
            ],
        });
    }

    openMissed() {
        return this.openCalls(_t("Missed, not called back"), this.missedDomain);
    }

    openToday() {
        return this.openCalls(_t("My calls today"), this.todayDomain);
    }
}

registry.category("systray").add(
    "threecx_bridge.phone",
    { Component: PhoneSystray, isDisplayed: () => Boolean(session.threecx?.enabled) },
    { sequence: 28 }
);
