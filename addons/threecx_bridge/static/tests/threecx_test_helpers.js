import { defineMailModels, startServer } from "@mail/../tests/mail_test_helpers";

import {
    defineModels,
    models,
    mountView,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { session } from "@web/session";

class ThreecxCall extends models.Model {
    _name = "threecx.call";
}

export function defineThreecxModels() {
    defineMailModels();
    defineModels({ ThreecxCall });
}

/** The user telephones: what the server says in `session_info`. */
export function patchTelephone(values = {}) {
    patchWithCleanup(session, {
        threecx: {
            enabled: true,
            mode: "server",
            tier: 2,
            extension: "101",
            country: "BE",
            presence: "idle",
            missed: [],
            ...values,
        },
    });
}

/** Another tab of the same browser. */
export function otherTab() {
    return new browser.BroadcastChannel("threecx_bridge");
}

/** A call as the bus brings it. */
export function makeCall(values = {}) {
    return {
        id: 7,
        key: "call-7",
        revision: 1,
        state: "ringing",
        direction: "inbound",
        number: "+3242223344",
        display: "+32 4 222 33 44",
        caller_name: "",
        is_withheld: false,
        partner: false,
        record: false,
        candidates: [],
        last_contact: false,
        started: "2026-11-20T09:00:00Z",
        answered: false,
        ended: false,
        talk_seconds: 0,
        outcome: false,
        can: [],
        wrap_up: false,
        source: "listener",
        ...values,
    };
}

/** What `threecx.call.dial` answers. */
export function makeAnswer(values = {}) {
    return {
        state: "server",
        url: false,
        number: "+3242223344",
        display: "+32 4 222 33 44",
        call_id: 7,
        message: false,
        notice: false,
        ...values,
    };
}

/** The form of a contact with a number and, below, a contact of his with another one. */
export async function mountContactForm(
    childNumber,
    list = `<list><field name="phone" widget="phone"/></list>`
) {
    const pyEnv = await startServer();
    const child = pyEnv["res.partner"].create({ name: "Bob", phone: childNumber });
    const id = pyEnv["res.partner"].create({
        name: "Anne",
        phone: "04 222 33 44",
        child_ids: [child],
    });
    await mountView({
        type: "form",
        resModel: "res.partner",
        resId: id,
        arch: `<form>
            <field name="phone" widget="phone"/>
            <field name="child_ids">${list}</field>
        </form>`,
    });
    return { id, child };
}
