import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, runAllTimers, tick } from "@odoo/hoot-mock";

import { allowTranslations } from "@web/../tests/web_test_helpers";
import { InboxModel } from "@omnichannel_inbox/model/inbox_model";

import { makeFolders, makeInbox, makeItem, makeMessage, makeThread } from "./omni_test_helpers";

describe.current.tags("headless");
beforeEach(allowTranslations);

/** A model and what it asks the server. */
function makeModel(handlers = {}, options = {}) {
    const calls = [];
    const answers = {
        get_inbox: () => makeInbox(),
        get_items: () => ({ items: [], folders: makeFolders(), channels: [], total: 0 }),
        get_counts: () => ({ folders: makeFolders(), channels: [] }),
        get_thread: (id) => makeThread({ item: makeItem({ id }) }),
        ...handlers,
    };
    const call = async (method, args = []) => {
        calls.push([method, ...args]);
        const answer = answers[method]?.(...args) ?? { message: "", undo: false, ids: [] };
        return JSON.parse(JSON.stringify(answer));
    };
    calls.of = (method) => calls.filter(([name]) => name === method).map(([, ...args]) => args);
    const model = new InboxModel({ call, ...options });
    return { model, calls };
}

const ids = (model) => model.items.map(({ id }) => id);

test("a page after the other, each ticket once", async () => {
    const pages = { 0: [5, 4], 2: [4, 3], 3: [2] };
    const { model, calls } = makeModel({
        get_inbox: (folder, channel, search, offset) =>
            makeInbox(
                pages[offset].map((id) => makeItem({ id })),
                { total: 4 }
            ),
    });
    await model.load();
    expect(model.hasMore).toBe(true);
    await model.loadMore();
    expect(ids(model)).toEqual([5, 4, 3]);
    await model.loadMore();
    expect(ids(model)).toEqual([5, 4, 3, 2]);
    expect(model.hasMore).toBe(false);
    await model.loadMore();
    expect(calls.of("get_inbox")).toHaveLength(3);
});

test("an answer to an earlier search is not shown", async () => {
    const waiting = {};
    const model = new InboxModel({
        call: (method, [, , search]) => new Promise((resolve) => (waiting[search] = resolve)),
    });
    model.show({ search: "a" });
    model.show({ search: "ab" });
    waiting.ab(makeInbox([makeItem({ id: 2 })]));
    await tick();
    waiting.a(makeInbox([makeItem({ id: 1 })]));
    await tick();
    expect(ids(model)).toEqual([2]);
});

test("what the bus says is asked for at once, and only what is shown", async () => {
    const items = [3, 2, 1].map((id) => makeItem({ id, date: `2026-11-20T0${id}:00:00Z` }));
    const { model, calls } = makeModel(
        {
            get_inbox: () => makeInbox(items),
            get_items: () => ({
                // 1 came to the top, 2 has left, 9 is new
                items: [
                    makeItem({ id: 1, date: "2026-11-20T08:00:00Z", preview: "News" }),
                    makeItem({ id: 9, date: "2026-11-20T05:00:00Z" }),
                ],
                folders: makeFolders({ mine: { count: 3, unread: 2 } }),
                channels: [],
                total: 3,
            }),
        },
        { view: { order: "newest" } }
    );
    await model.load();
    model.changed([1]);
    model.changed([2, 9]);
    model.changed([1]);
    await advanceTime(300);
    await tick();
    expect(calls.of("get_items")).toEqual([[[1, 2, 9], "mine", false, ""]]);
    expect(ids(model)).toEqual([1, 9, 3]);
    expect(model.items[0].preview).toBe("News");
    expect(model.attention).toBe(2);
    expect(calls.of("get_inbox")).toHaveLength(1);
    expect(calls.of("get_thread")).toHaveLength(0);
});

test("a flood is one reading of the list", async () => {
    const { model, calls } = makeModel();
    await model.load();
    model.changed([...Array(300).keys()]);
    await advanceTime(300);
    await tick();
    expect(calls.of("get_items")).toHaveLength(0);
    expect(calls.of("get_inbox")).toHaveLength(2);
});

