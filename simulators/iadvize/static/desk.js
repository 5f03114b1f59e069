/** An agent's desk: his chats, one thread, and the app's panel in an iframe for each conversation. */

import {ask, fill, find, live, make, sendOnEnter, show, time} from "./common.js";

const asked = new URLSearchParams(location.search);
const drafts = new Map();
const panels = new Map(); // by conversation: iframe, and origin of the app
const seen = new Map(); // by conversation: how many messages the agent has seen
let operator = asked.get("operator") || localStorage.getItem("iadvize.operator") || "";
let chosen = asked.get("conversation");
let state = {operators: [], has_panel: false};
let chats = [];

find("operator").onchange = () => {
    operator = find("operator").value;
    localStorage.setItem("iadvize.operator", operator);
    for (const panel of panels.values()) {
        panel.frame.remove();
    }
    panels.clear();
    chosen = null;
    refresh();
};
find("answer").onsubmit = async (event) => {
    event.preventDefault();
    const text = find("text").value.trim();
    if (text && (await say({text}))) {
        drafts.delete(chosen);
        find("text").value = "";
        refresh();
    }
    find("text").focus();
};
find("text").oninput = () => drafts.set(chosen, find("text").value);
find("close").onclick = () => act("close", {});
find("colleague").onchange = () => {
    const colleague = find("colleague").value;
    find("colleague").value = "";
    if (colleague) {
        act("transfer", {operator: colleague});
    }
};
for (const button of document.querySelectorAll("[data-go]")) {
    button.onclick = () => go(button.dataset.go);
}
sendOnEnter(find("text"));
window.addEventListener("message", hear);
const refresh = live(load);

function go(view) {
    document.body.dataset.view = view;
    for (const button of document.querySelectorAll("[data-go]")) {
        button.setAttribute("aria-current", String(button.dataset.go === view));
    }
}

function say(content, conversation = chosen) {
    const message = {author: "operator", operator, ...content};
    return ask(`/sim/chats/${conversation}/messages`, message);
}

async function act(what, values) {
    await ask(`/sim/chats/${chosen}/${what}`, values);
    refresh();
}

async function load() {
    const found = await ask("/sim/state");
    if (!found) {
        return;
    }
    state = found;
    const people = state.operators.filter((one) => !one.is_bot);
    const agent = people.find((one) => [one.email, String(one.id)].includes(operator));
    operator = (agent || people[0]).email;
    fill(find("operator"), people.map((one) => [one.email, one.name]), operator);
    chats = (await ask(`/sim/chats?operator=${encodeURIComponent(operator)}`)) || [];
    if (!chats.some((one) => one.id === chosen)) {
        chosen = null;
    }
    draw();
}

function choose(id) {
    chosen = id;
    find("text").value = drafts.get(id) || "";
    find("refused").textContent = "";
    go("talk");
    draw();
    const current = chats.find((one) => one.id === id);
    if (current.closed_at === null) {
        find("text").focus();
    }
}

function draw() {
    const isMine = (one) => one.operator.email === operator;
    const open = chats.filter((one) => one.closed_at === null && isMine(one));
    const over = chats.filter((one) => !open.includes(one));
    find("open").replaceChildren(...open.map(row));
    find("closed").replaceChildren(...over.slice(0, 50).map(row));
    find("nobody").hidden = open.length > 0;
    find("over").hidden = !over.length;
    drawChosen(chats.find((one) => one.id === chosen), open);
    drawPanel();
}

function row(one) {
    const said = one.messages.filter((message) => message.author !== "system");
    const last = said.at(-1);
    const isNew = one.id !== chosen && said.length > (seen.get(one.id) || 0);
    const button = make("button", {type: "button", className: isNew ? "unread" : ""},
        make("span", {className: "when"}, time(last ? last.at : one.created_at)),
        make("span", {className: "who"}, one.visitor.name),
        make("small", {}, last ? last.text : "…"));
    button.setAttribute("aria-current", String(one.id === chosen));
    button.onclick = () => choose(one.id);
    return make("li", {}, button);
}

