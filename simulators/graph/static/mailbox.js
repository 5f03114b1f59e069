/** The mailbox of a customer: what he received and wrote, and what he writes now. */

import { ask, find, make, read, tell } from "./shared/page.js";

const seen = new Set(JSON.parse(localStorage.getItem("graph.seen") || "[]"));
let state = { mailboxes: [], customers: [], presets: [] };
let messages = [];
let open = 0;

find("customer").value =
    new URLSearchParams(location.search).get("customer") || localStorage.getItem("graph.customer") || "";
new EventSource("/sim/stream").onmessage = load;

find("customer").onchange = () => {
    localStorage.setItem("graph.customer", customer());
    open = 0;
    find("reader").hidden = true;
    find("from").value = customer();
    load();
};
find("write").onclick = () => {
    open = 0;
    find("reader").hidden = true;
    find("composer").hidden = false;
    find("from").value = customer();
    draw();
    find("new_subject").focus();
};
find("compose").onsubmit = async (event) => {
    event.preventDefault();
    const boxes = [...find("to").selectedOptions].map((option) => option.value);
    const sent = await ask("/sim/mail", {
        from: find("from").value.trim(), from_name: find("from_name").value.trim(), to: boxes,
        subject: find("new_subject").value, text: find("text").value,
        attachments: await read(find("new_files")),
    });
    if (sent) {
        find("customer").value = find("from").value.trim();
        localStorage.setItem("graph.customer", customer());
        for (const id of ["new_subject", "text", "new_files"]) {
            find(id).value = "";
        }
        tell("Message envoyé.", true);
        load();
    }
};
find("reply").onsubmit = async (event) => {
    event.preventDefault();
    const path = `/sim/customers/${encodeURIComponent(customer())}/${open}/reply`;
    const sent = await ask(path, {
        text: find("reply_text").value, attachments: await read(find("reply_files")),
    });
    if (sent) {
        find("reply_text").value = find("reply_files").value = "";
        tell("Réponse envoyée.", true);
        load();
    }
};

function customer() {
    return find("customer").value.trim().toLowerCase();
}

async function load() {
    state = await (await fetch("/sim/state")).json();
    if (customer()) {
        const answer = await fetch(`/sim/customers/${encodeURIComponent(customer())}`);
        messages = (await answer.json()).reverse();
    } else {
        messages = [];
    }
    draw();
}

function draw() {
    find("customers").replaceChildren(
        ...state.customers.map((one) => make("option", { value: one.address }))
    );
    drawGoals();
    drawPresets();
    find("title").textContent = customer() ? `Messages de ${customer()}` : "Messages";
    find("empty").hidden = Boolean(messages.length);
    find("empty").textContent = customer()
        ? "Aucun message."
        : "Choisissez ou tapez l'adresse d'un client.";
    find("messages").replaceChildren(...messages.map(drawRow));
    if (!find("from").value) {
        find("from").value = customer();
    }
}

function drawGoals() {
    const goals = state.mailboxes.map((one) => one.address);
    const select = find("to");
    if (select.dataset.key === goals.join()) {
        return;
    }
    select.dataset.key = goals.join();
    select.size = Math.max(2, Math.min(goals.length, 5));
    select.replaceChildren(
        ...goals.map((address, index) =>
            make("option", { value: address, textContent: address, selected: !index })
        )
    );
}

function drawPresets() {
    const key = JSON.stringify(state.presets);
    if (find("presets").dataset.key === key) {
        return;
    }
    find("presets").dataset.key = key;
    find("presets").replaceChildren(
        ...state.presets.map((preset) =>
            make("button", { type: "button", textContent: preset.label, onclick: () => use(preset) })
        )
    );
}

function use(preset) {
    find("from").value = preset.from || customer();
    find("from_name").value = preset.from_name || "";
    find("new_subject").value = preset.subject || "";
    find("text").value = preset.text || "";
    const boxes = [preset.mailbox || preset.to || []].flat();
    for (const option of find("to").options) {
        option.selected = boxes.length ? boxes.includes(option.value) : option.index === 0;
    }
}

function drawRow(message) {
    const isIn = message.direction === "in";
    const other = isIn ? message.from : message.to[0] || { address: "" };
    const row = make(
        "button",
        {
            type: "button",
            className: isIn && !seen.has(message.message_id) ? "unread" : "",
            onclick: () => show(message),
        },
        make("small", { className: "when", textContent: moment(message.at) }),
        make("span", {
            className: "who", textContent: `${isIn ? "" : "À : "}${other.name || other.address}`,
        }),
        make("small", { textContent: message.subject || "(sans objet)" })
    );
    row.setAttribute("aria-current", String(message.key === open));
    return make("li", {}, row);
}

function show(message) {
    open = message.key;
    seen.add(message.message_id);
    localStorage.setItem("graph.seen", JSON.stringify([...seen].slice(-500)));
    const people = (list) => list.map((one) => one.name || one.address).join(", ");
    find("subject").textContent = message.subject || "(sans objet)";
    find("facts").textContent =
        `De ${message.from.name || ""} <${message.from.address}> · À ${people(message.to)}` +
        (message.cc.length ? ` · Cc ${people(message.cc)}` : "") + ` · ${moment(message.at)}`;
    find("body").srcdoc = message.html;
    find("files").replaceChildren(
        ...message.attachments.map((file) =>
            make("li", {}, make("a", {
                href: file.url, download: file.name,
                textContent: `${file.name} (${Math.max(1, Math.round(file.size / 1024))} Ko)`,
            }))
        )
    );
    find("reader").hidden = false;
    find("composer").hidden = true;
    draw();
    find("reader").scrollIntoView({ block: "nearest" });
}

function moment(text) {
    return new Date(text).toLocaleString("fr-BE", { dateStyle: "short", timeStyle: "short" });
}
