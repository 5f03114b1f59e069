import { busService } from "@bus/services/bus_service";
import { patchUiSize } from "@mail/../tests/mail_test_helpers";

import { expect, describe, test } from "@odoo/hoot";
import { click, edit, press, queryAll, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";

import {
    getService,
    mockService,
    mountWithCleanup,
    onRpc,
    serverState,
} from "@web/../tests/web_test_helpers";
import { PhoneSystray } from "@threecx_bridge/systray/phone_systray";

import { defineThreecxModels, makeAnswer, makeCall, patchTelephone } from "./threecx_test_helpers";

describe.current.tags("desktop");
defineThreecxModels();

const BADGE = ".o_threecx_badge_missed";

function onRead({ missed = [], today = 2, devices = [] } = {}) {
    onRpc("threecx.call", "search", ({ args, kwargs }) => {
        expect.step("missed");
        expect(args[0]).toEqual([
            ["is_to_call_back", "=", true],
            "|",
            ["user_id", "=", serverState.userId],
            ["activity_id.user_id", "=", serverState.userId],
        ]);
        expect(kwargs.limit).toBe(100);
        return missed;
    });
    onRpc("threecx.call", "search_count", () => {
        expect.step("today");
        return today;
    });
    onRpc("threecx.call", "get_devices", () => {
        expect.step("devices");
        return { devices, preferred: "b" };
    });
}

async function open() {
    await click(".o_threecx_systray");
    await animationFrame();
    await animationFrame();
}

const handlers = {};

/** With what the bus tells at hand. */
async function mountWithBus() {
    mockService("bus_service", (env, dependencies) => {
        const bus = busService.start(env, dependencies);
        const { subscribe } = bus;
        bus.subscribe = (type, handler) => {
            handlers[type] = handler;
            return subscribe.call(bus, type, handler);
        };
        return bus;
    });
    await mountWithCleanup(PhoneSystray);
}

async function tell(type, payload) {
    handlers[`threecx_bridge/${type}`](payload);
    await animationFrame();
}

test("nothing is asked before the menu opens", async () => {
    patchTelephone({ missed: [4, 5] });
    onRead({ missed: [4, 5] });
    await mountWithCleanup(PhoneSystray);
    expect(BADGE).toHaveText("2");
    expect.verifySteps([]);
    await open();
    expect.verifySteps(["missed", "today", "devices"]);
    expect(".o_threecx_menu_content h6").toHaveText("Extension 101");
    expect(".o_threecx_missed .badge").toHaveText("2");
    expect(".o_threecx_today .badge").toHaveText("2");
    expect(".o_threecx_entry").toBeFocused();
});

test("missed calls come and go by the bus, and twice the same is once", async () => {
    patchTelephone();
    onRead();
    await mountWithBus();
    expect(BADGE).toHaveCount(0);
    await tell("missed", { added: [4, 5], removed: [] });
    await tell("missed", { added: [5], removed: [] });
    expect(BADGE).toHaveText("2");
    await tell("missed", { added: [6], removed: [4, 5] });
    expect(BADGE).toHaveText("1");
    await tell("missed", { added: [], removed: [6, 7] });
    expect(BADGE).toHaveCount(0);
    expect.verifySteps([]);
});

test("what the bus lost is right again when the menu opens; many are many", async () => {
    patchTelephone({ missed: [1] });
    onRead({ missed: [...Array(100).keys()] });
    await mountWithBus();
    expect(BADGE).toHaveText("1");
    await open();
    expect(BADGE).toHaveText("99+");
    expect.verifySteps(["missed", "today", "devices"]);
});

test("on the telephone, taken on another computer", async () => {
    patchTelephone({ presence: "talking" });
    onRead();
    await mountWithBus();
    expect(".o_threecx_systray .fa-volume-control-phone").toHaveCount(1);
    await open();
    expect(".o_threecx_status").toHaveText("On the telephone");
    await tell("presence", { extension: "102", state: "idle" });
    expect(".o_threecx_status").toHaveText("On the telephone", { message: "a colleague's" });
    await tell("presence", { extension: "101", state: "idle" });
    expect(".o_threecx_status").toHaveText("Free");
    expect(".o_threecx_systray .fa-phone").toHaveCount(1);
    await tell("presence", { extension: "101", state: "ringing" });
    expect(".o_threecx_status").toHaveText("Rings");
    expect.verifySteps(["missed", "today", "devices"]);
});

test("on the telephone, as the call says", async () => {
    patchTelephone();
    await mountWithCleanup(PhoneSystray);
    getService("threecx_calls").receive(makeCall({ state: "ongoing" }));
    await animationFrame();
    expect(".o_threecx_systray .fa-volume-control-phone").toHaveCount(1);
});

test("calls put away are found again", async () => {
    patchTelephone();
    onRead();
    await mountWithCleanup(PhoneSystray);
    const calls = getService("threecx_calls");
    const entry = calls.receive(makeCall());
    calls.receive(makeCall({ id: false, key: "pop/1", source: "pop" }));
    calls.state.entries.forEach((one) => calls.hide(one));
    await animationFrame();
    expect(".o_threecx_badge_hidden").toHaveText("1");
    await open();
    expect(queryAllTexts(".o_threecx_hidden")).toEqual(["Incoming call: +32 4 222 33 44"]);
    await click(".o_threecx_hidden");
    await animationFrame();
    expect(entry.isHidden).toBe(false);
    expect(".o_threecx_badge_hidden").toHaveCount(0);
    expect(".o_threecx_menu_content").toHaveCount(0);
    expect.verifySteps(["missed", "today", "devices"]);
});

test("a number is typed and called", async () => {
    patchTelephone({ tier: 0, mode: "tel", extension: false });
    onRead();
    onRpc("threecx.call", "dial", ({ args }) => {
        expect.step(args[0]);
        return makeAnswer();
    });
    await mountWithCleanup(PhoneSystray);
    await open();
    expect.verifySteps(["missed", "today"]);
    expect(".o_threecx_status").toHaveCount(0, { message: "nobody knows what he does" });
    expect(".o_threecx_keys").toHaveCount(0, { message: "there is a keyboard" });
    expect(".o_threecx_dial").not.toBeEnabled();
    await edit("04 222 33 44");
    await press("Enter");
    await animationFrame();
    expect.verifySteps(["04 222 33 44"]);
    expect(".o_threecx_menu_content").toHaveCount(0);
});

test("on a telephone there are keys", async () => {
    await patchUiSize({ width: 400 });
    patchTelephone();
    onRead();
    onRpc("threecx.call", "dial", ({ args }) => {
        expect.step(args[0]);
        return makeAnswer();
    });
    await mountWithCleanup(PhoneSystray);
    await open();
    expect(queryAllTexts(".o_threecx_keys button").join("")).toBe("123456789*0#+");
    const keys = queryAll(".o_threecx_keys button");
    for (const key of "+3247*") {
        await click(keys.find((button) => button.textContent === key));
    }
    await click(".o_threecx_erase");
    await animationFrame();
    expect(".o_threecx_entry").toHaveValue("+3247");
    await click(".o_threecx_dial");
    await animationFrame();
    expect.verifySteps(["missed", "today", "devices", "+3247"]);
});

test("with several telephones one is chosen, and remembered", async () => {
    patchTelephone();
    const devices = [
        { id: "a", name: "Desk" },
        { id: "b", name: "Mobile" },
    ];
    onRead({ devices });
    onRpc("threecx.call", "set_device", ({ args }) => {
        expect.step(args);
        return true;
    });
    await mountWithCleanup(PhoneSystray);
    await open();
    expect(queryAllTexts(".o_threecx_devices label")).toEqual([
        "Whichever 3CX chooses",
        "Desk",
        "Mobile",
    ]);
    expect(".o_threecx_devices label:contains(Mobile) input").toBeChecked();
    await click(".o_threecx_devices label:contains(Desk) input");
    await animationFrame();
    expect(".o_threecx_devices label:contains(Desk) input").toBeChecked();
    expect.verifySteps(["missed", "today", "devices", ["a"]]);
});

test("the lists behind the figures", async () => {
    mockDate("2026-11-20 09:00:00", +1);
    patchTelephone();
    onRead();
    mockService("action", {
        doAction: ({ res_model, domain, name }) => expect.step([name, res_model, domain.length]),
    });
    await mountWithCleanup(PhoneSystray);
    await open();
    await click(".o_threecx_missed");
    await animationFrame();
    await open();
    await click(".o_threecx_today");
    await animationFrame();
    expect.verifySteps([
        "missed",
        "today",
        "devices",
        ["Missed, not called back", "threecx.call", 4],
        "missed",
        "today",
        "devices",
        ["My calls today", "threecx.call", 2],
    ]);
});
