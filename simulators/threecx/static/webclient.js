/** The user's own client, as far as `#/call?phone=` goes: fills the number in, dials on a click. */

import { ask, button, find, follow, make, offer, remember, shown } from "./common.js";

remember(find("me"), "threecx.me");
fill();
window.addEventListener("hashchange", fill);
follow(draw);

find("dial").onsubmit = (event) => {
    event.preventDefault();
    ask(`/sim/extensions/${find("me").value}/dial`, { destination: find("number").value });
};

function fill() {
    const query = location.hash.match(/^#\/call\?(.*)$/);
    const phone = query && new URLSearchParams(query[1]).get("phone");
    if (phone) {
        find("number").value = phone;
    }
}

function draw(state) {
    offer(find("me"), state.extensions.map((one) => [one.dn, `${one.dn} ${one.name}`]));
    const me = find("me").value;
    const mine = state.calls.filter(
        (call) => call.caller === me || call.ringing.includes(me) || call.talking.includes(me)
    );
    find("calls").replaceChildren(...mine.map((call) => drawCall(call, me)));
}

function drawCall(call, me) {
    const act = (verb, body) => () => ask(`/sim/calls/${call.callid}/${verb}`, body);
    const actions = make("div", { className: "actions" });
    if (call.ringing.includes(me)) {
        actions.append(button("Décrocher", act("answer", { extension: me }), "good"));
    }
    actions.append(button("Raccrocher", act("drop"), "bad"));
    const text = call.state === "talking" ? "En communication" : "Sonnerie…";
    return make(
        "article",
        { className: `call ${call.state}` },
        make("div", { className: "who", textContent: shown(call) }),
        make("div", { className: "soft", textContent: text }),
        actions
    );
}
