import { describe, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAllTexts, queryOne, setInputFiles } from "@odoo/hoot-dom";
import { advanceTime, mockDate } from "@odoo/hoot-mock";

import { insertText } from "@html_editor/../tests/_helpers/user_actions";
import { onRpc } from "@web/../tests/web_test_helpers";

import {
    defineInboxModels,
    makeConversation,
    makeThread,
    mockServer,
    mountInbox,
    openThread,
    settle,
} from "./omni_test_helpers";

describe.current.tags("desktop");
defineInboxModels();

/** The answer being written on the open ticket. */
async function startAnswer(thread = {}, handlers = {}) {
    const calls = await openThread(thread, handlers);
    await press("r");
    await settle();
    return calls;
}

/** As if it was typed: the editor listens to the document, not to keys. */
async function write(text) {
    const editable = queryOne(".odoo-editor-editable");
    editable.focus();
    await insertText({ editable, document }, text);
    await settle();
}

const send = () => press(["Control", "Enter"]).then(settle);

test("an answer is written and sent by the keyboard", async () => {
    const calls = await startAnswer(
        {},
        {
            send: () => ({
                state: "queued",
                message_id: 3,
                send_after: "2026-01-01T00:00:00Z",
                ids: [1],
            }),
        }
    );
    await write("Tomorrow");
    await send();
    const [caseId, conversationId, values, basis, force, then] = calls.of("send")[0];
    expect([caseId, conversationId, basis, force, then]).toEqual([1, 10, "b1", false, "wait"]);
    expect(values.html).toMatch("Tomorrow");
    expect(values.signature).toBe(true);
    expect(".o_omni_composer").toHaveAttribute("data-mode", "closed");
});

test("a canned answer by ::, and a warning for what it could not fill in", async () => {
    const canned = [
        { id: 1, source: "delay", html: "Your order comes soon", missing: [] },
        {
            id: 2,
            source: "order",
            html: 'Order <span class="o_omni_missing">«order»</span>',
            missing: ["order"],
            reasons: { order: "No order is linked." },
        },
    ];
    const calls = await startAnswer(
        {},
        { get_canned: () => canned, send: () => ({ state: "queued" }) }
    );
    await write("::o");
    await advanceTime(300);
    await settle();
    expect(calls.of("get_canned")).toEqual([[1, 10, "o"]]);
    expect(queryAllTexts(".o_omni_option")).toEqual(["delay", "order"]);
    await press("ArrowDown");
    await settle();
    expect(".o_omni_option_missing").toHaveText(/No order is linked/);
    await press("Enter");
    await settle();
    expect(".o_omni_suggestions").toHaveCount(0);
    expect(".odoo-editor-editable").toHaveText("Order «order»");
    await send();
    expect(".modal").toHaveText(/«order»/);
    expect(calls.of("send")).toEqual([]);
    expect(".modal .btn-primary").toHaveText("Back to the text");
    await click(".modal .btn-secondary");
    await settle();
    expect(calls.of("send")).toHaveLength(1);
});

test("something changed: it is shown, read, or sent all the same", async () => {
    const answers = [
        {
            state: "changed",
            changes: [
                {
                    who: "Zoé",
                    when: "2026-11-20T08:00:00Z",
                    text: "I have it",
                    channel: { id: 5, name: "Messenger", icon: "fa-facebook" },
                    is_edited: true,
                },
            ],
            basis: "b2",
        },
        { state: "queued", message_id: 3, send_after: "2026-01-01T00:00:00Z", ids: [1] },
    ];
    const calls = await startAnswer({}, { send: () => answers.shift() });
    await write("Tomorrow");
    await send();
    expect(".o_omni_changes").toHaveText(/Zoé.*Messenger.*Changed.*I have it/s);
    expect(".odoo-editor-editable").toHaveText("Tomorrow");
    await click(".o_omni_send_anyway");
    await settle();
    expect(calls.of("send").map((args) => args.slice(3, 5))).toEqual([
        ["b1", false],
        ["b2", true],
    ]);
});

