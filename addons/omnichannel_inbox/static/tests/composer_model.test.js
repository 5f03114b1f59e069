import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, Deferred, tick } from "@odoo/hoot-mock";

import { allowTranslations } from "@web/../tests/web_test_helpers";
import { ComposerModel } from "@omnichannel_inbox/model/composer_model";
import { NewMessageModel } from "@omnichannel_inbox/model/new_message_model";
import { ThreadModel } from "@omnichannel_inbox/model/thread_model";

import { makeConversation, makeThread } from "./omni_test_helpers";

describe.current.tags("headless");
beforeEach(allowTranslations);

const { DateTime } = luxon;

function makeComposer({ answers = {}, thread = {}, upload = async () => ({ id: 5 }) } = {}) {
    const calls = [];
    const call = async (method, args = []) => {
        calls.push([method, ...args]);
        return answers[method]?.(...args) ?? {};
    };
    calls.of = (method) => calls.filter(([name]) => name === method).map(([, ...args]) => args);
    const model = new ThreadModel(call, 1);
    model.receive(makeThread(thread));
    return { composer: new ComposerModel({ call, upload, thread: model }), calls, thread: model };
}

const withLimits = (capabilities, values = {}) => ({
    conversations: [makeConversation({ capabilities, ...values })],
});

const windowUntil = (until, human_until = false) => ({ until, human_until, kind: "open", text: "" });

function file(name, size, type = "text/plain") {
    return new File(["x".repeat(size)], name, { type });
}

test("a draft is saved a moment later, once, and thrown away when nothing is left", async () => {
    const { composer, calls } = makeComposer();
    composer.open();
    await advanceTime(5000);
    expect(calls.of("save_draft")).toEqual([]);
    composer.setHtml("<p>H</p>");
    composer.setHtml("<p>Hello</p>");
    expect(composer.saveState).toBe("dirty");
    await advanceTime(1600);
    expect(composer.saveState).toBe("saved");
    expect(calls.of("save_draft")).toHaveLength(1);
    const [caseId, conversationId, values] = calls.of("save_draft")[0];
    expect([caseId, conversationId, values.html, values.kind, values.basis]).toEqual([
        1,
        10,
        "<p>Hello</p>",
        "reply",
        "b1",
    ]);
    expect(values.to).toEqual([{ email: "anne@example.com", name: "Anne Tourneur" }]);
    composer.setHtml("<p><br></p>");
    await advanceTime(1600);
    expect(calls.of("discard_draft")).toEqual([[1]]);
    expect(composer.saveState).toBe("clean");
});

test("what is typed while a draft is being saved is saved after it", async () => {
    const first = new Deferred();
    const answers = { save_draft: () => first };
    const { composer, calls } = makeComposer({ answers });
    composer.open();
    composer.setHtml("<p>One</p>");
    const saving = composer.save();
    await tick();
    composer.setHtml("<p>One two</p>");
    first.resolve({});
    await saving;
    expect(composer.saveState).toBe("dirty");
    await advanceTime(1600);
    expect(calls.of("save_draft").map(([, , { html }]) => html)).toEqual([
        "<p>One</p>",
        "<p>One two</p>",
    ]);
    expect(composer.saveState).toBe("saved");
});

test("a draft that could not be saved says so and is tried again", async () => {
    let failing = true;
    const answers = {
        save_draft: () => {
            if (failing) {
                throw new Error("down");
            }
        },
    };
    const { composer } = makeComposer({ answers });
    composer.open();
    composer.setHtml("<p>x</p>");
    await composer.save();
    expect(composer.saveState).toBe("failed");
    failing = false;
    await composer.save();
    expect(composer.saveState).toBe("saved");
});

test("a draft comes back as it was left", () => {
    const draft = {
        kind: "note",
        conversation_id: 10,
        html: "<p>Half</p>",
        to: [{ email: "x@y.be", name: "" }],
        cc: [],
        bcc: [],
        subject: "Re: x",
        attachments: [{ id: 4, name: "a.pdf", size: 3, mimetype: "application/pdf" }],
        basis: "b0",
    };
    const { composer } = makeComposer({ thread: { draft } });
    expect([composer.isOpen, composer.mode, composer.html, composer.basis]).toEqual([
        true,
        "note",
        "<p>Half</p>",
        "b0",
    ]);
    expect(composer.values.attachment_ids).toEqual([4]);
});

