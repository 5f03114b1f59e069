import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame, click, waitFor } from "@odoo/hoot-dom";

import {
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { MainComponentsContainer } from "@web/core/main_components_container";

import { defineThreecxModels, makeAnswer, patchTelephone } from "./threecx_test_helpers";

describe.current.tags("desktop");
defineThreecxModels();
beforeEach(() => patchTelephone());

function onDial(...answers) {
    onRpc("threecx.call", "dial", ({ args, kwargs }) => {
        const { res_model, res_id, device, confirmed } = kwargs;
        expect.step([args[0], { res_model, res_id, device, confirmed }]);
        return makeAnswer(answers.length > 1 ? answers.shift() : answers[0]);
    });
}

async function start() {
    await mountWithCleanup(MainComponentsContainer);
    return getService("threecx");
}

const ASKED = ["04 222 33 44", { res_model: false, res_id: false, device: false, confirmed: false }];

test("the server calls: a calm word, and where the call belongs", async () => {
    onDial({ state: "server" });
    const threecx = await start();
    await threecx.call("04 222 33 44", { resModel: "crm.lead", resId: 3 });
    expect.verifySteps([
        ["04 222 33 44", { res_model: "crm.lead", res_id: 3, device: false, confirmed: false }],
    ]);
    await animationFrame();
    expect(".o_notification").toHaveCount(1);
    expect(".o_notification").toHaveText(/Calling \+32 4 222 33 44/);
});

test("a double click is one call; the same number later is another", async () => {
    onDial({});
    const threecx = await start();
    const answers = await Promise.all([threecx.call("04 222 33 44"), threecx.call("04 222 33 44")]);
    expect(answers[1]).toBe(null);
    expect.verifySteps([ASKED]);
    await advanceTime(2900);
    await threecx.call("04 222 33 44");
    expect.verifySteps([]);
    await advanceTime(200);
    await threecx.call("04 222 33 44");
    expect.verifySteps([ASKED]);
});

test("a refused number says why, and may be tried again at once", async () => {
    onDial({ state: "refused", message: "A digit is missing." });
    const threecx = await start();
    await threecx.call("04 222 33 44");
    await animationFrame();
    expect(".o_notification:has(.bg-danger)").toHaveText(/A digit is missing\./);
    await threecx.call("04 222 33 44");
    expect.verifySteps([ASKED, ASKED]);
});

test("the web client opens in one named window", async () => {
    const url = "https://pbx.example/webclient/#/call?phone=%2B3242223344";
    patchWithCleanup(browser, {
        open: (...args) => {
            expect.step(args);
            return { focus: () => expect.step("focus") };
        },
    });
    onRpc("threecx.call", "dial", () => makeAnswer({ state: "webclient", url }));
    const threecx = await start();
    await threecx.call("04 222 33 44");
    expect.verifySteps([[url, "threecx_webclient"], "focus"]);
    await animationFrame();
    expect(".o_notification").toHaveCount(0);
});

test("a blocked window becomes one more click", async () => {
    const url = "https://pbx.example/webclient/#/call?phone=1";
    let blocked = true;
    patchWithCleanup(browser, {
        open: (...args) => {
            expect.step(args[0]);
            return blocked ? null : window;
        },
    });
    onRpc("threecx.call", "dial", () => makeAnswer({ state: "webclient", url }));
    const threecx = await start();
    await threecx.call("04 222 33 44");
    await waitFor(".o_notification_buttons .btn");
    blocked = false;
    await click(".o_notification_buttons .btn");
    await animationFrame();
    expect.verifySteps([url, url]);
    expect(".o_notification").toHaveCount(0);
});

test("only web addresses and telephone links are opened", async () => {
    patchWithCleanup(browser, { open: () => expect.step("open") });
    const answers = [
        { state: "webclient", url: "javascript:alert(1)" },
        { state: "tel", url: "javascript:alert(1)" },
    ];
    onRpc("threecx.call", "dial", () => makeAnswer(answers.shift()));
    const threecx = await start();
    await threecx.call("1");
    await threecx.call("2");
    expect.verifySteps([]);
});

test("a telephone link is opened without leaving the page, and is not taken for a click of the user", async () => {
    onDial({ state: "tel", url: "tel:+3242223344" });
    patchWithCleanup(HTMLAnchorElement.prototype, {
        click() {
            expect.step(`${this.href} ${this.target}`);
            this.addEventListener("click", (ev) => {
                expect.step(ev.defaultPrevented ? "taken" : "left alone");
                ev.preventDefault();
            });
            super.click();
        },
    });
    const threecx = await start();
    await threecx.call("04 222 33 44");
    expect.verifySteps([ASKED, "tel:+3242223344 threecx_tel", "left alone"]);
    expect("a[href='tel:+3242223344']").toHaveCount(0);
});

test("what became less is told once", async () => {
    onRpc("threecx.call", "dial", () =>
        makeAnswer({ state: "server", notice: "3CX does not answer." })
    );
    const threecx = await start();
    await threecx.call("1");
    await animationFrame();
    expect(".o_notification:contains(does not answer)").toHaveCount(1);
    await threecx.call("2");
    await animationFrame();
    expect(".o_notification:contains(does not answer)").toHaveCount(1);
});

test("who asked not to be called: yes", async () => {
    onDial({ state: "confirm", message: "Anne asked not to be called." }, { state: "server" });
    const threecx = await start();
    const called = threecx.call("04 222 33 44");
    await waitFor(".modal:contains(Anne asked not to be called)");
    await click(".modal .btn-primary");
    expect((await called).state).toBe("server");
    expect.verifySteps([ASKED, [ASKED[0], { ...ASKED[1], confirmed: true }]]);
});

test("who asked not to be called: no", async () => {
    onDial({ state: "confirm" });
    const threecx = await start();
    const called = threecx.call("04 222 33 44");
    await waitFor(".modal:contains(Call anyway)");
    await click(".modal .btn-close");
    expect((await called).state).toBe("confirm");
    expect.verifySteps([ASKED]);
});
