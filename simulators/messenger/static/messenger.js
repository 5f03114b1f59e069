/** The Messenger of a customer: his thread with the shop, and what he can do in it. */

import { ask, find, make, read, tell } from "./shared/page.js";

const psid = new URLSearchParams(location.search).get("person") || "";
const REACTIONS = { love: "❤", like: "👍", smile: "😆", wow: "😮", sad: "😢", angry: "😠" };
const THUMB = 369239263222822;
const THUMB_PATH =
    "M2 21h4V9H2v12zm20-11c0-1.1-.9-2-2-2h-6.3l1-4.6v-.3c0-.4-.2-.8-.4-1.1L13.2 1 6.6 7.6C6.2" +
    " 8 6 8.5 6 9v10c0 1.1.9 2 2 2h9c.8 0 1.5-.5 1.8-1.2l3-7.1c.1-.2.2-.5.2-.7v-2z";
let person = null;
let presets = [];
let context = null; // what is edited or answered: {kind, message}
let drawn = "";

find(psid ? "thread" : "people").hidden = false;
new EventSource("/sim/stream").onmessage = load;
document.addEventListener("visibilitychange", seen);

find("add").onsubmit = async (event) => {
    event.preventDefault();
    const added = await ask("/sim/people", { name: find("name").value.trim() });
    if (added) {
        location.href = `/messenger?person=${added.psid}`;
    }
};
find("compose").onsubmit = (event) => {
    event.preventDefault();
    send();
};
find("text").onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        send();
    } else if (event.key === "Escape") {
        turnTo(null);
    }
};
find("text").oninput = grow;
find("files").onchange = async () => {
    const attachments = await read(find("files"));
    find("files").value = "";
    for (const attachment of attachments) {
        await act("messages", { attachments: [attachment] });
    }
};
find("like").append(glyph(REACTIONS.like));
find("like").onclick = () =>
    act("messages", {
        attachments: [{ type: "sticker", sticker_id: THUMB, name: "like.svg",
            content_type: "image/svg+xml", text: thumb(64) }],
    });
find("context").querySelector("button").onclick = () => turnTo(null);
find("menu_button").onclick = () => toggleMenu(find("menu").hidden);
find("menu").onsubmit = async (event) => {
    event.preventDefault();
    if (find("ref").value.trim() && (await act("referral", { ref: find("ref").value.trim() }))) {
        tell("La boutique sait par quel lien vous êtes arrivé.", true);
        toggleMenu(false);
    }
};
find("start").onclick = async () => {
    if (await act("postback", { ref: find("ref").value.trim() })) {
        tell("Vous avez appuyé sur « Démarrer ».", true);
        toggleMenu(false);
    }
};

function toggleMenu(isShown) {
    find("menu").hidden = !isShown;
    find("menu_button").setAttribute("aria-expanded", String(isShown));
}

