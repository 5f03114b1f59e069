/** What the visitor's page and the desk have in common: asking, and showing a thread. */

import {find, make, tell} from "./shared/page.js";

export {find, make};

const AWAY = "Le simulateur ne répond pas.";

/** Asks the simulator's own API; null when it refused, which the page then says. */
export async function ask(path, body) {
    let response;
    try {
        response = await fetch(path, body && {method: "POST", body: JSON.stringify(body)});
    } catch {
        tell(AWAY);
        return null;
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok) {
        tell((answer && answer.error) || `Erreur ${response.status}`);
        return null;
    }
    if (body || find("notice").textContent === AWAY) {
        tell("");
    }
    return answer;
}

const clock = new Intl.DateTimeFormat("fr-BE", {hour: "2-digit", minute: "2-digit"});
export const time = (at) => clock.format(new Date(at * 1000));

function event(message) {
    const name = message.operator ? message.operator.name : "";
    const words = {
        pushed: `${name} a rejoint la conversation`,
        transferred: `${name} a transféré la conversation`,
        closed: "Conversation terminée",
    };
    return make("li", {className: "event"}, words[message.kind] || message.kind);
}

/** Only pages of the web are linked, whatever a card says. */
function link(action) {
    const safe = /^https?:\/\//i.test(action.url) ? action.url : "#";
    return make("a", {href: safe, target: "_blank", rel: "noopener noreferrer"}, action.title);
}

function card(content) {
    const box = make("div", {className: "card"});
    if (content.image) {
        box.append(make("img", {src: content.image.url, alt: content.image.description || ""}));
    }
    if (content.title) {
        box.append(make("strong", {}, content.title));
    }
    if (content.text) {
        box.append(make("p", {}, content.text));
    }
    box.append(...content.actions.map(link));
    return box;
}

function inside(message) {
    const content = message.content;
    if (message.kind === "card") {
        return [card(content)];
    }
    if (message.kind === "bundle") {
        const title = content.title && make("strong", {}, content.title);
        return [title, make("div", {className: "bundle"}, ...content.cards.map(card))];
    }
    if (message.kind === "file") {
        return [link({url: content.url, title: content.file_name})];
    }
    return [make("span", {className: "words"}, message.text)];
}

/** Shows messages; `mine` is the author on the right side of the thread. */
export function show(thread, messages, mine) {
    const drawn = messages.map((message) => {
        if (message.author === "system") {
            return event(message);
        }
        const side = message.author === mine ? "mine" : "theirs";
        const name = message.operator && message.author !== mine ? `${message.operator.name} · ` : "";
        return make("li", {className: side}, ...inside(message),
            make("small", {}, name + time(message.at)));
    });
    const isNew = thread.childElementCount !== drawn.length;
    thread.replaceChildren(...drawn);
    if (isNew) {
        thread.scrollTop = thread.scrollHeight;
    }
}

/** Enter sends, Shift+Enter begins a line. */
export function sendOnEnter(field) {
    field.addEventListener("keydown", (pressed) => {
        if (pressed.key === "Enter" && !pressed.shiftKey && !pressed.isComposing) {
            pressed.preventDefault();
            field.form.requestSubmit();
        }
    });
}

/** Fills a select, unless it has the same options already: somebody may be choosing. */
export function fill(select, options, value) {
    const wanted = JSON.stringify([options, value]);
    if (select.dataset.filled !== wanted) {
        select.dataset.filled = wanted;
        select.replaceChildren(...options.map(([id, text]) => make("option", {value: id}, text)));
        select.value = value;
    }
}

/** Calls `load` now and at each change, never twice at once; returns what calls it, too. */
export function live(load) {
    let isBusy = false;
    let again = false;
    const refresh = async () => {
        again = true;
        if (isBusy) {
            return;
        }
        isBusy = true;
        while (again) {
            again = false;
            await load();
        }
        isBusy = false;
    };
    const stream = new EventSource("/sim/stream");
    stream.onmessage = refresh;
    window.addEventListener("pagehide", () => stream.close());
    return refresh;
}
