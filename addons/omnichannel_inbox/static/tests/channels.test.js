import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { mockDate } from "@odoo/hoot-mock";

import {
    defineInboxModels,
    makeConversation,
    makeInbox,
    makeItem,
    makeMessage,
    mockServer,
    mountInbox,
    openThread,
    settle,
} from "./omni_test_helpers";

describe.current.tags("desktop");
defineInboxModels();
beforeEach(() => mockDate("2026-11-20 10:00:00", 0));

const joined = (id = 1, values = {}) => ({
    id,
    text: `Chat ${id}: Anne`,
    reasons: ["Same e-mail address"],
    date: "2026-11-20T09:00:00Z",
    conversation_id: 10,
    can_undo: true,
    ...values,
});
const suggested = (values = {}) => ({
    case_id: 2,
    number: "T00002",
    subject: "Hello",
    channels: [{ id: 5, name: "Messenger", icon: "fa-facebook" }],
    customer: "Anne T.",
    reasons: ["Says the same order"],
    date: "2026-11-20T09:55:00Z",
    preview: "Is anybody there?",
    ...values,
});

test("what was joined says why, and is undone by one click", async () => {
    const joins = { joined: [joined()], suggested: [], orders: [] };
    const calls = await openThread(
        { joins },
        { undo_join: () => ({ message: "Taken out", undo: false, ids: [1, 9] }) }
    );
    expect(".o_omni_joined").toHaveText(/Chat 1: Anne.*Same e-mail address/s);
    joins.joined = [];
    await click(".o_omni_join_undo");
    await settle();
    expect(calls.of("undo_join")).toEqual([[1]]);
    expect(".o_omni_joined").toHaveCount(0);
    expect(".o_omni_toast").toHaveText("Taken out");
});

test("many joinings do not push the conversation off the screen", async () => {
    const all = [1, 2, 3, 4].map((id) => joined(id, { can_undo: id > 1 }));
    await openThread({ joins: { joined: all, suggested: [], orders: [] } });
    expect(".o_omni_joined").toHaveCount(1);
    expect(".o_omni_join_undo").toHaveCount(0, { message: "the first is not his to undo" });
    expect(".o_omni_strips_more").toHaveText("3 more");
    await click(".o_omni_strips_more");
    await settle();
    expect(".o_omni_joined").toHaveCount(4);
    expect(".o_omni_join_undo").toHaveCount(3);
    await click(".o_omni_strips_more");
    await settle();
    expect(".o_omni_joined").toHaveCount(1);
});

test("of every kind of line one is shown", async () => {
    const desk = makeConversation({ id: 12, desk: "iAdvize", elsewhere: true });
    await openThread({
        conversations: [desk],
        joins: {
            joined: [joined(1), joined(2)],
            suggested: [suggested(), suggested({ case_id: 3 })],
            orders: [],
        },
    });
    for (const kind of ["suggested", "joined", "desk"]) {
        expect(`.o_omni_strips .o_omni_${kind}`).toHaveCount(1);
    }
    expect(".o_omni_strips_more").toHaveText("2 more");
});

test("he also writes elsewhere: joined, and the ticket that stays is open", async () => {
    const calls = await openThread(
        { joins: { joined: [], suggested: [suggested()], orders: [] } },
        { join: () => ({ message: "One ticket", undo: "token", ids: [2, 1] }) }
    );
    expect(".o_omni_suggested").toHaveText(
        /Also writing on Messenger.*Is anybody there.*T00002.*Anne T.*Says the same order/s
    );
    await click(".o_omni_join");
    await settle();
    expect(calls.of("join")).toEqual([[1, 2]]);
    expect(calls.of("get_thread").at(-1)[0]).toBe(2);
});

test("not the same person: not asked again", async () => {
    const joins = { joined: [], suggested: [suggested()], orders: [] };
    const calls = await openThread(
        { joins },
        { reject_join: () => ({ message: "They stay apart", undo: "token", ids: [1, 2] }) }
    );
    joins.suggested = [];
    await click(".o_omni_reject");
    await settle();
    expect(calls.of("reject_join")).toEqual([[1, 2]]);
    expect(".o_omni_suggested").toHaveCount(0);
    expect(calls.of("get_thread").at(-1)[0]).toBe(1);
});

