/** What both pages need: asking the simulator, following it, and making elements. */

import { find, make } from "./shared/page.js";

export { find, make };

export async function ask(path, body, method = "POST") {
    const notice = find("notice");
    notice.textContent = "";
    const response = await fetch(path, { method, body: JSON.stringify(body || {}) });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
        notice.textContent = answer.error || `Erreur ${response.status}`;
    }
    return answer;
}

/** Calls `show` with the state, now and at each change. */
export function follow(show) {
    const source = new EventSource("/sim/stream");
    source.onmessage = (message) => show(JSON.parse(message.data));
}

export function button(text, action, className = "") {
    return make("button", { type: "button", textContent: text, className, onclick: action });
}

/** Replaces options without losing the choice. */
export function offer(select, options) {
    const key = JSON.stringify(options);
    if (select.dataset.key === key) {
        return;
    }
    const chosen = select.value || select.dataset.wanted;
    select.dataset.key = key;
    select.replaceChildren(
        ...options.map(([value, text]) => make("option", { value, textContent: text }))
    );
    if (options.some(([value]) => value === chosen)) {
        select.value = chosen;
    }
}

export function remember(select, name) {
    select.dataset.wanted = localStorage.getItem(name) || "";
    select.addEventListener("change", () => localStorage.setItem(name, select.value));
}

export function shown(call) {
    const number = call.number || "Numéro masqué";
    return call.name ? `${call.name} · ${number}` : number;
}

export function lasted(from, to) {
    const seconds = Math.max(0, Math.round((to - new Date(from).getTime()) / 1000));
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
