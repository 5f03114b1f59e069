/** The shop's page: a visitor begins a chat, sees answers and cards, and says how it was. */

import {ask, fill, find, live, make, sendOnEnter, show} from "./common.js";

const asked = new URLSearchParams(location.search);
const KEPT = `iadvize.chat.${asked.get("preset") || ""}`;
let chat = localStorage.getItem(KEPT);
let shown = null;
let presets = [];
let preset = {};

find("first_text").value = asked.get("text") || "";
find("begin").onsubmit = async (event) => {
    event.preventDefault();
    const {label: _label, text: _text, custom_data: data, ...known} = preset;
    const visitor = {...known, custom_data: {...data}};
    for (const name of ["first_name", "last_name", "email"]) {
        visitor[name] = find(name).value.trim();
    }
    const order = find("order_number").value.trim();
    if (order) {
        visitor.custom_data.order_number = order;
    }
    const begun = await ask("/sim/chats", {visitor, text: find("first_text").value.trim()});
    if (begun) {
        chat = begun.id;
        localStorage.setItem(KEPT, chat);
        find("first_text").value = "";
        refresh();
    }
};
find("answer").onsubmit = async (event) => {
    event.preventDefault();
    const text = find("text").value.trim();
    if (text && (await ask(`/sim/chats/${chat}/messages`, {author: "visitor", text}))) {
        find("text").value = "";
        refresh();
    }
    find("text").focus();
};
find("survey").onsubmit = async (event) => {
    event.preventDefault();
    const satisfactionComment = find("comment").value.trim();
    if (satisfactionComment && (await ask(`/sim/chats/${chat}/rate`, {satisfactionComment}))) {
        find("comment").value = "";
        refresh();
    }
};
find("again").onclick = () => {
    localStorage.removeItem(KEPT);
    chat = shown = null;
    draw();
};
find("fold").onclick = () => fold(true);
find("opener").onclick = () => fold(false);
find("presets").onchange = () => {
    preset = presets[Number(find("presets").value)] || {};
    fillForm();
};
for (let score = 1; score <= 5; score += 1) {
    const star = make("button", {type: "button", title: `${score} sur 5`}, "★");
    star.onclick = async () => {
        await ask(`/sim/chats/${chat}/rate`, {customerSatisfaction: score});
        refresh();
    };
    find("stars").append(star);
}
sendOnEnter(find("text"));
const refresh = live(load);

function fold(isFolded) {
    find("chat").hidden = isFolded;
    document.body.classList.toggle("folded", isFolded);
    find("opener").setAttribute("aria-expanded", String(!isFolded));
}

/** Puts a preset into the form. */
function fillForm() {
    for (const name of ["first_name", "last_name", "email"]) {
        find(name).value = preset[name] || "";
    }
    find("order_number").value = (preset.custom_data || {}).order_number || "";
    find("first_text").value = asked.get("text") || preset.text || "";
}

async function load() {
    const state = await ask("/sim/state");
    if (!state) {
        return;
    }
    choose(state.presets);
    if (chat) {
        const response = await fetch(`/sim/chats/${chat}`);
        if (!response.ok) {
            // The simulator forgets everything when it stops.
            localStorage.removeItem(KEPT);
        }
        chat = response.ok ? chat : null;
        shown = response.ok ? await response.json() : null;
    }
    draw();
}

function choose(given) {
    if (JSON.stringify(given) === JSON.stringify(presets)) {
        return;
    }
    presets = given;
    const options = presets.map((one, index) => [index, one.label]);
    const wanted = presets.findIndex((one) => one.label === asked.get("preset"));
    fill(find("presets"), [[-1, "Un visiteur"], ...options], wanted);
    find("presets_label").hidden = !presets.length;
    if (wanted >= 0) {
        preset = presets[wanted];
        fillForm();
    }
}

function draw() {
    find("begin").hidden = Boolean(shown);
    find("talk").hidden = !shown;
    const operator = shown && shown.operator;
    find("who").textContent = operator ? operator.name : "Une question ?";
    find("how").textContent = operator ? "vous répond" : "Nous répondons tout de suite";
    if (!shown) {
        return;
    }
    const isOver = shown.closed_at !== null;
    find("answer").hidden = isOver;
    find("survey").hidden = !isOver;
    const score = shown.satisfaction.customerSatisfaction || 0;
    [...find("stars").children].forEach((star, index) => {
        star.setAttribute("aria-pressed", String(index < score));
    });
    show(find("thread"), shown.messages, "visitor");
}
