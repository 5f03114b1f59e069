import { busService } from "@bus/services/bus_service";
import { patchUiSize } from "@mail/../tests/mail_test_helpers";

import { describe, expect, test } from "@odoo/hoot";
import {
    click,
    edit,
    press,
    queryAll,
    queryAllTexts,
    queryFirst,
    waitFor,
    waitUntil,
} from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";

import { mockService, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { frameDocument, MailFrame } from "@omnichannel_inbox/thread/frame";

import {
    defineInboxModels,
    makeConversation,
    makeInbox,
    makeItem,
    makeMessage,
    makeThread,
    mockServer,
    mountInbox,
    openThread,
    settle,
} from "./omni_test_helpers";

describe.current.tags("desktop");
defineInboxModels();

describe("a mail in its frame", () => {
    test("no script, no form, nothing of elsewhere, and no way round by the sandbox", async () => {
        await mountWithCleanup(MailFrame, {
            props: { html: `<p>Hi</p><script>parent.hacked = true</script><a href="/x">x</a>` },
        });
        const frame = await waitFor(".o_omni_frame iframe");
        // what is inside has been loaded, and our hand has been on its links
        const link = await waitUntil(() =>
            frame.contentDocument?.querySelector("a[target=_blank]")
        );
        expect(link.rel).toBe("noopener noreferrer");
        const sandbox = frame.getAttribute("sandbox").split(" ");
        expect(sandbox).not.toInclude("allow-scripts");
        expect(sandbox).not.toInclude("allow-forms");
        expect(sandbox).not.toInclude("allow-top-navigation");
        expect(frame).toHaveAttribute("referrerpolicy", "no-referrer");
        expect(window.hacked).toBe(undefined);
    });

    test("its policy lets in its own pictures, and those of others only when asked", () => {
        const blocked = frameDocument("", { origin: "https://odoo.example" });
        expect(blocked).toMatch("default-src 'none'");
        expect(blocked).toMatch("img-src https://odoo.example/web/image/");
        expect(blocked).not.toMatch("https: http:");
        expect(blocked).not.toMatch("script-src");
        const allowed = frameDocument("", { allowRemote: true, origin: "https://odoo.example" });
        expect(allowed).toMatch("https: http:");
        expect(allowed.indexOf("Content-Security-Policy")).toBeLessThan(allowed.indexOf("<body>"));
    });
});

test("five hundred messages: one frame for what is near, words for the rest", async () => {
    const messages = [...Array(500).keys()].map((id) =>
        makeMessage({ id: id + 1, html: id < 490 ? null : `<p>Message ${id + 1}</p>` })
    );
    await openThread({ messages });
    expect(".o_omni_message").toHaveCount(500);
    expect(".o_omni_folded").toHaveCount(490);
    expect(queryAll(".o_omni_frame iframe").length).toBeLessThan(11);
});

test("an older message is unfolded, remote pictures are shown when asked for", async () => {
    const calls = await openThread(
        {
            messages: [
                makeMessage({ id: 1, html: null, text: "Long ago" }),
                makeMessage({ id: 2, html: "<p>Now</p>", has_remote: true }),
            ],
        },
        {
            get_message_html: (id, remote) => ({
                html: `<p>${id} ${Boolean(remote)}</p>`,
                quote: "",
                has_remote: false,
            }),
        }
    );
    expect(".o_omni_folded").toHaveText("Long ago");
    await click(".o_omni_folded");
    await settle();
    expect(".o_omni_folded").toHaveCount(0);
    expect(".o_omni_remote").toHaveCount(1);
    await click(".o_omni_remote_always");
    await settle();
    expect(calls.of("get_message_html")).toEqual([[1], [2, true, true]]);
});

test("quotes are folded; notes, events and answers can be told apart", async () => {
    await openThread({
        messages: [
            makeMessage({ id: 1, html: "<p>Q</p>", quote: "<p>old</p>" }),
            makeMessage({ id: 2, kind: "note", key: "n2", html: "<b>bold</b>" }),
            makeMessage({ id: 3, kind: "event", key: "n3", html: null, text: "Stage: Open\nDone" }),
            makeMessage({ id: 4, kind: "out", state: "read", text: "Answer" }),
        ],
    });
    expect(".o_omni_frame").toHaveCount(1);
    await click(".o_omni_quote");
    await animationFrame();
    expect(".o_omni_frame").toHaveCount(2);
    expect(".o_omni_note_body b").toHaveText("bold");
    expect(".o_omni_event").toHaveText(/Stage: Open · Done/);
    expect(".o_omni_message_out .o_omni_state").toHaveText("Read by the customer");
});

test("what could not be sent says why, and what can be done", async () => {
    mockDate("2026-11-20 09:00:00", +1);
    const calls = await openThread(
        {
            messages: [
                makeMessage({
                    id: 1,
                    kind: "out",
                    state: "failed",
                    failure: "550: No such address",
                    advice: "Correct the address",
                    can: ["retry", "cancel"],
                }),
                makeMessage({
                    id: 2,
                    kind: "out",
                    state: "uncertain",
                    can: ["check", "send_again"],
                }),
                makeMessage({
                    id: 3,
                    kind: "out",
                    state: "queued",
                    can: ["cancel"],
                    send_after: "2026-11-20T09:00:10Z",
                }),
            ],
        },
        { message_action: () => ({ message: makeMessage(), draft: false, ids: [1] }) }
    );
    expect(queryAllTexts(".o_omni_message[data-key=m1] .o_omni_state")[0]).toMatch(
        /Not sent – Correct the address/
    );
    expect(".o_omni_failure").toHaveText("550: No such address");
    expect(queryAllTexts(".o_omni_message[data-key=m2] button.o_omni_message_action")).toEqual([
        "Check whether it left",
        "Send again",
    ]);
    expect(".o_omni_message[data-key=m3] .o_omni_state").toHaveText(/Leaves in 10 s/);
    await advanceTime(3000);
    await animationFrame();
    expect(".o_omni_message[data-key=m3] .o_omni_state").toHaveText(/Leaves in 7 s/);
    await click(".o_omni_message[data-key=m1] [data-action=retry]");
    await settle();
    expect(calls.of("message_action")).toEqual([[1, "retry"]]);
});

test("who else is here is seen as it happens", async () => {
    const handlers = {};
    mockService("bus_service", (env, dependencies) => {
        const bus = busService.start(env, dependencies);
        const { subscribe } = bus;
        bus.subscribe = (type, handler) => {
            handlers[type] = handler;
            return subscribe(type, handler);
        };
        return bus;
    });
    const calls = await openThread({});
    handlers["omnichannel_inbox/presence"]({
        case_id: 1,
        user: { id: 8, name: "Zoé" },
        typing: true,
    });
    await animationFrame();
    expect(".o_omni_presence").toHaveText("Zoé is writing…");
    expect(".o_omni_item .o_omni_viewers").toHaveCount(1);
    const before = calls.of("get_thread").length;
    handlers["omnichannel_inbox/changed"]({ ids: [1], kind: "message" });
    await advanceTime(300);
    await settle();
    expect(calls.of("get_thread")).toHaveLength(before + 1);
});

test("keys: through the list, and never while somebody writes", async () => {
    const calls = mockServer({
        get_inbox: () => makeInbox([makeItem({ id: 3 }), makeItem({ id: 2 }), makeItem({ id: 1 })]),
        get_thread: (id) => makeThread({ item: makeItem({ id }) }),
    });
    await mountInbox();
    await settle();
    await press("j");
    await settle();
    await press("j");
    await settle();
    expect(".o_omni_active").toHaveAttribute("data-id", "2");
    await press("k");
    await settle();
    expect(".o_omni_active").toHaveAttribute("data-id", "3");
    await press("/");
    await animationFrame();
    expect(".o_omni_search input").toBeFocused();
    await press("j");
    await press("e");
    await settle();
    expect(".o_omni_active").toHaveAttribute("data-id", "3");
    await press("Escape");
    await press("Escape");
    await press("n");
    await settle();
    expect(".o_omni_composer").toHaveAttribute("data-mode", "note");
    await press("e");
    await settle();
    expect(calls.of("close")).toEqual([]);
    await press("Escape");
    await settle();
    await press(["Shift", "?"]);
    await settle();
    expect(".o_omni_keys").toHaveCount(1);
    await press("e");
    await settle();
    expect(calls.of("close")).toEqual([], { message: "a dialog is open" });
    await press("Escape");
    await settle();
    await press("e");
    await settle();
    expect(calls.of("close")).toEqual([[[3]]]);
});

test("a telephone shows one pane at a time", async () => {
    await patchUiSize({ width: 390 });
    mockServer({});
    await mountInbox();
    await settle();
    expect(".o_omni_list").toHaveCount(1);
    expect(".o_omni_thread").toHaveCount(0);
    await click(".o_omni_open_folders");
    await animationFrame();
    expect(".o_omni_folders").toHaveCount(1);
    await click(".o_omni_folder[data-key=team]");
    await settle();
    expect(".o_omni_folders").toHaveCount(0);
    await click(".o_omni_item");
    await settle();
    expect(".o_omni_list").toHaveCount(0);
    expect(".o_omni_thread").toHaveCount(1);
    await click(".o_omni_toggle_side");
    await settle();
    expect(".o_omni_side").toHaveCount(1);
    expect(".o_omni_thread").toHaveCount(0);
    await click(".o_omni_side_back");
    await settle();
    await click(".o_omni_back");
    await settle();
    expect(".o_omni_list").toHaveCount(1);
});

test("a name and Enter: his", async () => {
    const calls = mockServer({});
    await mountInbox();
    await settle();
    await click(".o_omni_item");
    await settle();
    await click(".o_omni_assign");
    await animationFrame();
    await click(".o_omni_assign_search");
    await edit("zoe");
    await animationFrame();
    await press("Enter");
    await settle();
    expect(calls.of("assign")).toEqual([[[1], 8, false]]);
    expect(".o_omni_assign_menu").toHaveCount(0);
});

test("several at once", async () => {
    const calls = mockServer({
        get_inbox: () => makeInbox([makeItem({ id: 3 }), makeItem({ id: 2 }), makeItem({ id: 1 })]),
    });
    await mountInbox();
    await settle();
    await click(".o_omni_item[data-id='3'] input");
    await click(".o_omni_item[data-id='1'] input");
    await animationFrame();
    expect(".o_omni_bulk_count").toHaveText("2 selected");
    await click(".o_omni_bulk_assign");
    await animationFrame();
    await click(".o_omni_assignee:contains(Zoé)");
    await settle();
    expect(calls.of("assign")).toEqual([[[3, 1], 8, false]]);
    expect(".o_omni_bulk").toHaveCount(0);
});

test("an empty folder says what to do; a failing one can be tried again", async () => {
    let fails = true;
    mockServer({
        get_inbox: () => {
            if (fails) {
                throw new Error("down");
            }
            return makeInbox([]);
        },
    });
    await mountInbox();
    await settle();
    expect(".o_omni_error").toHaveCount(1);
    fails = false;
    await click(".o_omni_error button");
    await settle();
    expect(".o_omni_empty").toHaveText(/Nothing is waiting for you/);
});

test("who writes: one click confirms or rejects", async () => {
    const candidates = [
        { id: 44, name: "Anne", subtitle: "Liège", reason: "Same domain", score: 3 },
    ];
    const identity = {
        ...makeConversation().identity,
        level: "weak",
        evidence: ["Same domain"],
        candidates,
    };
    const calls = await openThread({ conversations: [makeConversation({ identity })] });
    expect(".o_omni_level").toHaveText("Perhaps");
    await click(".o_omni_reject");
    await settle();
    await click(".o_omni_confirm");
    await settle();
    expect(calls.of("reject_identity")).toEqual([[20, 44]]);
    expect(calls.of("confirm_identity")).toEqual([[20, 44]]);
});

test("text of strangers stays text", async () => {
    const evil = "<img src=x onerror='window.hacked=1'>";
    await openThread({
        item: makeItem({ subject: evil, customer: evil }),
        messages: [
            makeMessage({ text: evil, author: { name: evil, email: evil, partner_id: false } }),
        ],
    });
    expect(".o_omni_messages img").toHaveCount(0);
    expect(queryFirst(".o_omni_text")).toHaveText(evil);
    expect(window.hacked).toBe(undefined);
});