test("new tickets below what is loaded wait there", async () => {
    const { model } = makeModel({
        get_inbox: () =>
            makeInbox([makeItem({ id: 5, score: 50 }), makeItem({ id: 4, score: 40 })], {
                total: 90,
            }),
        get_items: () => ({
            items: [makeItem({ id: 6, score: 45 }), makeItem({ id: 7, score: 1 })],
            folders: makeFolders(),
            channels: [],
            total: 92,
        }),
    });
    await model.load();
    await model.refreshItems([6, 7]);
    expect(ids(model)).toEqual([5, 6, 4]);
    expect(model.total).toBe(92);
});

test("closing goes on with the next one, and can be undone", async () => {
    let left = [3, 2, 1];
    const said = [];
    const { model, calls } = makeModel(
        {
            get_inbox: () => makeInbox(left.map((id) => makeItem({ id }))),
            get_items: () => ({
                items: [],
                folders: makeFolders(),
                channels: [],
                total: left.length,
            }),
            close: (closed) => {
                left = left.filter((id) => !closed.includes(id));
                return { message: "T00002: closed.", undo: "token", ids: closed };
            },
            undo: () => {
                left = [3, 2, 1];
                return { message: "Taken back.", undo: false, ids: [2] };
            },
        },
        { notify: ({ message }) => said.push(message), view: { order: "newest" } }
    );
    await model.load();
    await model.open(2);
    await model.closeCases();
    expect(ids(model)).toEqual([3, 1]);
    expect(model.activeId).toBe(1, { message: "the one that came to its place" });
    await model.closeCases();
    expect(model.activeId).toBe(3, { message: "the last one has nobody behind it" });
    expect(await model.undo()).toBe(true);
    expect(ids(model)).toEqual([3, 2, 1]);
    expect(model.activeId).toBe(2);
    expect(await model.undo()).toBe(false);
    expect(calls.of("undo")).toEqual([["token"]]);
    expect(said).toEqual(["T00002: closed.", "T00002: closed.", "Taken back."]);
});

test("next and previous follow the list, and load more of it", async () => {
    const { model } = makeModel({
        get_inbox: (folder, channel, search, offset) =>
            makeInbox(
                (offset ? [1] : [3, 2]).map((id) => makeItem({ id })),
                { total: 3 }
            ),
    });
    await model.load();
    for (const expected of [3, 2, 1, 1]) {
        await model.openNext(1);
        expect(model.activeId).toBe(expected);
    }
    await model.openNext(-1);
    expect(model.activeId).toBe(2);
});

test("reading marks as read, once, and not what nobody looks at", async () => {
    const { model, calls } = makeModel({
        get_inbox: () => makeInbox([makeItem({ id: 1, unread: true }), makeItem({ id: 2 })]),
    });
    await model.load();
    await model.open(1);
    await model.open(2);
    expect(calls.of("mark_read")).toEqual([[[1]]]);
    expect(model.find(1).unread).toBe(false);
    expect(calls.of("leave")).toEqual([[1]]);
});