function drawChosen(current, open) {
    find("chosen").hidden = !current;
    find("none").hidden = Boolean(current);
    if (!current) {
        return;
    }
    const isMine = open.includes(current);
    const said = current.messages.filter((message) => message.author !== "system");
    seen.set(current.id, said.length);
    find("name").textContent = current.visitor.name;
    const data = Object.entries(current.custom_data).map(([name, value]) => `${name} : ${value}`);
    const {satisfaction} = current;
    const facts = [current.channel, current.visitor.email, current.visitor.phone_number, ...data,
        satisfaction.customerSatisfaction && `★ ${satisfaction.customerSatisfaction}/5`];
    find("facts").textContent = facts.filter(Boolean).join(" · ");
    find("answer").hidden = !isMine;
    find("close").hidden = find("colleague").hidden = !isMine;
    const others = state.operators.filter((one) => one.id !== current.operator.id);
    fill(find("colleague"),
        [["", "Transférer à…"], ...others.map((one) => [one.id, one.name])], "");
    show(find("thread"), current.messages, "operator");
}

/* -- the app's panel: one iframe for each conversation, as in the real desk -------------------- */

async function drawPanel() {
    find("no_panel").hidden = state.has_panel;
    for (const [id, panel] of panels) {
        panel.frame.hidden = id !== chosen;
    }
    if (!state.has_panel || !chosen || panels.has(chosen)) {
        return;
    }
    const conversation = chosen;
    const frame = make("iframe", {title: "Application", hidden: true});
    const panel = {frame, origin: ""};
    panels.set(conversation, panel);
    const opened = await token();
    if (!opened) {
        panels.delete(conversation);
        return;
    }
    panel.origin = new URL(opened.url).origin;
    frame.src = opened.url;
    frame.hidden = conversation !== chosen;
    find("panels").append(frame);
}

function token() {
    return ask(`/sim/panel?operator=${encodeURIComponent(operator)}`);
}

const commands = {
    init: (id) => {
        const current = chats.find((one) => one.id === id);
        return {
            conversationId: id,
            projectId: String(state.project_id),
            channel: current.channel,
            language: current.language,
        };
    },
    getJWT: async () => (await token()).jwt,
    insertTextInComposeBox: (id, value) => {
        if (typeof value !== "string" || !value) {
            throw new Error("value: a text");
        }
        insert(id, value);
    },
    pushCardInConversationThread: (id, value) => push(id, {card: value || {}}),
    pushCardBundleInConversationThread: (id, value) => push(id, {bundle: value || {}}),
};

/** At the cursor of the compose box, when its conversation is the one shown. */
function insert(id, value) {
    if (id !== chosen) {
        drafts.set(id, (drafts.get(id) || "") + value);
        return;
    }
    const box = find("text");
    box.setRangeText(value, box.selectionStart, box.selectionEnd, "end");
    drafts.set(id, box.value);
    go("talk");
    box.focus();
}

async function push(id, content) {
    const sent = await say(content, id);
    if (!sent) {
        throw new Error(find("notice").textContent);
    }
    refresh();
}

/** What a panel asks: only of its own conversation, and only the page of the app. */
async function hear(event) {
    const {data} = event;
    const entry = [...panels].find(([, one]) => one.frame.contentWindow === event.source);
    if (!entry || event.origin !== entry[1].origin || !data || data.idzcpa !== "request") {
        return;
    }
    const answer = {idzcpa: "answer", id: data.id};
    try {
        if (!Object.hasOwn(commands, data.command)) {
            throw new Error("This desk does not know the command");
        }
        answer.value = await commands[data.command](entry[0], data.value);
    } catch (error) {
        answer.error = {message: error.message};
        find("refused").textContent = `Refusé à l'application : ${error.message}`;
    }
    event.source.postMessage(answer, event.origin);
}
