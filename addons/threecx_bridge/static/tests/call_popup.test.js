import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAllTexts, queryOne, waitFor, waitUntil } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate, runAllTimers } from "@odoo/hoot-mock";

import {
    getService,
    mountWithCleanup,
    onRpc,
    serverState,
} from "@web/../tests/web_test_helpers";
import { Component, xml } from "@odoo/owl";
import { MainComponentsContainer } from "@web/core/main_components_container";

import { defineThreecxModels, makeCall, otherTab, patchTelephone } from "./threecx_test_helpers";

describe.current.tags("desktop");
defineThreecxModels();
beforeEach(() => {
    mockDate("2026-11-20 09:00:00", +1);
    patchTelephone();
    onRpc("res.partner", "get_customer_card", ({ args }) => {
        expect.step(`card ${args[0]}`);
        return { id: args[0][0], name: "Anne Dupont", sections: [] };
    });
});

const anne = { id: 3, name: "Anne Dupont" };

async function start() {
    await mountWithCleanup(MainComponentsContainer);
    return getService("threecx_calls");
}

async function receive(calls, values) {
    const entry = calls.receive(makeCall(values));
    await animationFrame();
    return entry;
}

test("a known caller: name, number, last contact, card", async () => {
    const calls = await start();
    expect(".o_threecx_popup").toHaveCount(0);
    await receive(calls, { partner: anne, last_contact: "Called on 12/11" });
    expect(".o_threecx_call_name").toHaveText("Anne Dupont");
    expect(".o_threecx_call_phase").toHaveText(/Incoming call/);
    expect(".o_threecx_call_facts").toHaveText(/\+32 4 222 33 44/);
    expect(".o_threecx_call_facts").toHaveText(/Called on 12\/11/);
    expect(".o_threecx_finder").toHaveCount(0);
    expect.verifySteps(["card 3"]);
    expect("[role=status]:contains(Incoming call: Anne Dupont)").toHaveCount(1);
});

test("the same or an older word about a call changes nothing; a newer one does", async () => {
    const calls = await start();
    await receive(calls, { partner: anne, revision: 3 });
    await receive(calls, { partner: { id: 4, name: "Old" }, revision: 2 });
    await receive(calls, { partner: { id: 4, name: "Same" }, revision: 3 });
    expect(".o_threecx_call_name").toHaveText("Anne Dupont");
    await receive(calls, {
        partner: anne,
        revision: 4,
        state: "ongoing",
        answered: "2026-11-20T08:58:30Z",
    });
    expect(".o_threecx_call").toHaveCount(1);
    expect(".o_threecx_call_phase").toHaveText(/On the telephone/);
    expect(".o_threecx_clock").toHaveText("1:30");
    await advanceTime(2000);
    expect(".o_threecx_clock").toHaveText("1:32");
    expect.verifySteps(["card 3", "card 3"]);
});

test("the end stays readable for a moment, then goes", async () => {
    const calls = await start();
    await receive(calls, {});
    await receive(calls, { revision: 2, state: "ended", outcome: "missed" });
    expect(".o_threecx_call_phase").toHaveText(/Missed call/);
    await advanceTime(5000);
    expect(".o_threecx_call").toHaveCount(1);
    await advanceTime(2000);
    expect(".o_threecx_call").toHaveCount(0);
    await receive(calls, { key: "other", state: "ended", outcome: "missed" });
    expect(".o_threecx_call").toHaveCount(0, { message: "over before it was seen" });
});

test("several fit: they are asked about, and the choice is kept", async () => {
    onRpc("threecx.call", "link_record", ({ args }) => {
        expect.step(args);
        return true;
    });
    onRpc("threecx.call", "popup_data", () => makeCall({ revision: 2, partner: anne }));
    const calls = await start();
    await receive(calls, {
        candidates: [
            { model: "res.partner", id: 3, name: "Anne Dupont", subtitle: "Liège", reason: "Mobile" },
            { model: "crm.lead", id: 5, name: "Sofa", subtitle: "", reason: "Phone" },
        ],
    });
    expect(".o_threecx_call_name").toHaveText("+32 4 222 33 44");
    expect(queryAllTexts(".o_threecx_candidate .fw-bold")).toEqual(["Anne Dupont", "Sofa"]);
    expect.verifySteps([]);
    await click(".o_threecx_candidate:first");
    await animationFrame();
    await animationFrame();
    expect.verifySteps([[[7], "res.partner", 3], "card 3"]);
    expect(".o_threecx_call_name").toHaveText("Anne Dupont");
    expect(".o_threecx_candidate").toHaveCount(0);
});

