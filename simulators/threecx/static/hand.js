/** The hand page: ring, answer, hand over, hang up. */

import { ask, button, find, follow, lasted, make, offer, remember, shown } from "./common.js";

const OUTCOMES = {
    answered: "répondu", missed: "manqué", no_answer: "sans réponse", voicemail: "messagerie",
    failed: "échoué", "": "en cours",
};
const DIRECTIONS = { inbound: "Entrant", outbound: "Sortant", internal: "Interne" };
const targets = {};
let state = { calls: [], extensions: [], queues: [], past: [], presets: [] };
let popped = new Set();

remember(find("me"), "threecx.me");
follow((news) => {
    state = news;
    draw();
});
setInterval(tick, 1000);

find("ring").onsubmit = (event) => {
    event.preventDefault();
    ask("/sim/calls", {
        from: find("from").value.trim(), name: find("name").value.trim(), to: find("to").value,
    });
};
find("dial").onsubmit = (event) => {
    event.preventDefault();
    ask(`/sim/extensions/${find("caller").value}/dial`, { destination: find("destination").value });
};
find("edition").onchange = () => ask("/sim/edition", { edition: find("edition").value });
find("busy").onclick = () => ask("/sim/busy", { calls: 60, seconds: 60 });

function draw() {
    const name = (dn) => {
        const known = [...state.extensions, ...state.queues].find((one) => one.dn === dn);
        return known ? `${dn} ${known.name}` : dn;
    };
    const extensions = state.extensions.map((one) => [one.dn, `${one.dn} ${one.name}`]);
    const queues = state.queues.map((one) => [one.dn, `${one.dn} ${one.name} (file)`]);
    offer(find("to"), [...queues, ...extensions]);
    offer(find("caller"), extensions);
    offer(find("me"), [["", "aucun"], ...extensions]);
    find("edition").value = state.licence.edition;
    find("template").textContent = state.template ? "modèle CRM chargé" : "sans modèle CRM";
    find("pop").hidden = !state.pop_url;
    drawPresets();
    find("calls").replaceChildren(
        ...(state.calls.length
            ? state.calls.map((call) => drawCall(call, name))
            : [make("p", { className: "soft", textContent: "Aucun appel en cours." })])
    );
    find("extensions").replaceChildren(...state.extensions.map(drawExtension));
    find("past").replaceChildren(...state.past.map((call) => drawPast(call, name)));
    pop();
    tick();
}

function drawPresets() {
    const key = JSON.stringify(state.presets);
    if (find("presets").dataset.key === key) {
        return;
    }
    find("presets").dataset.key = key;
    const unknown = () => `+3249${Math.floor(1000000 + Math.random() * 8999999)}`;
    find("presets").replaceChildren(
        ...state.presets.map((preset) => button(preset.label, () => use(preset.number))),
        button("Inconnu", () => use(unknown())),
        button("Masqué", () => use(""))
    );
}

function use(number) {
    find("from").value = number;
    find("name").value = "";
}

function drawCall(call, name) {
    const act = (verb, body) => () => ask(`/sim/calls/${call.callid}/${verb}`, body);
    const actions = make("div", { className: "actions" });
    for (const dn of call.ringing) {
        actions.append(button(`Décrocher ${dn}`, act("answer", { extension: dn }), "good"));
    }
    if (call.ringing.length === 1) {
        actions.append(button("Refuser", act("decline", { extension: call.ringing[0] })));
    }
    if (call.outside === "Ringing") {
        actions.append(
            button("Le correspondant décroche", act("answer"), "good"),
            button("Il ne répond pas", act("decline"))
        );
    }
    if (call.direction === "inbound" && call.state === "ringing") {
        actions.append(button("Messagerie", act("voicemail")));
    }
    if (call.talking.length) {
        const to = targets[call.callid] ||= make("select", { ariaLabel: "Transférer vers" });
        offer(to, state.extensions
            .filter((one) => !call.talking.includes(one.dn))
            .map((one) => [one.dn, `${one.dn} ${one.name}`]));
        const transfer = () =>
            act("transfer", { extension: call.talking.at(-1), to: to.value })();
        actions.append(to, button("Transférer", transfer));
    }
    actions.append(button("Raccrocher", act("drop"), "bad"));
    const where = call.talking.length ? call.talking : call.ringing;
    const through = call.queue ? ` · file ${call.queue}` : "";
    const from = call.caller ? `${name(call.caller)} → ` : "";
    const url = call.contact.url;
    return make(
        "article",
        { className: `call ${call.state}` },
        make("div", { className: "soft" },
            `${DIRECTIONS[call.direction]}${through} · `,
            make("time", { dateTime: call.answered || call.started })),
        make("div", { className: "who", textContent: from + shown(call) }),
        make("div", { className: "soft", textContent: where.map(name).join(", ") }),
        url ? make("a", { href: url, target: "_blank", textContent: "Ouvrir la fiche" }) : null,
        actions
    );
}

function drawExtension(extension) {
    const leg = extension.legs[0];
    const talks = extension.legs.some((one) => one.status === "Connected");
    const look = talks ? "talking" : leg ? "ringing" : extension.devices.length ? "" : "off";
    const text = { talking: "en ligne", ringing: "sonne", off: "aucun téléphone", "": "libre" }[look];
    const card = button("", () => {
        find("caller").value = extension.dn;
        find("destination").focus();
    }, `extension ${look}`);
    card.title = `${extension.email} · ${extension.devices.join(", ") || "aucun téléphone"}`;
    card.append(
        make("span", { className: "dot" }),
        make("span", {}, `${extension.dn} ${extension.name}`, make("small", { textContent: text }))
    );
    return card;
}

function drawPast(call, name) {
    const taken = call.extensions.filter((share) => share.outcome === "answered");
    const who = (taken.length ? taken : call.extensions.slice(0, 1)).map((share) => name(share.dn));
    const cells = [
        new Date(call.started).toLocaleTimeString("fr-BE"), DIRECTIONS[call.direction], shown(call),
        who.join(" → ") || call.queue || call.to,
    ].map((text) => make("td", { textContent: text }));
    const talk = call.talk_seconds ? ` · ${lasted(0, call.talk_seconds * 1000)}` : "";
    const outcome = OUTCOMES[call.outcome] + talk;
    return make("tr", {}, ...cells, make("td", { className: call.outcome, textContent: outcome }));
}

/** As the 3CX client does: opens the configured address when my extension rings. */
function pop() {
    const me = find("me").value;
    const mine = state.calls.filter(
        (call) => call.direction === "inbound" && me && call.ringing.includes(me)
    );
    for (const call of mine.filter((one) => state.pop_url && !popped.has(one.callid))) {
        popped.add(call.callid);
        const url = state.pop_url
            .replace("%CallerNumber%", encodeURIComponent(call.number || "anonymous"))
            .replace("%CallerDisplayName%", encodeURIComponent(call.name));
        if (!window.open(url, "threecx_pop")) {
            find("notice").textContent =
                "Le navigateur a bloqué la fenêtre de l'appelant : autorisez les pop-up de cette page.";
        }
    }
}

function tick() {
    for (const time of document.querySelectorAll(".call time")) {
        time.textContent = lasted(time.dateTime, Date.now());
    }
}