test("files that the channel would not take never leave the computer", async () => {
    const uploaded = [];
    const upload = async (caseId, { name }) => {
        uploaded.push(name);
        return { id: uploaded.length, name, mimetype: "text/plain", size: 800, url: "/x" };
    };
    const { composer, calls } = makeComposer({
        upload,
        thread: withLimits({ attachment_types: ["text/"] }),
    });
    composer.open();
    expect(await composer.attach([file("big.txt", 1001)])).toHaveLength(1);
    expect(await composer.attach([file("a.png", 10, "image/png")])).toHaveLength(1);
    expect(await composer.attach([file("ok.txt", 800)])).toEqual([]);
    const refusals = await composer.attach([file("sum.txt", 800)]);
    expect(refusals[0]).toMatch(/too large/);
    expect(uploaded).toEqual(["ok.txt"]);
    await composer.detach(composer.attachments[0].key);
    expect(calls.of("remove_attachment")).toEqual([[1]]);
    composer.open("note");
    expect(await composer.attach([file("big.txt", 5000)])).toEqual([], {
        message: "a note goes nowhere",
    });
});

test("an upload that fails is said, and keeps from sending", async () => {
    const { composer } = makeComposer({ upload: async () => ({ error: "The disk is full." }) });
    composer.open();
    composer.setHtml("<p>x</p>");
    await composer.attach([file("a.txt", 1)]);
    expect(composer.attachments[0].status).toBe("failed");
    expect(composer.attachments[0].error).toBe("The disk is full.");
    expect(composer.problem(DateTime.now())).toMatch(/could not be uploaded/);
});

test("what keeps an answer from being sent", () => {
    const now = DateTime.fromISO("2026-11-20T12:00:00Z");
    const problem = (thread, change = () => {}) => {
        const { composer } = makeComposer({ thread });
        composer.open();
        composer.setHtml("<p>Hello</p>");
        change(composer);
        return composer.problem(now);
    };
    expect(problem({})).toBe("");
    expect(problem({}, (composer) => composer.setHtml("<p> </p>"))).toMatch(/empty/);
    expect(problem({}, (composer) => composer.set({ to: [] }))).toMatch(/recipient/);
    expect(problem({}, (composer) => composer.set({ cc: [{ email: "x" }] }))).toMatch(/“x”/);
    expect(problem(withLimits({ text_limit: 3 }))).toMatch(/too long.* 2 /);
    expect(problem(withLimits({}, { window: windowUntil("2026-11-20T11:00:00Z") }))).toMatch(/is over/);
    expect(problem(withLimits({}, { window: windowUntil("2026-11-20T13:00:00Z") }))).toBe("");
    expect(problem(withLimits({ cc: false }), (composer) => composer.set({ to: [] }))).toBe("", {
        message: "a chat has no recipients to choose",
    });
});

test("what a careful colleague asks", () => {
    const { composer } = makeComposer();
    composer.open();
    composer.setHtml("<p>Your order «order» « demain », see the attachment</p>");
    expect(composer.doubts).toHaveLength(2);
    expect(composer.doubts[0]).toMatch("«order»");
    expect(composer.doubts[0]).not.toMatch("demain");
    composer.open("note");
    expect(composer.doubts).toEqual([]);
});

test("something changed: nothing is sent, nothing is lost, the next try knows of it", async () => {
    const outcomes = [
        { state: "changed", changes: [{ who: "Zoé", when: "", text: "Hi" }], basis: "b2" },
        { state: "queued", message_id: 3, send_after: "2026-11-20T12:00:00Z" },
    ];
    const answers = { send: () => outcomes.shift() };
    const { composer, calls } = makeComposer({ answers });
    composer.open();
    composer.setHtml("<p>Hello</p>");
    expect((await composer.send("wait")).state).toBe("changed");
    expect(composer.html).toBe("<p>Hello</p>");
    expect(composer.isOpen).toBe(true);
    await composer.send("close", true);
    expect(calls.of("send").map((args) => args.slice(3))).toEqual([
        ["b1", false, "wait"],
        ["b2", true, "close"],
    ]);
    expect([composer.isOpen, composer.html]).toEqual([false, ""]);
    await advanceTime(5000);
    expect(calls.of("save_draft")).toEqual([], { message: "it does not come back as a draft" });
});

test("what the server refuses, or never answers, stays a draft with the reason", async () => {
    const outcomes = [{ state: "refused", message: "Too long.", can_force: true }];
    const answers = {
        send: () => {
            if (!outcomes.length) {
                throw new Error("down");
            }
            return outcomes.shift();
        },
    };
    const { composer, calls } = makeComposer({ answers });
    composer.open();
    composer.setHtml("<p>Hello</p>");
    await composer.send("wait");
    expect([composer.error, composer.canForce]).toEqual(["Too long.", true]);
    await composer.send("wait");
    expect(composer.canForce).toBe(false);
    expect(composer.error).not.toBe("");
    await advanceTime(1600);
    expect(calls.of("save_draft")).toHaveLength(1);
});

test("a note tells those it names", async () => {
    const { composer, calls } = makeComposer();
    composer.open("note");
    const html = '<p><a data-oe-model="res.partner" data-oe-id="80">@Zoé</a> look</p>';
    composer.setHtml(html);
    expect(await composer.addNote()).toBe(true);
    expect(calls.of("add_note")).toEqual([[1, html, [80], []]]);
    expect(composer.isOpen).toBe(false);
});