test("an unknown caller becomes a contact", async () => {
    onRpc("threecx.call", "create_contact", ({ args }) => {
        expect.step(args);
        return true;
    });
    onRpc("threecx.call", "popup_data", () => makeCall({ revision: 2, partner: anne }));
    const calls = await start();
    await receive(calls, { caller_name: "DUPONT A" });
    expect(".o_threecx_call_name").toHaveText("DUPONT A");
    await click(".o_threecx_new");
    await animationFrame();
    expect(".o_threecx_name").toBeFocused();
    expect(".o_threecx_name").toHaveValue("DUPONT A");
    await edit("Anne Dupont");
    await press("Enter");
    await animationFrame();
    await animationFrame();
    expect.verifySteps([[[7], "Anne Dupont"], "card 3"]);
});

test("somebody known is found by an order number", async () => {
    onRpc("threecx.call", "search_records", ({ args }) => {
        expect.step(args);
        return args[1] === "LIE0001"
            ? [{ model: "res.partner", id: 3, name: "Anne Dupont", subtitle: "", reason: "LIE0001" }]
            : [];
    });
    onRpc("threecx.call", "link_record", ({ args }) => {
        expect.step(args);
        return true;
    });
    onRpc("threecx.call", "popup_data", () => makeCall({ revision: 2, partner: anne }));
    const calls = await start();
    await receive(calls, {});
    await click(".o_threecx_existing");
    await animationFrame();
    await edit("nobody");
    await advanceTime(300);
    await animationFrame();
    expect(".o_threecx_finder").toHaveText(/Nobody is found/);
    await edit("LIE0001");
    await advanceTime(300);
    await animationFrame();
    await click(".o_threecx_candidate");
    await animationFrame();
    await animationFrame();
    expect.verifySteps([[[7], "nobody"], [[7], "LIE0001"], [[7], "res.partner", 3], "card 3"]);
});

test("a withheld number is nobody's: no contact is made of it", async () => {
    const calls = await start();
    await receive(calls, { is_withheld: true, number: "", display: "" });
    expect(".o_threecx_call_name").toHaveText("Withheld number");
    expect(".o_threecx_new").toHaveCount(0);
    expect(".o_threecx_existing").toHaveText("Find the customer");
});

test("a name with HTML in it is text", async () => {
    const calls = await start();
    await receive(calls, { caller_name: "<img src=x onerror=alert(1)>" });
    expect(".o_threecx_call_name").toHaveText("<img src=x onerror=alert(1)>");
    expect(".o_threecx_call img").toHaveCount(0);
});

test("a call known from the page of the 3CX client becomes one when something is done", async () => {
    onRpc("threecx.call", "from_pop", ({ args }) => {
        expect.step(["from_pop", ...args]);
        return 12;
    });
    onRpc("threecx.call", "link_record", ({ args }) => {
        expect.step(args);
        return true;
    });
    onRpc("threecx.call", "popup_data", ({ args }) => {
        expect(args[0]).toEqual([12]);
        return makeCall({ id: 12, key: "call-12", partner: anne });
    });
    const calls = await start();
    await receive(calls, {
        id: false,
        key: "pop-1",
        candidates: [{ model: "res.partner", id: 3, name: "Anne", subtitle: "", reason: "" }],
    });
    await click(".o_threecx_candidate");
    await animationFrame();
    await animationFrame();
    await receive(calls, { id: 12, key: "call-12", partner: anne });
    expect(".o_threecx_call").toHaveCount(1);
    expect.verifySteps([
        ["from_pop", "+3242223344", ""],
        [[12], "res.partner", 3],
        "card 3",
    ]);
});