test("orders he names are shown as what they are: named", async () => {
    const order = {
        id: 4,
        name: "S00004",
        status: "Sales Order",
        expected: "2026-11-25T08:00:00Z",
        customer: "Bob",
        is_certain: false,
        reasons: ["Named by whoever writes"],
    };
    const calls = await openThread({
        item: makeItem({ orders: [{ id: 3, name: "S00003", status: "", expected: false }] }),
        joins: { joined: [], suggested: [], orders: [order] },
    });
    expect(".o_omni_named_order").toHaveText(/S00004.*Bob.*Named by whoever writes/s);
    await click(".o_omni_named_order button");
    await settle();
    expect(calls.of("set_values")).toEqual([[1, { order_ids: [3, 4] }]]);
});

test("what a chat tells: the message answered, changes, reactions, moments", async () => {
    await openThread({
        conversations: [makeConversation(), makeConversation({ id: 11 })],
        messages: [
            makeMessage({ id: 1, text: "Which sofa?" }),
            makeMessage({
                id: 2,
                text: "The red one",
                reply_to: { key: "m1", author: "Anne", text: "Which sofa?" },
                edited: "2026-11-20T09:00:00Z",
                edits: [{ text: "The blue one", until: "2026-11-20T09:00:00Z" }],
                reactions: [{ emoji: "\u{1F44D}", count: 2, names: "Anne, Bob" }],
            }),
            { ...makeMessage({ id: 3 }), key: "e3", kind: "event", author: {}, text: "Closed there" },
        ],
    });
    expect(".o_omni_answered").toHaveText(/Anne.*Which sofa/s);
    expect(".o_omni_reactions .badge").toHaveAttribute("title", "Anne, Bob");
    expect(".o_omni_event").toHaveText(/Closed there/);
    expect(".o_omni_edits").toHaveCount(0);
    await click(".o_omni_edited button");
    await settle();
    expect(".o_omni_edits").toHaveText(/The blue one/);
    await click(".o_omni_answered");
});

test("what leaves later, and what was held back, is decided upon in the thread", async () => {
    const out = { kind: "out", state: "queued", send_after: "2026-11-21T09:00:00Z" };
    const calls = await openThread(
        {
            messages: [
                makeMessage({ id: 1, ...out, is_scheduled: true, can: ["send_now", "cancel"] }),
                makeMessage({
                    id: 2,
                    kind: "out",
                    state: "failed",
                    failure: "Anne has written meanwhile, on Messenger.",
                    failure_type: "changed",
                    can: ["retry", "cancel"],
                }),
            ],
        },
        { message_action: () => ({ message: {}, draft: false, ids: [1] }) }
    );
    expect("[data-key=m1] .o_omni_state").toHaveText(/Leaves .*unless somebody writes before/);
    expect(queryAllTexts("[data-key=m1] .o_omni_message_action")).toEqual([
        "Send now",
        "Back to the draft",
    ]);
    expect("[data-key=m2] .o_omni_state").toHaveText(/Held back.*Anne has written meanwhile/);
    expect(queryAllTexts("[data-key=m2] .o_omni_message_action")).toEqual([
        "Send all the same",
        "Back to the draft",
    ]);
    await click("[data-key=m1] [data-action=send_now]");
    await settle();
    expect(calls.of("message_action")).toEqual([[1, "send_now"]]);
});

test("the list shows what presses, what leaves later, what is answered elsewhere", async () => {
    const items = [
        makeItem({ id: 1, reply_until: "2026-11-20T10:30:00Z" }),
        makeItem({ id: 2, reply_until: "2026-11-20T13:00:00Z" }),
        makeItem({ id: 3, reply_until: "2026-11-21T09:00:00Z" }),
        makeItem({ id: 4, scheduled: "2026-11-21T09:00:00Z", is_elsewhere: true }),
    ];
    mockServer({ get_inbox: () => makeInbox(items) });
    await mountInbox();
    await settle();
    expect("[data-id='1'] .o_omni_item_window.text-bg-danger").toHaveText(/min$/);
    expect("[data-id='2'] .o_omni_item_window.text-bg-warning").toHaveText(/2 h 59/);
    expect("[data-id='3'] .o_omni_item_window").toHaveCount(0);
    expect("[data-id='4'] .o_omni_scheduled").toHaveCount(1);
    expect("[data-id='4'] .o_omni_elsewhere").toHaveCount(1);
});

test("a copy of the database: nothing leaves, and it says so", async () => {
    const blocked = "This is a copy of the database: nothing leaves from it.";
    await openThread({ conversations: [makeConversation({ blocked })], is_neutralized: true });
    expect(".o_omni_closed").toHaveText(blocked);
    expect(".o_omni_reply").toHaveCount(0);
    expect(".o_omni_note").toHaveCount(1);
});
