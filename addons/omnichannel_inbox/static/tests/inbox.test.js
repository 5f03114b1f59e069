import { describe, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAll, queryAllTexts, waitUntil } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";

import { contains } from "@web/../tests/web_test_helpers";

import {
    defineInboxModels,
    makeInbox,
    makeItem,
    mockServer,
    mountInbox,
} from "./omni_test_helpers";

describe.current.tags("desktop");
defineInboxModels();

test("folders, list, and nothing opened by itself", async () => {
    const calls = mockServer({
        get_inbox: () =>
            makeInbox([makeItem({ id: 1, unread: true }), makeItem({ id: 2, author: "Bob" })]),
    });
    await mountInbox();
    await animationFrame();
    expect(".o_omni_folder").toHaveCount(8);
    expect(queryAllTexts(".o_omni_who")).toEqual(["customer1@example.com", "Bob"]);
    expect(".o_omni_item:first").toHaveClass("o_omni_unread");
    expect(".o_omni_none").toHaveCount(1);
    expect(calls.of("get_thread")).toEqual([]);
});

test("a ticket opens, is read, and its answer can be written", async () => {
    const calls = mockServer({
        get_inbox: () => makeInbox([makeItem({ id: 1, unread: true }), makeItem({ id: 2 })]),
    });
    await mountInbox();
    await animationFrame();
    await click(".o_omni_item:first");
    await animationFrame();
    await animationFrame();
    expect(".o_omni_message").toHaveCount(1);
    expect(".o_omni_item:first").not.toHaveClass("o_omni_unread");
    expect(calls.of("mark_read")).toEqual([[[1]]]);
    await press("r");
    await animationFrame();
    expect(".o_omni_composer .odoo-editor-editable").toHaveCount(1);
    expect(".o_omni_composer .odoo-editor-editable").toBeFocused();
    await contains(".o_omni_tab_note").click();
    expect(".o_omni_composer").toHaveClass("o_omni_composer_note");
});

test("a line says what presses: time, trouble, who has it, who looks", async () => {
    mockDate("2026-11-20 15:00:00", +1);
    mockServer({
        get_inbox: () =>
            makeInbox([
                makeItem({
                    id: 1,
                    sla: { kind: "first_answer", deadline: "2026-11-20T15:30:00Z", state: "soon" },
                    orders: [{ id: 4, name: "S0042", status: "Confirmed", expected: "2026-12-01" }],
                    tags: [{ id: 1, name: "VIP", color: 3 }],
                    viewers: ["Zoé"],
                    user: { id: 8, name: "Zoé" },
                    failed: 1,
                    has_draft: true,
                    has_attachment: true,
                    priority: "3",
                    reasons: ["Waiting for 2 days"],
                }),
                makeItem({
                    id: 2,
                    sla: { kind: "resolution", deadline: "2026-11-20T13:00:00Z", state: "ok" },
                }),
                makeItem({
                    id: 3,
                    sla: { kind: "resolution", deadline: false, state: "paused" },
                }),
            ]),
    });
    await mountInbox();
    await animationFrame();
    const row = ".o_omni_item[data-id='1'] ";
    expect(row + ".o_omni_sla").toHaveAttribute("data-state", "soon");
    expect(row + ".o_omni_sla").toHaveText(/29 min|30 min/);
    expect(row + ".o_omni_orders").toHaveText("S0042");
    expect(row + ".o_omni_tag").toHaveText("VIP");
    expect(row + ".o_omni_viewers").toHaveCount(1);
    expect(row + ".o_omni_failed").toHaveCount(1);
    expect(row + ".o_omni_draft").toHaveText("Draft");
    expect(row + "img[title=Zoé]").toHaveCount(1);
    expect(row + ".fa-arrow-up").toHaveAttribute("title", "Waiting for 2 days");
    // what is over is over, whatever the server said an hour ago
    expect(".o_omni_item[data-id='2'] .o_omni_sla").toHaveAttribute("data-state", "late");
    expect(".o_omni_item[data-id='3'] .o_omni_sla").toHaveAttribute("data-state", "paused");
});

test("more of them when one gets there; what is looked for is looked for everywhere", async () => {
    const calls = mockServer({
        get_inbox: (folder, channel, search, offset) => {
            if (search) {
                return makeInbox(folder === "all" && !channel ? [makeItem()] : []);
            }
            return makeInbox([makeItem({ id: 50 - offset })], { total: 2 });
        },
    });
    await mountInbox();
    await animationFrame();
    await waitUntil(() => queryAll(".o_omni_item").length === 2);
    expect(".o_omni_more").toHaveCount(0);
    await click(".o_omni_search input");
    await edit("sofa");
    await advanceTime(400);
    await animationFrame();
    expect(calls.of("get_inbox").at(-1).slice(0, 3)).toEqual(["all", false, "sofa"]);
    expect(".o_omni_item").toHaveCount(1);
    await click(".o_omni_channel");
    await animationFrame();
    expect(".o_omni_empty").toHaveText(/Nothing is found for “sofa”/);
    await click(".o_omni_everywhere");
    await animationFrame();
    expect(calls.of("get_inbox").at(-1).slice(0, 3)).toEqual(["all", false, "sofa"]);
    await click(".o_omni_search button");
    await animationFrame();
    expect(calls.of("get_inbox").at(-1).slice(0, 3)).toEqual(["mine", false, ""]);
    // whoever goes elsewhere is done with looking for it
    await click(".o_omni_search input");
    await edit("sofa");
    await advanceTime(400);
    await animationFrame();
    await click(".o_omni_folder[data-key=team]");
    await animationFrame();
    await animationFrame();
    expect(".o_omni_search input").toHaveValue("");
    expect(calls.of("get_inbox").at(-1).slice(0, 3)).toEqual(["team", false, ""]);
});

test("whoever has nothing left is shown what nobody has taken", async () => {
    mockServer({
        get_inbox: (folder) => {
            const inbox = makeInbox(folder === "mine" ? [] : [makeItem()]);
            inbox.folders.find(({ key }) => key === "unassigned").count = 3;
            return inbox;
        },
    });
    await mountInbox();
    await animationFrame();
    expect(".o_omni_to_unassigned").toHaveText("Look at what is unassigned (3)");
    await click(".o_omni_to_unassigned");
    await animationFrame();
    expect(".o_omni_folder.active").toHaveAttribute("data-key", "unassigned");
    expect(".o_omni_item").toHaveCount(1);
});

test("where one was is remembered, and the address follows", async () => {
    mockServer({});
    const states = [];
    await mountInbox({ updateActionState: (state) => states.push(state) });
    await animationFrame();
    await click(".o_omni_folder[data-key=team]");
    await animationFrame();
    await click(".o_omni_item");
    await animationFrame();
    expect(states.at(-1)).toEqual({ resId: 1 });
    const [key] = Object.keys(localStorage).filter((one) => one.includes("inbox.view"));
    expect(JSON.parse(localStorage.getItem(key)).folder).toBe("team");
});