test("a number that rings again is shown again; the call it becomes takes its place", async () => {
    const calls = await start();
    const pop = { id: false, key: "pop/1", revision: 0, source: "pop" };
    await receive(calls, pop);
    await click(".o_threecx_call_close");
    await animationFrame();
    await receive(calls, pop);
    expect(".o_threecx_call").toHaveCount(0, { message: "the same word, said twice" });
    await receive(calls, { ...pop, started: "2026-11-20T09:05:00Z" });
    expect(".o_threecx_call").toHaveCount(1);
    await receive(calls, { key: "call/7", pop_key: "pop/1", partner: anne });
    expect(".o_threecx_call").toHaveCount(1);
    expect(".o_threecx_call").toHaveAttribute("data-key", "call/7");
    expect.verifySteps(["card 3"]);
});

test("three at most, and a new one does not disturb who is busy with another", async () => {
    const calls = await start();
    await receive(calls, { key: "a" });
    await receive(calls, { key: "b" });
    expect(".o_threecx_call_open").toHaveAttribute("data-key", "b");
    queryOne(".o_threecx_call_open .o_threecx_new").focus();
    await receive(calls, { key: "c" });
    expect(".o_threecx_call_open").toHaveAttribute("data-key", "b");
    await receive(calls, { key: "d" });
    expect(".o_threecx_call").toHaveCount(3);
    expect("[data-key=a]").toHaveCount(0);
    await click("[data-key=d] .o_threecx_call_toggle");
    await animationFrame();
    expect(".o_threecx_call_open").toHaveAttribute("data-key", "d");
});

class Page extends Component {
    static components = { MainComponentsContainer };
    static props = [];
    static template = xml`
        <div>
            <input class="typed" style="position: fixed; right: 60px; bottom: 60px"/>
            <MainComponentsContainer/>
        </div>`;
}

test("it takes no focus, and moves away from what is typed in", async () => {
    await mountWithCleanup(Page);
    const calls = getService("threecx_calls");
    await click(".typed");
    await receive(calls, {});
    expect(".typed").toBeFocused();
    expect(".o_threecx_popup").not.toHaveAttribute("data-corner", "bottom-end");
    const popup = queryOne(".o_threecx_popup").getBoundingClientRect();
    const typed = queryOne(".typed").getBoundingClientRect();
    expect(popup.right <= typed.left || popup.bottom <= typed.top).toBe(true);
});

test("Escape puts it away, except while something else is typed in", async () => {
    await mountWithCleanup(Page);
    const calls = getService("threecx_calls");
    await receive(calls, {});
    await click(".typed");
    await press("Escape");
    await animationFrame();
    expect(".o_threecx_call").toHaveCount(1);
    document.activeElement.blur();
    await press("Escape");
    await animationFrame();
    expect(".o_threecx_call").toHaveCount(0);
    await receive(calls, { revision: 2, state: "ongoing" });
    expect(".o_threecx_call").toHaveCount(0);
    await receive(calls, { revision: 3, state: "ended", outcome: "answered", wrap_up: true });
    expect(".o_threecx_wrap_up").toHaveCount(1, { message: "a question of its own" });
});

test("Alt+Shift+P goes to the call", async () => {
    await mountWithCleanup(Page);
    const calls = getService("threecx_calls");
    await receive(calls, {});
    await press(["alt", "shift", "p"]);
    await animationFrame();
    expect(".o_threecx_call_toggle").toBeFocused();
    await press("Escape");
    await animationFrame();
    expect(".o_threecx_call").toHaveCount(0);
});

test("answer, hang up, transfer", async () => {
    onRpc("threecx.call", "control", ({ args }) => {
        expect.step(args);
        return args[2] === "999"
            ? { state: "refused", message: "No such extension." }
            : { state: "done", message: false };
    });
    const calls = await start();
    await receive(calls, { can: ["answer", "drop"] });
    expect(".o_threecx_drop").toHaveText("Decline");
    await click(".o_threecx_answer");
    await receive(calls, { revision: 2, state: "ongoing", can: ["drop", "transfer"] });
    expect(".o_threecx_drop").toHaveText("Hang up");
    await click(".o_threecx_transfer");
    await animationFrame();
    await edit("999");
    await press("Enter");
    await animationFrame();
    expect(".o_notification").toHaveText(/No such extension/);
    await edit("102");
    await press("Enter");
    await animationFrame();
    expect.verifySteps([
        [[7], "answer", false],
        [[7], "transfer", "999"],
        [[7], "transfer", "102"],
    ]);
    expect(".o_threecx_transfer_form").toHaveCount(0);
});