test("on a channel without form there is a field, with what is left of it", async () => {
    const conversation = makeConversation({
        capabilities: {
            html: false,
            cc: false,
            subject: false,
            text_limit: 10,
            attachment_limit: 0,
        },
        window: { until: "2090-01-01T00:00:00Z", human_until: false, kind: "open", text: "" },
    });
    const calls = await startAnswer({ conversations: [conversation] });
    expect("textarea.o_omni_plain").toBeFocused();
    expect(".o_omni_attach").toHaveCount(0);
    expect(".o_omni_window").toHaveText(/left to answer/);
    await edit("12345678901234");
    await settle();
    expect(".o_omni_length").toHaveText("4 characters too many");
    await send();
    expect(".o_omni_composer_error").toHaveText(/too long/);
    expect(calls.of("send")).toEqual([]);
});

test("files are checked before they leave, and travel with the answer", async () => {
    onRpc(
        "/omni/attachment/upload",
        () => ({
            id: 9,
            name: "ok.txt",
            mimetype: "text/plain",
            size: 5,
            url: "/omni/attachment/9",
            preview: false,
        }),
        { pure: true }
    );
    const calls = await startAnswer({}, { send: () => ({ state: "queued", ids: [1] }) });
    await click(".o_omni_composer_bar input[type=file]");
    await setInputFiles([new File(["x".repeat(2000)], "big.txt", { type: "text/plain" })]);
    await settle();
    expect(".o_notification").toHaveText(/big.txt is too large/);
    expect(".o_omni_file").toHaveCount(0);
    await click(".o_omni_composer_bar input[type=file]");
    await setInputFiles([new File(["hello"], "ok.txt", { type: "text/plain" })]);
    await settle();
    await advanceTime(10);
    await settle();
    expect(".o_omni_file[data-status=done]").toHaveText(/ok.txt/);
    await send();
    expect(calls.of("send")[0][2].attachment_ids).toEqual([9]);
});

test("recipients are chips: added, wrong ones marked, removed", async () => {
    onRpc("res.partner", "search_read", () => [{ id: 3, name: "Bob", email: "bob@x.be" }]);
    const calls = await startAnswer({}, { send: () => ({ state: "queued", ids: [1] }) });
    await click(".o_omni_to_text");
    await settle();
    await click("[data-name=cc] input");
    await edit("bo");
    await advanceTime(300);
    await settle();
    await press("Enter");
    await settle();
    expect("[data-name=cc] .o_omni_chip").toHaveText("Bob");
    await click("[data-name=to] input");
    await edit("nonsense,");
    await press("Enter");
    await settle();
    expect("[data-name=to] .o_omni_chip.text-bg-danger").toHaveCount(1);
    await click("[data-name=to] .o_omni_chip.text-bg-danger button");
    await settle();
    await write("Hi");
    await send();
    expect(calls.of("send")[0][2].cc).toEqual([{ email: "bob@x.be", name: "Bob" }]);
    expect(calls.of("send")[0][2].to).toHaveLength(1);
});

test("a draft is kept while one looks elsewhere, and there when one is back", async () => {
    const draft = {
        kind: "reply",
        conversation_id: 10,
        html: "<p>Half an answer</p><script>window.hacked = 1</script>",
        to: [{ email: "anne@example.com", name: "" }],
        cc: [],
        bcc: [],
        subject: "",
        attachments: [],
        basis: "b0",
    };
    const calls = await startAnswer({ draft }, { send: () => ({ state: "queued", ids: [1] }) });
    expect(".odoo-editor-editable").toHaveText("Half an answer");
    expect(".odoo-editor-editable script").toHaveCount(0);
    await write(" more");
    await advanceTime(1600);
    await settle();
    expect(".o_omni_saved").toHaveText("Draft saved");
    expect(calls.of("save_draft")).toHaveLength(1);
    await send();
    expect(calls.of("send")[0][3]).toBe("b0", { message: "what was known when it was begun" });
});