test("the answer goes where the customer wrote last", () => {
    const { composer, thread } = makeComposer({
        thread: {
            conversations: [
                makeConversation({ id: 10 }),
                makeConversation({ id: 11, to: [{ email: "b@c.de", name: "" }] }),
            ],
        },
    });
    thread.messages = [
        { key: "a", kind: "in", conversation_id: 10 },
        { key: "b", kind: "in", conversation_id: 11 },
        { key: "c", kind: "out", conversation_id: 10 },
    ];
    composer.open();
    expect(composer.conversationId).toBe(11);
    expect(composer.to).toEqual([{ email: "b@c.de", name: "" }]);
});

test("a message to somebody who never wrote", async () => {
    const calls = [];
    const call = async (...args) => {
        calls.push(args);
        return { state: "queued", message_id: 3, case_id: 9, send_after: "" };
    };
    const { capabilities } = makeConversation();
    const channels = [
        { id: 3, name: "Shop", capabilities, signature: "" },
        { id: 4, name: "Other", capabilities, signature: "" },
    ];
    const to = [{ email: "new@example.com", name: "" }];
    const data = { channels, draft: false };
    const composer = new NewMessageModel({ call, upload: null, data, to });
    composer.setHtml("<p>Hello</p>");
    expect(composer.problem(DateTime.now())).toMatch(/no subject/);
    composer.set({ subject: "Offer" });
    composer.setChannel(4);
    expect(composer.problem(DateTime.now())).toBe("");
    await composer.save();
    expect(calls[0][0]).toBe("save_draft");
    expect(calls[0][1][2].channel_id).toBe(4);
    composer.choose({ id: 12, email: "new@example.com" });
    await composer.send("wait");
    const [method, [channelId, values, force]] = calls[1];
    expect([method, channelId, values.to, values.subject, force]).toEqual([
        "start",
        4,
        to,
        "Offer",
        false,
    ]);
    expect(values.partner_id).toBe(12);
    expect(values.send_at).toBe(false);
    composer.sendAt = "2026-11-21T09:00:00Z";
    await composer.send("wait");
    expect(calls.at(-1)[1][1].send_at).toBe("2026-11-21T09:00:00Z");
});

const at = (iso) => DateTime.fromISO(iso);

test("the time to answer: counted, pressing, for a person only, over", () => {
    const { composer } = makeComposer({
        thread: withLimits(
            {},
            { window: windowUntil("2026-11-20T12:00:00Z", "2026-11-26T12:00:00Z") }
        ),
    });
    composer.open();
    const look = (iso) => {
        const { kind, text, level } = composer.window(at(iso));
        return [kind, text, level];
    };
    expect(look("2026-11-20T02:00:00Z")).toEqual(["open", "10 h", "calm"]);
    expect(look("2026-11-20T09:55:00Z")).toEqual(["open", "2 h 05", "soon"]);
    expect(look("2026-11-20T11:30:00Z")).toEqual(["open", "30 min", "urgent"]);
    expect(look("2026-11-20T11:54:55Z")).toEqual(["open", "5:05", "urgent"]);
    expect(look("2026-11-20T12:00:01Z")).toEqual(["human", "5 d", "calm"]);
    expect(composer.blocked(at("2026-11-20T12:00:01Z"))).toBe("");
    expect(look("2026-11-27T12:00:00Z")).toEqual(["closed", "", "over"]);
    expect(composer.blocked(at("2026-11-27T12:00:00Z"))).toMatch(/is over/);
});

const mail = () =>
    makeConversation({ id: 11, channel: { id: 4, name: "Mail", icon: "fa-envelope-o" } });

const startOnMail = (values = {}) => ({
    conversation_id: false,
    channel_id: 4,
    id: 4,
    name: "Mail",
    icon: "fa-envelope-o",
    to: [{ email: "anne@example.com", name: "Anne" }],
    subject: "Sofa [T1]",
    signature: "",
    capabilities: { ...makeConversation().capabilities },
    ...values,
});