const over = { partner: anne, state: "ended", outcome: "answered", wrap_up: true, talk_seconds: 62 };

test("wrap-up: one click", async () => {
    onRpc("threecx.call", "wrap_up", ({ args }) => {
        expect.step(args);
        return true;
    });
    const calls = await start();
    await receive(calls, over);
    expect(".o_threecx_call_phase").toHaveText(/Ended after 1:02/);
    expect(".o_threecx_results .btn-primary").toHaveText("Reached");
    await click("[data-result=reached]");
    await animationFrame();
    expect.verifySteps([[[7], "reached", false, false]]);
    expect(".o_threecx_call").toHaveCount(0);
});

test("wrap-up: a note, and a call-back", async () => {
    onRpc("threecx.call", "wrap_up", ({ args }) => {
        expect.step(args);
        return true;
    });
    const calls = await start();
    await receive(calls, over);
    await click(".o_threecx_note");
    await edit("Wants the blue one\nbefore Christmas");
    await click(".o_threecx_call_back button:contains(Tomorrow)");
    await animationFrame();
    expect.verifySteps([
        [
            [7],
            "call_back",
            "Wants the blue one\nbefore Christmas",
            { date: "2026-11-21", summary: "Wants the blue one" },
        ],
    ]);
});

test("wrap-up: what was typed survives what the telephone system still reports", async () => {
    const calls = await start();
    await receive(calls, over);
    await click(".o_threecx_note");
    await edit("Wants the blue one");
    await receive(calls, { ...over, revision: 2, talk_seconds: 65 });
    expect(".o_threecx_note").toHaveValue("Wants the blue one");
    expect(".o_threecx_note").toBeFocused();
});

test("wrap-up: closed without noting", async () => {
    onRpc("threecx.call", "dismiss_wrap_up", ({ args }) => {
        expect.step(args);
        return true;
    });
    const calls = await start();
    await receive(calls, over);
    await click(".o_threecx_call_close");
    await animationFrame();
    expect.verifySteps([[[7]]]);
    expect(".o_threecx_call").toHaveCount(0);
});

test("wrap-up: what was noted on another computer is not asked here", async () => {
    const calls = await start();
    await receive(calls, over);
    await receive(calls, { ...over, revision: 2, wrap_up: false });
    expect(".o_threecx_call").toHaveCount(0);
});

test("a caller of whom only the number was known is no call of ours", async () => {
    const calls = await start();
    await receive(calls, { state: "attempted", source: "pop", wrap_up: true });
    expect(".o_threecx_call_phase").toHaveText(/Incoming call/);
});

test("one tab shows it: this one, until another is looked at", async () => {
    const calls = await start();
    const tab = otherTab();
    const said = [];
    tab.addEventListener("message", ({ data }) => said.push(data));
    await receive(calls, {});
    await runAllTimers();
    await waitFor(".o_threecx_call");
    // between tabs, messages take their time
    await waitUntil(() => said.some(({ type, key }) => type === "shown" && key === "call-7"));
    tab.postMessage({ type: "owner", tab: "other" });
    await runAllTimers();
    await animationFrame();
    expect(".o_threecx_call").toHaveCount(0);
    window.dispatchEvent(new Event("focus"));
    await animationFrame();
    expect(".o_threecx_call").toHaveCount(1);
    tab.close();
});

test("who does not telephone sees nothing", async () => {
    patchTelephone({ enabled: false });
    await mountWithCleanup(MainComponentsContainer);
    expect(getService("threecx_calls").state.entries).toEqual([]);
    expect(serverState.userId).toBe(7);
    expect(".o_threecx_popup").toHaveCount(0);
});