test("a note names colleagues by @ and leaves by no channel", async () => {
    const calls = await startAnswer({}, { add_note: () => ({ ids: [1] }) });
    await click(".o_omni_tab_note");
    await settle();
    await write("Look @zo");
    expect(queryAllTexts(".o_omni_option")).toEqual(["Zoé Dupont"]);
    await press("Enter");
    await settle();
    await send();
    expect(calls.of("add_note")[0][2]).toEqual([80]);
    expect(calls.of("send")).toEqual([]);
});

const chat = (values = {}) =>
    makeConversation({
        channel: { id: 5, name: "Messenger", provider: "messenger", icon: "fa-facebook" },
        ...values,
        capabilities: { html: false, cc: false, subject: false, ...values.capabilities },
    });
const mail = (values = {}) =>
    makeConversation({
        id: 11,
        channel: { id: 3, name: "Shop", provider: "demo", icon: "fa-envelope-o" },
        ...values,
    });
const queued = () => ({ state: "queued", message_id: 3, send_after: "2026-01-01T00:00:00Z", ids: [1] });

test("the time to answer runs out before one's eyes, and the text goes by mail", async () => {
    mockDate("2026-11-20 10:00:00", 0);
    const open = chat({
        window: { until: "2026-11-20T10:00:03Z", human_until: false, kind: "open", text: "" },
    });
    const over = {
        ...open,
        blocked: "The time to answer on Messenger is over.",
        next_channel: {
            conversation_id: false,
            channel_id: 3,
            id: 3,
            name: "Shop",
            icon: "fa-envelope-o",
            to: [{ email: "anne@example.com", name: "Anne" }],
            subject: "Sofa [T1]",
            signature: "",
            capabilities: makeConversation().capabilities,
        },
    };
    let current = open;
    const calls = await startAnswer(
        {},
        { get_thread: () => makeThread({ conversations: [current] }), start_reply: queued }
    );
    expect(".o_omni_window").toHaveAttribute("data-level", "urgent");
    expect(".o_omni_window").toHaveText(/0:0\d left/);
    await edit("It comes on Monday");
    current = over;
    for (let second = 0; second < 6; second++) {
        await advanceTime(1000);
        await settle();
    }
    expect(".o_omni_blocked").toHaveText(/is over/);
    expect(".o_omni_elsewhere").toHaveText("Answer by mail instead");
    await click(".o_omni_elsewhere");
    await settle();
    expect(".o_omni_blocked").toHaveCount(0);
    expect(".odoo-editor-editable").toHaveText("It comes on Monday");
    expect(".o_omni_to_text").toHaveText(/Anne/);
    await send();
    expect(calls.of("start_reply")[0].slice(0, 2)).toEqual([1, 3]);
    expect(calls.of("start_reply")[0][2].html).toMatch(/It comes on Monday/);
});

test("a conversation that another application has is taken over", async () => {
    const taken = chat({
        blocked: "Meta Business Suite has this conversation at the moment.",
        controlled_by: "Meta Business Suite",
    });
    let current = taken;
    const calls = mockServer({
        get_thread: () => makeThread({ conversations: [current] }),
        take_over: () => {
            current = chat();
            return { message: "", undo: false, ids: [1] };
        },
    });
    await mountInbox({ resId: 1 });
    await settle();
    expect(".o_omni_reply").toHaveCount(0);
    await click(".o_omni_take_over");
    await settle();
    expect(calls.of("take_over")).toEqual([[1, 10]]);
    expect(".o_omni_take_over").toHaveCount(0);
    expect(".o_omni_reply").toHaveCount(1);
});

test("the customer is answered where he wrote last; elsewhere when one wants to", async () => {
    const calls = await startAnswer({ conversations: [chat(), mail()] }, { send: queued });
    expect(".o_omni_via").toHaveText("Messenger");
    await edit("See you on Monday");
    await click("button.o_omni_via");
    await settle();
    await click(".o-dropdown-item:contains(Shop)");
    await settle();
    expect(".odoo-editor-editable").toHaveText("See you on Monday");
    await send();
    expect(calls.of("send")[0][1]).toBe(11);
});