test("messages are put together: older stay, changed ones change, new ones come", async () => {
    let page = [2, 3, 4].map((id) => makeMessage({ id }));
    const { model } = makeModel({
        get_thread: (id, before) =>
            before
                ? { messages: [makeMessage({ id: 1 })], has_more: false }
                : makeThread({ messages: page, has_more: true }),
    });
    await model.load();
    await model.open(1);
    const { thread } = model;
    await thread.loadOlder();
    expect(thread.hasMore).toBe(false);
    page = [3, 4, 5].map((id) => makeMessage({ id, state: id === 4 ? "failed" : "received" }));
    await model.refreshThread();
    expect(thread.messages.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    expect(thread.messages[3].state).toBe("failed");
    expect(thread.hasMore).toBe(false);
});

test("what was unfolded stays unfolded", async () => {
    const { model, calls } = makeModel({
        get_thread: () => makeThread({ messages: [makeMessage({ id: 2, html: null })] }),
        get_message_html: () => ({ html: "<b>All</b>", quote: "", has_remote: false }),
    });
    await model.load();
    await model.open(1);
    await model.thread.unfold(model.thread.messages[0]);
    await model.refreshThread();
    expect(model.thread.messages[0].html).toBe("<b>All</b>");
    expect(calls.of("get_message_html")).toEqual([[2]]);
});

test("who looks and who writes; who is silent has gone", async () => {
    const { model } = makeModel();
    await model.load();
    await model.open(1);
    model.hear({ case_id: 1, user: { id: 8, name: "Zoé" }, typing: true });
    model.hear({ case_id: 1, user: { id: 7, name: "Mitchell" }, typing: true });
    expect(model.thread.viewers.map(({ name, typing }) => [name, typing])).toEqual([["Zoé", true]]);
    expect(model.find(1).viewers).toEqual(["Zoé"]);
    await advanceTime(61_000);
    model.tick();
    expect(model.thread.viewers).toEqual([]);
    model.hear({ case_id: 1, user: { id: 8, name: "Zoé" }, typing: false, left: true });
    expect(model.find(1).viewers).toEqual([]);
});

test("an answer that has just been given is taken back where one is", async () => {
    const draft = {
        kind: "reply",
        conversation_id: 10,
        html: "<p>Hm</p>",
        to: [],
        attachments: [],
    };
    const { model, calls } = makeModel({
        get_inbox: () => makeInbox([makeItem({ id: 1 }), makeItem({ id: 2 })]),
        message_action: () => ({ message: makeMessage(), draft, ids: [1] }),
    });
    await model.load();
    await model.open(1);
    await model.sent(1, { message_id: 33, send_after: "2030-01-01T00:00:00Z" });
    await model.open(2);
    expect(await model.undo()).toBe(true);
    expect(model.activeId).toBe(1);
    expect(model.composer.html).toBe("<p>Hm</p>");
    expect(model.composer.isOpen).toBe(true);
    expect(calls.of("message_action")).toEqual([[33, "cancel"]]);
});

test("what is no longer there says so; what fails can be tried again", async () => {
    const gone = Object.assign(new Error(), {
        exceptionName: "odoo.exceptions.MissingError",
        data: { name: "odoo.exceptions.MissingError" },
    });
    let failing = true;
    const { model } = makeModel({
        get_inbox: () => {
            if (failing) {
                throw new Error("down");
            }
            return makeInbox();
        },
        get_thread: () => {
            throw gone;
        },
    });
    await model.load();
    expect(model.status).toBe("error");
    failing = false;
    await model.show({});
    expect(model.status).toBe("ready");
    failing = true;
    await model.reload();
    expect(model.status).toBe("ready", { message: "an older list is better than none" });
    expect(model.error).not.toBe("");
    await model.open(1);
    expect(model.thread.status).toBe("gone");
    await runAllTimers();
});

test("marking: one, a range, all", async () => {
    const { model } = makeModel({
        get_inbox: () => makeInbox([5, 4, 3, 2].map((id) => makeItem({ id }))),
    });
    await model.load();
    model.toggle(5);
    model.toggle(3, true);
    expect([...model.selected]).toEqual([5, 4, 3]);
    model.toggle(4);
    expect(model.targets).toEqual([5, 3]);
    model.toggleAll();
    expect(model.selected.size).toBe(4);
    model.toggleAll();
    expect(model.selected.size).toBe(0);
});

test("a ticket that becomes part of another one is followed, with what was begun", async () => {
    let merged = false;
    const { model, calls } = makeModel({
        get_thread: (id) =>
            makeThread({
                item: makeItem({ id, merged_into: id === 1 && merged && { id: 2, number: "T2" } }),
                draft: id === 2 && {
                    kind: "reply",
                    conversation_id: 10,
                    html: "<p>Half an answer</p>",
                    basis: "b1",
                },
            }),
    });
    await model.open(1);
    model.composer.open();
    model.composer.setHtml("<p>Half an answer</p>");
    merged = true;
    await model.refreshThread();
    expect(model.activeId).toBe(2);
    expect(calls.of("save_draft")[0][0]).toBe(1, { message: "kept before it is left" });
    expect(model.composer.html).toBe("<p>Half an answer</p>");
    await model.open(1);
    await model.refreshThread();
    expect(model.activeId).toBe(1, { message: "who opens it on purpose sees it" });
});