test("where nothing can be sent any more, the text goes to the next channel", async () => {
    const closed = makeConversation({ blocked: "Too late", next_channel: startOnMail() });
    const { composer, calls, thread } = makeComposer({
        thread: { conversations: [closed] },
        answers: { start_reply: () => ({ state: "queued", ids: [1] }) },
    });
    composer.open();
    composer.setHtml("<p>Hello</p>");
    const now = DateTime.now();
    expect(composer.problem(now)).toBe("Too late");
    expect(composer.nextConversation.id).toBe(-4);
    composer.startOn(composer.nextConversation);
    composer.changed();
    expect([composer.html, composer.subject, composer.to.length]).toEqual([
        "<p>Hello</p>",
        "Sofa [T1]",
        1,
    ]);
    expect(composer.problem(now)).toBe("");
    await advanceTime(1600);
    const [caseId, conversationId, values] = calls.of("save_draft")[0];
    expect([caseId, conversationId, values.channel_id]).toEqual([1, false, 4]);
    await composer.send("wait");
    expect(calls.of("send")).toEqual([]);
    expect(calls.of("start_reply")[0].slice(0, 2)).toEqual([1, 4]);
    composer.restore({ html: "<p>Hi</p>", conversation_id: false, channel_id: 4 });
    expect(composer.conversation).toBe(thread.starts[0]);
});

test("an answer begins where the customer wrote last, of what can be answered", () => {
    const chat = makeConversation({ blocked: "Answered in iAdvize" });
    const { thread } = makeComposer({ thread: { conversations: [chat, mail()] } });
    expect(thread.lastConversation.id).toBe(10);
    expect(thread.defaultConversation.id).toBe(11);
    thread.conversations[0].blocked = "";
    expect(thread.defaultConversation.id).toBe(10);
});

test("one answer for several conversations", async () => {
    const waiting = { ...mail(), waits: "2026-11-20T08:00:00Z", preview: "And by mail" };
    const { composer, calls } = makeComposer({
        thread: { conversations: [makeConversation({ waits: true }), waiting] },
        answers: { send: () => ({ state: "queued", ids: [1] }) },
    });
    composer.open();
    expect(composer.waiting.map(({ id }) => id)).toEqual([11]);
    composer.toggleAnswered(11);
    composer.setHtml("<p>For both</p>");
    await composer.send("wait");
    expect(calls.of("send")[0][2].also_answered).toEqual([11]);
    composer.open();
    expect(composer.alsoAnswered).toEqual([], { message: "asked anew every time" });
    composer.toggleAnswered(11);
    composer.startOn(composer.thread.conversation(11));
    expect(composer.alsoAnswered).toEqual([], { message: "this is the one answered now" });
    expect(composer.waiting.map(({ id }) => id)).toEqual([10]);
});

test("an answer leaves later, whatever is asked in between", async () => {
    const results = [
        { state: "changed", changes: [], basis: "b2" },
        { state: "queued", ids: [1], is_scheduled: true },
    ];
    const { composer, calls } = makeComposer({ answers: { send: () => results.shift() } });
    composer.open();
    composer.setHtml("<p>Tomorrow</p>");
    composer.sendAt = "2026-11-21T09:00:00Z";
    await composer.send("wait");
    await composer.send("wait", true);
    expect(calls.of("send").map((args) => args[2].send_at)).toEqual([
        "2026-11-21T09:00:00Z",
        "2026-11-21T09:00:00Z",
    ]);
    expect(composer.sendAt).toBe(false);
});

test("a long text is counted in messages where the channel takes it so", () => {
    const limits = { html: false, cc: false, text_limit: 10, parts: true, parts_limit: 3 };
    const { composer } = makeComposer({ thread: withLimits(limits) });
    composer.open();
    const look = (length) => {
        composer.setHtml(`<p>${"x".repeat(length)}</p>`);
        return [composer.parts, composer.charactersLeft];
    };
    expect(look(10)).toEqual([1, 20]);
    expect(look(11)).toEqual([2, 19]);
    expect(composer.problem(DateTime.now())).toBe("");
    expect(look(31)).toEqual([4, -1]);
    expect(composer.problem(DateTime.now())).toMatch(/too long/);
});

test("kinds of files a channel does not take", async () => {
    const limits = { attachment_types: ["image/", "application/pdf"] };
    const { composer, calls } = makeComposer({
        thread: { conversations: [mail(), ...withLimits(limits).conversations] },
    });
    composer.open("reply");
    composer.startOn(composer.thread.conversation(11));
    await composer.attach([file("a.txt", 5)]);
    composer.startOn(composer.thread.conversation(10));
    expect(composer.accept).toBe("image/*,application/pdf");
    const [refusal] = await composer.attach([file("b.txt", 5)]);
    expect(refusal).toMatch(/b\.txt/);
    expect(composer.problem(DateTime.now())).toMatch(/a\.txt/, {
        message: "one that another channel took",
    });
    expect(calls.of("send")).toEqual([]);
});

test("what was begun as a note is not sent to the customer without a question", () => {
    const { composer } = makeComposer();
    composer.open("note");
    composer.open("reply");
    expect(composer.doubts).toEqual([]);
    composer.open("note");
    composer.setHtml("<p>He is a pain</p>");
    composer.open("reply");
    expect(composer.doubts).toHaveLength(1);
    composer.open("reply");
    expect(composer.doubts).toHaveLength(1);
    composer.open("note");
    expect(composer.doubts).toEqual([]);
});