test("a chat of the desk: said so, linked, and notes are still possible", async () => {
    const desk = chat({
        blocked: "This chat is answered in iAdvize.",
        desk: "iAdvize",
        desk_url: "https://desk.example/c/1",
        elsewhere: true,
        satisfaction: 4,
        tags: ["VIP"],
        capabilities: { can_send: false, desk: true },
    });
    mockServer({ get_thread: () => makeThread({ conversations: [desk] }) });
    await mountInbox({ resId: 1 });
    await settle();
    expect(".o_omni_closed").toHaveText(/answered in iAdvize/);
    expect(".o_omni_reply").toHaveCount(0);
    expect(".o_omni_composer .o_omni_desk_link").toHaveAttribute("href", "https://desk.example/c/1");
    expect(".o_omni_desk").toHaveText(/answered in iAdvize.*VIP/s);
    expect(".o_omni_satisfaction .fa-star").toHaveCount(4);
    await press("r");
    await settle();
    expect(".o_omni_composer").toHaveAttribute("data-mode", "closed");
    await press("n");
    await settle();
    expect(".o_omni_composer").toHaveAttribute("data-mode", "note");
    expect(".o_omni_tab_reply").toHaveCount(0);
});

test("a chat of the desk beside a mail: the answer goes by mail, and says why", async () => {
    const desk = chat({ blocked: "This chat is answered in iAdvize.", desk: "iAdvize" });
    mockServer({ get_thread: () => makeThread({ conversations: [desk, mail()] }) });
    await mountInbox({ resId: 1 });
    await settle();
    expect(".o_omni_reply").toHaveText("Answer on another channel");
    await press("r");
    await settle();
    expect(".o_omni_composer").toHaveAttribute("data-mode", "reply");
    expect(".o_omni_via").toHaveText("Shop");
    expect(".o_omni_detour").toHaveText(/answered in iAdvize/);
});

test("an answer leaves later: tomorrow, or when one says", async () => {
    mockDate("2026-11-20 10:00:00", 0);
    const calls = await startAnswer(
        {},
        { send: () => ({ ...queued(), is_scheduled: true, send_after: "2026-11-21T09:00:00Z" }) }
    );
    await write("Tomorrow");
    await click(".o_omni_later");
    await settle();
    expect(queryAllTexts(".o_omni_snooze_choice span:first-child")).toEqual([
        "In 1 hour",
        "Tomorrow at 9:00",
        "Monday at 9:00",
    ]);
    await click(".o_omni_snooze_choice[data-key=tomorrow]");
    await settle();
    expect(calls.of("send")[0][2].send_at).toMatch(/^2026-11-21T\d\d:00:00Z$/);
    expect(".o_omni_toast").toHaveText(/Your answer leaves/);
});

test("one answer for two channels on which he waits", async () => {
    const waiting = mail({ waits: "2026-11-20T08:00:00Z", preview: "And by mail, too" });
    const calls = await startAnswer({ conversations: [chat(), waiting] }, { send: queued });
    expect(".o_omni_also").toHaveText(/This also answers.*Shop.*And by mail, too/s);
    await edit("On Monday");
    await click(".o_omni_also input");
    await settle();
    await press(["Control", "Enter"]);
    await settle();
    expect(calls.of("send")[0][2].also_answered).toEqual([11]);
    await click(".o_omni_note");
    await settle();
    expect(".o_omni_also").toHaveCount(0);
});

test("what was written as a note is asked about before it leaves", async () => {
    const calls = await startAnswer({}, { send: queued });
    await click(".o_omni_tab_note");
    await settle();
    await write("He complains again");
    await click(".o_omni_tab_reply");
    await settle();
    await send();
    expect(".modal").toHaveText(/note for colleagues/);
    expect(calls.of("send")).toEqual([]);
    await click(".modal .btn-primary");
    await settle();
    expect(calls.of("send")).toEqual([]);
});
