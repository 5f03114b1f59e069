import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts, queryText } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";

import {
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { session } from "@web/session";
import { POLL_MS } from "@omnichannel_inbox/systray/watch_service";
import { WatchSystray } from "@omnichannel_inbox/systray/watch_systray";

import { defineInboxModels } from "./omni_test_helpers";

describe.current.tags("desktop");
defineInboxModels("omni.channel");

const DEAD = { kind: "dead", level: "danger", count: 3, text: "3 events could not be processed." };
const WAITING = {
    kind: "waiting",
    level: "warning",
    count: 0,
    minutes: 25,
    age: "25 min",
    text: "Something has been waiting for 25 min.",
};

function answer(problems, { isLeader = true } = {}) {
    const box = { problems };
    patchWithCleanup(session, { omni_is_leader: isLeader });
    onRpc("omni.channel", "get_watch", () => {
        expect.step("asked");
        return box.problems;
    });
    return box;
}

test("nothing is shown when all is well", async () => {
    answer([]);
    await mountWithCleanup(WatchSystray);
    await animationFrame();
    expect.verifySteps(["asked"]);
    expect(".o_omni_watch").toHaveCount(0);
});

test("who is no leader asks nothing", async () => {
    answer([DEAD], { isLeader: false });
    await mountWithCleanup(WatchSystray);
    await advanceTime(POLL_MS + 1000);
    await animationFrame();
    expect.verifySteps([]);
    expect(".o_omni_watch").toHaveCount(0);
});

test("what only waits says for how long, and is no alarm", async () => {
    answer([WAITING]);
    await mountWithCleanup(WatchSystray);
    await animationFrame();
    expect(queryText(".o_omni_watch_badge")).toBe("25 min");
    expect(".o_omni_watch_badge").toHaveClass("text-bg-warning");
    expect.verifySteps(["asked"]);
});

test("trouble is counted, comes by itself, and goes by itself", async () => {
    const box = answer([DEAD, WAITING]);
    await mountWithCleanup(WatchSystray);
    await animationFrame();
    expect(queryText(".o_omni_watch_badge")).toBe("3");
    expect(".o_omni_watch_badge").toHaveClass("text-bg-danger");
    box.problems = [];
    await advanceTime(POLL_MS + 1000);
    await animationFrame();
    expect(".o_omni_watch").toHaveCount(0);
    expect.verifySteps(["asked", "asked"]);
});

test("a click opens what is to be done", async () => {
    answer([DEAD, WAITING]);
    onRpc("omni.channel", "action_open_watch", ({ args }) => {
        expect.step(args);
        return { type: "ir.actions.client", tag: "whatever" };
    });
    mockService("action", { doAction: (action) => expect.step(action.tag) });
    await mountWithCleanup(WatchSystray);
    await animationFrame();
    await click(".o_omni_watch");
    await animationFrame();
    expect(queryAllTexts(".o_omni_watch_problem")).toEqual([DEAD.text, WAITING.text]);
    await click(".o_omni_watch_problem:first");
    await animationFrame();
    // it was looked up anew when the menu opened
    expect.verifySteps(["asked", "asked", ["dead", false], "whatever"]);
});