/** A thumb, which not every machine has a letter for. */
function thumb(size = 24) {
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="${size}" ` +
        `height="${size}" fill="#0866d9"><path d="${THUMB_PATH}"/></svg>`;
}

function glyph(emoji) {
    if (emoji !== REACTIONS.like) {
        return emoji;
    }
    return make("img", { src: `data:image/svg+xml,${encodeURIComponent(thumb())}`, alt: emoji });
}

const act = (verb, body) => ask(`/sim/people/${encodeURIComponent(psid)}/${verb}`, body);

async function send() {
    const text = find("text").value.trim();
    if (!text) {
        return;
    }
    const now = context;
    const done =
        now?.kind === "edit"
            ? await act("edit", { mid: now.message.mid, text })
            : await act("messages", { text, reply_to: now ? now.message.mid : "" });
    if (done) {
        find("text").value = "";
        turnTo(null);
        grow();
    }
}

/** What the next text is: a new message, an answer to one, or another text for one. */
function turnTo(kind, message) {
    context = kind ? { kind, message } : null;
    find("context").hidden = !kind;
    if (kind) {
        const what = kind === "edit" ? "Modifier : " : "Répondre à : ";
        find("context").querySelector("span").textContent = what + label(message);
        find("text").focus();
        if (kind === "edit") {
            find("text").value = message.text;
        }
    }
}

const label = (message) => (message.text || "Pièce jointe").slice(0, 80);

function grow() {
    find("text").style.height = "auto";
    find("text").style.height = `${Math.min(find("text").scrollHeight, 120)}px`;
}

async function load() {
    if (!psid) {
        drawPeople(await (await fetch("/sim/people")).json());
        return;
    }
    const answer = await fetch(`/sim/people/${encodeURIComponent(psid)}`);
    if (!answer.ok) {
        tell("Personne ne porte ce numéro ici : revenez à la liste.");
        return;
    }
    person = await answer.json();
    presets = await (await fetch("/sim/presets")).json();
    drawThread();
    seen();
}

/** Whoever looks at his telephone has read what is there. */
function seen() {
    const unread = person && person.thread.some((one) => one.by !== "customer" && !one.read);
    if (unread && document.visibilityState === "visible") {
        act("read", {});
    }
}

// -- who there is -------------------------------------------------------------------------------

function drawPeople(people) {
    find("nobody").hidden = Boolean(people.length);
    people.sort((one, other) => other.at - one.at);
    find("rows").replaceChildren(
        ...people.map((one) =>
            make("li", {},
                make("a", {
                    href: `/messenger?person=${one.psid}`, className: one.unread ? "unread" : "",
                },
                    face(one.name),
                    make("span", { className: "who", textContent: one.name }),
                    make("span", { className: "when", textContent: one.at ? time(one.at) : "" }),
                    make("small", { textContent: one.last || "Aucun message" }),
                    one.unread ? make("b", { textContent: one.unread, title: "Non lus" }) : null
                ))
        )
    );
}

function face(name) {
    const initials = name.split(/\s+/).map((part) => part[0]).slice(0, 2).join("").toUpperCase();
    const hue = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 360;
    const element = make("span", { className: "face", textContent: initials, ariaHidden: "true" });
    element.style.background = `hsl(${hue} 55% 38%)`;
    return element;
}

// -- a thread -----------------------------------------------------------------------------------

function drawThread() {
    document.title = `${person.name} – Messenger (démonstration)`;
    find("shop").textContent = person.page_name;
    find("shop_face").textContent = person.page_name.slice(0, 1).toUpperCase();
    find("facts").textContent = person.typing ? "écrit…" : `Vous êtes ${person.name}`;
    const { now, ...facts } = person;
    facts.thread = person.thread.map(({ links, ...row }) => row);
    const key = JSON.stringify([facts, presets]);
    if (key === drawn) {
        return; // another link to the same file: nothing to see
    }
    drawn = key;
    const list = find("messages");
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    const known = new Map(person.thread.map((message) => [message.mid, message]));
    let last = 0;
    const rows = [];
    for (const message of person.thread) {
        if (message.at - last > 15 * 60 * 1000) {
            rows.push(make("li", { className: "moment", textContent: day(message.at) }));
        }
        last = message.at;
        rows.push(bubble(message, known));
    }
    if (!rows.length) {
        rows.push(make("li", {
            className: "moment", textContent: `Écrivez à ${person.page_name} : on vous répond ici.`,
        }));
    }
    if (person.typing) {
        rows.push(make("li", { className: "theirs" }, make("div", {
            className: "bubble typing", textContent: "•••", title: "La boutique écrit",
        })));
    }
    const isLonger = list.dataset.count !== String(rows.length);
    list.dataset.count = rows.length;
    list.replaceChildren(...rows);
    drawChips();
    if (isAtEnd || isLonger) {
        const toEnd = () => (list.scrollTop = list.scrollHeight);
        toEnd();
        list.querySelectorAll("img").forEach((picture) => (picture.onload = toEnd));
    }
}

function bubble(message, known) {
    const isMine = message.by === "customer";
    const quoted = known.get(message.reply_to);
    const row = make("li", { className: isMine ? "mine" : "theirs" });
    row.dataset.mid = message.mid;
    if (quoted) {
        row.append(make("small", { className: "quote", textContent: `↪ ${label(quoted)}` }));
    }
    const content = make("div", { className: "content" });
    message.attachments.forEach((file, index) =>
        content.append(attachment(file, message.links[index]))
    );
    if (message.text) {
        content.append(make("div", { className: "bubble", textContent: message.text }));
    }
    for (const button of message.buttons) {
        content.append(make("button", {
            type: "button", className: "option", textContent: button.title,
            onclick: () => act("postback", { title: button.title, payload: button.payload }),
        }));
    }
    row.tabIndex = 0; // on a telephone its tools appear when it is touched
    row.append(content);
    const reactions = Object.values(message.reactions);
    if (reactions.length) {
        row.append(make("span", { className: "reactions" }, ...reactions.map(glyph)));
    }
    row.append(tools(message, isMine));
    const facts = [time(message.at)];
    if (message.edits.length) {
        facts.push("modifié");
    }
    row.append(make("small", { className: "when", textContent: facts.join(" · ") }));
    return row;
}

function attachment(file, link) {
    if (file.type === "image" || file.type === "sticker") {
        const picture = make("img", { src: link, alt: file.name || "Image", className: file.type });
        return make("a", { href: link, target: "_blank", rel: "noreferrer" }, picture);
    }
    const size = `${Math.max(1, Math.round(file.size / 1024))} Ko`;
    return make("a", {
        href: link, className: "bubble file", target: "_blank", rel: "noreferrer",
        textContent: `📎 ${file.name || file.type} (${size})`,
    });
}

function tools(message, isMine) {
    const box = make("span", { className: "tools" });
    const add = (sign, title, onclick) =>
        box.append(make("button", { type: "button", title, ariaLabel: title, onclick }, glyph(sign)));
    add("↩", "Répondre à ce message", () => turnTo("reply", message));
    if (isMine) {
        if (message.text && message.edits.length < 5) {
            add("✎", "Modifier", () => turnTo("edit", message));
        }
    } else {
        const now = message.reactions.customer;
        for (const [reaction, emoji] of Object.entries(REACTIONS)) {
            const action = now === emoji ? "unreact" : "react";
            const title = now === emoji ? `Retirer ${emoji}` : `Réagir par ${emoji}`;
            add(emoji, title, () => act("react", { mid: message.mid, reaction, action }));
        }
    }
    return box;
}

function drawChips() {
    const last = person.thread[person.thread.length - 1];
    const replies = (last && last.quick_replies) || [];
    const chips = replies.map((reply) =>
        chip(reply.title, () =>
            act("messages", { text: reply.title, quick_reply: reply.payload }))
    );
    for (const preset of presets) {
        if (!preset.person || preset.person === person.name) {
            chips.push(chip(preset.label, () => {
                find("text").value = preset.text;
                find("text").focus();
                grow();
            }));
        }
    }
    find("chips").replaceChildren(...chips);
}

const chip = (textContent, onclick) => make("button", { type: "button", textContent, onclick });

function time(moment) {
    return new Date(moment).toLocaleTimeString("fr-BE", { timeStyle: "short" });
}

function day(moment) {
    return new Date(moment).toLocaleString("fr-BE", { weekday: "short", day: "numeric",
        month: "short", hour: "2-digit", minute: "2-digit" });
}
