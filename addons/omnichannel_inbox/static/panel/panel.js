/**
 * The panel beside a conversation in the desk of iAdvize: who writes, his orders, what can be said.
 *
 * It lives in a frame of another site. So there is no session: every request shows a token which
 * the desk signs anew. What the server says is only ever set as text, never as HTML.
 */

const settings = JSON.parse(document.body.dataset.panel);
const T = settings.texts;

/** Milliseconds between two looks at what is new; at first more often, when nothing is known. */
const POLL = 15_000;
const POLL_UNKNOWN = 5_000;
const POLL_LONGEST = 60_000;
/** Milliseconds until an answer is no longer waited for, and until it is said that it is slow. */
const PATIENCE = 20_000;
const SLOW = 4_000;
const MESSAGE_SHOWN = 8_000;
const TYPING = 300;
const ORDERS_SHOWN = 3;
const LINK = /^(https?:\/\/|tel:|mailto:)/;

const state = {
    client: null,
    conversation: "",
    language: "",
    etag: "",
    data: null,
    failures: 0,
    updated: null,
    isLooking: false,
    isFinding: false,
    allOrders: false,
};
let timer;

// -- elements ------------------------------------------------------------------------------------

/**
 * @param {string} tag
 * @param {Object} [attributes] `on…`: listeners; true: without value; false, null: left out
 * @param {...(Node|string|null|false|Array)} children
 */
function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) {
            element.addEventListener(name.slice(2), value);
        } else if (value === true) {
            element.setAttribute(name, "");
        } else if (value !== false && value !== null && value !== undefined) {
            element.setAttribute(name, value);
        }
    }
    element.append(...children.flat(3).filter((child) => child || child === 0));
    return element;
}

const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name] ?? "");

/** A link that opens beside the desk. */
function link(href, text, attributes = {}) {
    if (!LINK.test(href)) {
        return h("span", {}, text);
    }
    const isWeb = href.startsWith("http");
    return h(
        "a",
        { href, target: isWeb && "_blank", rel: isWeb && "noopener noreferrer", ...attributes },
        text
    );
}

/** A button that does something on the server: busy while it does, and never twice at once. */
function button(text, work, attributes = {}) {
    const element = h("button", { type: "button", ...attributes }, text);
    element.addEventListener("click", () => run(element, work));
    return element;
}

async function run(element, work) {
    if (element.getAttribute("aria-busy")) {
        return;
    }
    element.setAttribute("aria-busy", "true");
    try {
        await work();
    } catch (error) {
        sayTrouble(error, () => run(element, work));
    } finally {
        element.removeAttribute("aria-busy");
    }
}

/** Do what was confirmed; when it fails, try that again and do not ask once more. */
async function attempt(work) {
    try {
        await work();
    } catch (error) {
        sayTrouble(error, () => attempt(work));
    }
}

/** Fill a section, if what it shows has changed; whatever had the focus keeps it. */
function show(id, shown, make) {
    const section = byId(id);
    const key = JSON.stringify(shown);
    if (section.shown === key) {
        section.hidden = !section.childNodes.length;
        return;
    }
    section.shown = key;
    const focused = section.contains(document.activeElement)
        ? document.activeElement.dataset.key
        : null;
    section.replaceChildren(...[make()].flat(3).filter(Boolean));
    section.hidden = !section.childNodes.length;
    if (focused) {
        const again = [...section.querySelectorAll("[data-key]")];
        (again.find((one) => one.dataset.key === focused) || again[0])?.focus();
    }
}

// -- what is said to the user --------------------------------------------------------------------

class Trouble extends Error {
    constructor(text, { title = "", code = "" } = {}) {
        super(text);
        this.title = title;
        this.code = code;
    }
}

function say(text, { details = [], undo = null } = {}) {
    const box = byId("message");
    box.className = details.length ? "p-message p-warning" : "p-message";
    box.replaceChildren(
        h(
            "div",
            {},
            h("p", {}, text),
            details.map((detail) => h("p", { class: "p-small" }, detail))
        ),
        ...[undo && button(T.undo, undo, { class: "p-link" })].filter(Boolean),
        h("button", { type: "button", class: "p-close", "aria-label": T.close, onclick: hush }, "×")
    );
    box.hidden = false;
    clearTimeout(box.timer);
    if (!details.length) {
        box.timer = setTimeout(hush, undo ? 2 * MESSAGE_SHOWN : MESSAGE_SHOWN);
    }
}

function sayTrouble(error, again) {
    const known = error instanceof Trouble;
    const box = byId("message");
    box.className = "p-message p-danger";
    box.replaceChildren(
        h(
            "div",
            { role: "alert" },
            known && error.title && h("p", {}, h("strong", {}, error.title)),
            h("p", {}, known ? error.message : T.failed)
        ),
        ...[
            again &&
                h(
                    "button",
                    {
                        type: "button",
                        class: "p-link",
                        onclick: () => {
                            hush();
                            again();
                        },
                    },
                    T.again
                ),
        ].filter(Boolean),
        h("button", { type: "button", class: "p-close", "aria-label": T.close, onclick: hush }, "×")
    );
    box.hidden = false;
    clearTimeout(box.timer);
}

function hush() {
    const box = byId("message");
    box.hidden = true;
    box.replaceChildren();
}

/**
 * Ask something in the middle of the panel.
 *
 * @param {string} title
 * @param {function} body `done` → elements; `done(answer)` ends it
 * @returns {Promise<any>} the answer; null when it was left
 */
function dialog(title, body) {
    return new Promise((resolve) => {
        const done = (answer) => {
            box.close();
            box.remove();
            resolve(answer);
        };
        const box = h(
            "dialog",
            { "aria-labelledby": "p-dialog-title", oncancel: () => done(null) },
            h("h2", { id: "p-dialog-title" }, title),
            body(done)
        );
        document.body.append(box);
        box.showModal();
    });
}

/** Ask before something reaches the customer or is hard to take back. */
function confirmed(title, body, yes) {
    return dialog(title, (done) => [
        body,
        h(
            "div",
            { class: "p-actions" },
            h(
                "button",
                {
                    type: "button",
                    class: "p-primary",
                    autofocus: true,
                    onclick: () => done(true),
                },
                yes
            ),
            h("button", { type: "button", onclick: () => done(null) }, T.cancel)
        ),
    ]);
}

/** Ask which of several orders is spoken of. */
function chosenOrder(orders) {
    return dialog(T.which_order, (done) => [
        h(
            "div",
            { class: "p-choices" },
            orders.map((order) =>
                h(
                    "button",
                    { type: "button", onclick: () => done(order.id) },
                    h("strong", {}, order.name),
                    order.expected && ` · ${expected(order)}`
                )
            )
        ),
        h(
            "div",
            { class: "p-actions" },
            h("button", { type: "button", onclick: () => done(0) }, T.no_order_chosen),
            h("button", { type: "button", onclick: () => done(null) }, T.cancel)
        ),
    ]);
}

// -- server and desk -----------------------------------------------------------------------------

function inTime(promise, milliseconds, text) {
    return Promise.race([
        promise,
        new Promise((_done, fail) =>
            setTimeout(() => fail(new Trouble(text, { code: "slow" })), milliseconds)
        ),
    ]);
}

/** @returns {Promise<Object>} what the server answers */
async function ask(action, values = {}) {
    const jwt = await inTime(state.client.getJWT(), PATIENCE / 2, T.no_desk);
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), PATIENCE);
    let response, answer;
    try {
        response = await fetch(`${settings.url}/${action}`, {
            method: "POST",
            credentials: "omit",
            cache: "no-store",
            headers: {
                Authorization: `Bearer ${jwt}`,
                "Content-Type": "application/json",
                // in which a refusal is said, when it is not known to whom
                "Accept-Language": document.documentElement.lang,
            },
            body: JSON.stringify({
                conversation: state.conversation,
                language: state.language,
                ...values,
            }),
            signal: abort.signal,
        });
        answer = await response.json().catch(() => ({}));
    } catch {
        throw new Trouble(T.offline, { code: "offline" });
    } finally {
        clearTimeout(limit);
    }
    if (!response.ok) {
        throw new Trouble(answer.error?.text || T.failed, answer.error);
    }
    return answer;
}

async function insert(key) {
    let answer = await ask("answer", { key });
    if (answer.asks_order && state.data.orders.items.length > 1) {
        const order = await chosenOrder(state.data.orders.items);
        if (order === null) {
            return;
        }
        answer = order ? await ask("answer", { key, order }) : answer;
    }
    await state.client.insertTextInComposeBox(answer.text);
    say(answer.missing.length ? T.inserted_missing : T.inserted, {
        details: answer.missing.map(({ name, reason }) => `«${name}»: ${reason}`),
    });
}

async function push(kind, id) {
    const { card } = await ask("card", { kind, id });
    const [action] = card.actions;
    const body = h(
        "div",
        { class: "p-card" },
        h("strong", {}, card.title),
        card.text && h("p", {}, card.text),
        link(action.url, action.title)
    );
    if (await confirmed(T.card_title, body, T.card_send)) {
        await state.client.pushCardInConversationThread(card);
        say(T.card_sent);
    }
}

// -- what is new ---------------------------------------------------------------------------------

function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(look, milliseconds);
}

async function look() {
    if (state.isLooking) {
        return;
    }
    if (document.hidden && state.data) {
        later(POLL);
        return;
    }
    state.isLooking = true;
    const slow = state.data ? null : setTimeout(() => loading(T.slow), SLOW);
    try {
        const answer = await ask("context", { etag: state.etag });
        state.failures = 0;
        state.updated = new Date();
        byId("stale").hidden = true;
        clearTimeout(slow);
        if (answer.state === "ready") {
            state.etag = answer.etag;
            state.data = answer;
            draw();
        } else if (answer.state === "unknown") {
            state.etag = "";
            state.data = null;
            loading(answer.message);
        }
        later(answer.state === "unknown" ? POLL_UNKNOWN : POLL);
    } catch (error) {
        clearTimeout(slow);
        state.failures += 1;
        failedLook(error);
        later(Math.min(POLL * 2 ** (state.failures - 1), POLL_LONGEST));
    } finally {
        state.isLooking = false;
    }
}

/** What is shown stays, and says since when it is not certain any more; without any, say why. */
function failedLook(error) {
    const known = error instanceof Trouble ? error : new Trouble(T.failed);
    if (!state.data || !["offline", "slow", "busy", ""].includes(known.code)) {
        state.data = null;
        state.etag = "";
        gone(known);
        return;
    }
    const time = state.updated.toLocaleTimeString(document.documentElement.lang, {
        hour: "2-digit",
        minute: "2-digit",
    });
    byId("stale").replaceChildren(
        h("span", {}, fill(T.stale, { time })),
        h("button", { type: "button", class: "p-link", onclick: look }, T.again)
    );
    byId("stale").hidden = false;
}

const BODY = ["who", "find", "orders", "answers", "ticket", "articles", "more", "keys"];

function loading(text) {
    for (const id of BODY) {
        byId(id).hidden = true;
    }
    byId("note").hidden = true;
    byId("panel").setAttribute("aria-busy", "true");
    byId("wait").replaceChildren(
        h("div", { class: "p-bar", "aria-hidden": "true" }),
        h("p", { role: "status" }, text)
    );
    byId("wait").hidden = false;
}

function gone(error) {
    loading("");
    byId("panel").removeAttribute("aria-busy");
    byId("wait").replaceChildren(
        h(
            "div",
            { class: "p-refused", role: "alert" },
            h("h1", {}, error.title || T.failed_title),
            h("p", {}, error.message),
            h(
                "button",
                {
                    type: "button",
                    class: "p-primary",
                    onclick: () => {
                        loading(T.loading);
                        state.client ? look() : start();
                    },
                },
                T.again
            )
        )
    );
}

// -- sections ------------------------------------------------------------------------------------

function draw() {
    const { who, orders, ticket, tickets, joined, more } = state.data;
    byId("panel").removeAttribute("aria-busy");
    byId("wait").hidden = true;
    byId("keys").hidden = false;
    show("who", who, drawWho);
    byId("find").hidden = who.is_certain && !state.isFinding;
    show("orders", [orders, who.is_certain, state.allOrders], drawOrders);
    show("ticket-shown", [ticket, tickets, joined], drawTicket);
    byId("ticket").hidden = false;
    if (!ticket) {
        byId("note").hidden = true;
    }
    byId("articles").hidden = !state.data.has_articles;
    byId("answers").hidden = false;
    show("more", more, drawMore);
    byId("more").hidden = !more.length;
    loadAnswers();
}

const MARKS = { proved: "✓", strong: "✓", weak: "?", none: "?" };

function level({ level: code, level_text: text }) {
    return h(
        "span",
        { class: `p-level p-level-${code}` },
        h("span", { "aria-hidden": "true" }, MARKS[code] || "?"),
        " ",
        text
    );
}

function reasons(texts) {
    return texts.length
        ? h("ul", { class: "p-reasons" }, texts.map((text) => h("li", {}, text)))
        : null;
}

function facts(rows) {
    return rows.length
        ? h(
              "dl",
              { class: "p-facts" },
              rows.map(({ label, value, href }) =>
                  h(
                      "div",
                      {},
                      h("dt", {}, label),
                      h("dd", {}, href ? link(href, value) : value)
                  )
              )
          )
        : null;
}

function drawWho() {
    const { who } = state.data;
    return [
        h("div", { class: "p-head" }, h("h1", {}, who.name), level(who)),
        who.company && h("p", { class: "p-sub" }, who.company),
        reasons(who.reasons),
        facts(who.facts),
        who.advice && h("p", { class: "p-advice" }, who.advice),
        who.is_certain &&
            who.partner &&
            h(
                "div",
                { class: "p-actions" },
                link(who.partner.url, T.open_contact, { class: "p-link", "data-key": "open" }),
                button(T.not_him, () => reject(who.partner.id, who.name), {
                    class: "p-link",
                    "data-key": "not-him",
                }),
                h(
                    "button",
                    { type: "button", class: "p-link", "data-key": "else", onclick: openFind },
                    T.someone_else
                )
            ),
        who.candidates.length > 0 && [
            h("h2", {}, who.candidates.length > 1 ? T.maybe_several : T.maybe),
            candidateList(who.candidates, "maybe"),
        ],
    ];
}

function candidateList(candidates, where) {
    return h(
        "ul",
        { class: "p-list" },
        candidates.map((candidate) => candidateItem(candidate, `${where}-${candidate.id}`))
    );
}

function candidateItem(candidate, key) {
    return h(
        "li",
        { class: "p-item" },
        h("div", { class: "p-head" }, h("strong", {}, candidate.name), level(candidate)),
        candidate.company && h("p", { class: "p-sub" }, candidate.company),
        candidate.subtitle && h("p", { class: "p-sub" }, candidate.subtitle),
        candidate.archived && h("p", { class: "p-sub" }, T.archived),
        reasons(candidate.reasons),
        candidate.orders.length > 0 && [
            h("p", { class: "p-uncertain" }, T.orders_uncertain),
            h(
                "ul",
                { class: "p-orders-small" },
                candidate.orders.map((order) =>
                    h(
                        "li",
                        {},
                        h("strong", {}, order.name),
                        ` · ${order.status}`,
                        order.expected && ` · ${expected(order)}`,
                        order.lines.length > 0 && h("span", { class: "p-sub" }, order.lines[0])
                    )
                )
            ),
        ],
        h(
            "div",
            { class: "p-actions" },
            button(T.is_him, () => confirmHim(candidate), {
                class: "p-primary",
                "data-key": key,
                "data-step": true,
                "aria-label": fill(T.is_him_name, { name: candidate.name }),
            }),
            button(T.not_him, () => reject(candidate.id, candidate.name), {
                class: "p-link",
                "data-key": `${key}-not`,
                "aria-label": fill(T.not_him_name, { name: candidate.name }),
            })
        )
    );
}

async function confirmHim(candidate) {
    if (candidate.level === "weak") {
        const body = [h("p", {}, T.confirm_weak), reasons(candidate.reasons)];
        if (!(await confirmed(fill(T.is_him_name, candidate), body, T.confirm_yes))) {
            return;
        }
    }
    await attempt(async () => {
        const answer = await ask("confirm", { partner: candidate.id });
        closeFind();
        say(answer.message, { undo: () => reject(candidate.id, candidate.name) });
        state.etag = "";
        await look();
    });
}

async function reject(partner, name) {
    if (!(await confirmed(fill(T.not_him_name, { name }), h("p", {}, T.reject_text), T.not_him))) {
        return;
    }
    await attempt(() => changed("reject", { partner }));
}

// -- look for somebody ---------------------------------------------------------------------------

function openFind() {
    state.isFinding = true;
    byId("find").hidden = false;
    byId("find-term").focus();
    byId("find-term").select();
}

function closeFind() {
    state.isFinding = false;
    byId("find-term").value = "";
    byId("found").replaceChildren();
    byId("find").hidden = Boolean(state.data?.who.is_certain);
}

async function find(event) {
    event.preventDefault();
    await run(byId("find-go"), async () => {
        const answer = await ask("identify", { term: byId("find-term").value });
        byId("found").replaceChildren(
            ...[
                answer.candidates.length > 0 && candidateList(answer.candidates, "found"),
                answer.message && h("p", { class: "p-empty" }, answer.message),
            ].filter(Boolean)
        );
        byId("found").querySelector("[data-step]")?.focus();
    });
}

// -- orders --------------------------------------------------------------------------------------

function expected(order) {
    return fill(order.is_past ? T.was_expected : T.expected, { date: order.expected });
}

function drawOrders() {
    const { orders, who } = state.data;
    if (!who.is_certain) {
        return [];
    }
    const shown = state.allOrders ? orders.items : orders.items.slice(0, ORDERS_SHOWN);
    const rest = orders.items.length - shown.length;
    return [
        h("h2", {}, T.orders),
        orders.items.length === 0 && h("p", { class: "p-empty" }, T.no_orders),
        h("ul", { class: "p-list" }, shown.map(orderItem)),
        rest > 0 &&
            h(
                "button",
                {
                    type: "button",
                    class: "p-link",
                    "data-key": "all-orders",
                    onclick: () => {
                        state.allOrders = true;
                        draw();
                    },
                },
                fill(T.more_orders, { count: rest })
            ),
        orders.more > 0 && state.allOrders && h("p", { class: "p-sub" }, T.orders_in_odoo),
    ];
}

function orderItem(order) {
    const lines = [...order.lines, order.more_lines && fill(T.more_lines, { count: order.more_lines })];
    return h(
        "li",
        { class: order.is_named ? "p-item p-named" : "p-item" },
        h(
            "div",
            { class: "p-head" },
            link(order.url, order.name, { class: "p-strong" }),
            h("span", { class: "p-badge" }, order.status)
        ),
        h(
            "p",
            { class: order.is_past ? "p-expected p-past" : "p-expected" },
            order.expected ? expected(order) : T.no_date
        ),
        order.is_named && h("p", { class: "p-sub" }, T.order_named),
        h(
            "p",
            { class: "p-sub" },
            [fill(T.ordered, order), order.reference].filter(Boolean).join(" · ")
        ),
        h("ul", { class: "p-lines" }, lines.filter(Boolean).map((line) => h("li", {}, line))),
        h(
            "div",
            { class: "p-actions" },
            order.can_tell &&
                button(T.tell, () => insert(`order:${order.id}`), {
                    "data-key": `tell-${order.id}`,
                    "aria-label": `${T.tell}: ${order.name}`,
                }),
            order.can_push &&
                button(T.card, () => push("order", order.id), {
                    "data-key": `card-${order.id}`,
                    "aria-label": `${T.card}: ${order.name}`,
                })
        )
    );
}

// -- answers -------------------------------------------------------------------------------------

let answersAsked = 0;

async function loadAnswers() {
    const number = ++answersAsked;
    try {
        const { answers } = await ask("canned", { term: byId("answers-term").value });
        if (number === answersAsked) {
            show("answers-shown", answers, () => drawAnswers(answers));
        }
    } catch (error) {
        if (number === answersAsked) {
            show("answers-shown", String(Math.random()), () => [
                h("p", { class: "p-empty" }, error instanceof Trouble ? error.message : T.failed),
                h(
                    "button",
                    { type: "button", class: "p-link", onclick: loadAnswers },
                    T.again
                ),
            ]);
        }
    }
}

function drawAnswers(answers) {
    if (!answers.length) {
        return [h("p", { class: "p-empty" }, byId("answers-term").value ? T.no_match : T.no_answers)];
    }
    return h(
        "ul",
        { class: "p-list" },
        answers.map((answer) =>
            h(
                "li",
                {},
                button(
                    [
                        h("strong", {}, answer.title),
                        answer.missing.length > 0 &&
                            h(
                                "span",
                                { class: "p-badge p-badge-warning" },
                                fill(T.incomplete, { count: answer.missing.length })
                            ),
                        h("span", { class: "p-preview" }, answer.text),
                    ],
                    () => insert(answer.key),
                    {
                        class: "p-answer",
                        "data-key": answer.key,
                        "data-step": true,
                        title: T.take_over,
                    }
                )
            )
        )
    );
}

// -- ticket --------------------------------------------------------------------------------------

function drawTicket() {
    const { ticket, tickets, joined } = state.data;
    return [
        h("h2", {}, T.ticket),
        ticket
            ? [
                  h(
                      "div",
                      { class: "p-head" },
                      link(ticket.url, `${ticket.number} ${ticket.subject}`, {
                          class: "p-strong",
                          "data-key": "ticket",
                      }),
                      h("span", { class: "p-badge" }, ticket.stage)
                  ),
                  h(
                      "p",
                      { class: "p-sub" },
                      ticket.is_mine
                          ? T.ticket_mine
                          : ticket.user || [T.ticket_nobody, ticket.team].filter(Boolean).join(" · ")
                  ),
              ]
            : [
                  h("p", { class: "p-empty" }, T.no_ticket),
                  h(
                      "div",
                      { class: "p-actions" },
                      button(T.open_ticket, () => changeTicket({}), { "data-key": "new-ticket" })
                  ),
              ],
        joined.length > 0 && h("ul", { class: "p-list p-joined" }, joined.map(joinedItem)),
        tickets.length > 0 && [
            h("h3", {}, T.others),
            h("ul", { class: "p-list" }, tickets.map(otherTicket)),
        ],
        ticket &&
            h(
                "div",
                { class: "p-actions" },
                h(
                    "button",
                    { type: "button", "data-key": "note", onclick: openNote },
                    T.write_note
                )
            ),
    ];
}

/** What was put into the ticket, and why; one click parts it. */
function joinedItem(join) {
    return h(
        "li",
        {},
        h("p", { class: "p-sub" }, fill(T.joined, join)),
        reasons(join.reasons),
        join.can_undo &&
            button(T.part, () => changed("part", { join: join.id }), {
                class: "p-link",
                "data-key": `part-${join.id}`,
                "aria-label": `${T.part}: ${join.text}`,
            })
    );
}

function otherTicket(ticket) {
    return h(
        "li",
        { class: "p-item" },
        h(
            "div",
            { class: "p-head" },
            link(ticket.url, `${ticket.number} ${ticket.subject}`, { class: "p-strong" })
        ),
        h("p", { class: "p-sub" }, [ticket.channels, ticket.date].filter(Boolean).join(" · ")),
        ticket.preview && h("p", { class: "p-preview" }, ticket.preview),
        reasons(ticket.reasons),
        h(
            "div",
            { class: "p-actions" },
            button(T.join, () => changeTicket({ ticket: ticket.id }), {
                "data-key": `join-${ticket.id}`,
                "aria-label": `${T.join}: ${ticket.number} ${ticket.subject}`,
            })
        )
    );
}

const changeTicket = (values) => changed("ticket", values);

/** Do something that changes what is shown; it can be taken back when the server says so. */
async function changed(action, values) {
    const answer = await ask(action, values);
    const { undo } = answer;
    say(answer.message, { undo: undo ? () => changed("undo", { token: undo }) : null });
    state.etag = "";
    await look();
}

function openNote() {
    byId("note").hidden = false;
    byId("note-text").focus();
}

function closeNote() {
    byId("note").hidden = true;
    byId("ticket-shown").querySelector("[data-key=note]")?.focus();
}

async function saveNote(event) {
    event.preventDefault();
    await run(byId("note-save"), async () => {
        const answer = await ask("note", { text: byId("note-text").value });
        byId("note-text").value = "";
        closeNote();
        say(answer.message);
    });
}

// -- articles and the rest -----------------------------------------------------------------------

async function findArticles(event) {
    event.preventDefault();
    await run(byId("articles-go"), async () => {
        const answer = await ask("articles", { term: byId("articles-term").value });
        byId("articles-shown").replaceChildren(
            ...[
                h(
                    "ul",
                    { class: "p-list" },
                    answer.articles.map((article) =>
                        h(
                            "li",
                            { class: "p-item" },
                            h("strong", {}, article.name),
                            h("p", { class: "p-sub" }, article.reference),
                            h(
                                "div",
                                { class: "p-actions" },
                                button(T.card, () => push("article", article.id), {
                                    "data-step": true,
                                    "aria-label": `${T.card}: ${article.name}`,
                                })
                            )
                        )
                    )
                ),
                answer.message && h("p", { class: "p-empty" }, answer.message),
            ].filter(Boolean)
        );
        byId("articles-shown").querySelector("[data-step]")?.focus();
    });
}

function drawMore() {
    const { more } = state.data;
    return more.length
        ? h(
              "details",
              {},
              h("summary", {}, T.more),
              more.map((section) => [
                  h("h3", {}, section.title),
                  facts(section.facts),
                  section.records.length > 0 &&
                      h(
                          "ul",
                          { class: "p-list" },
                          section.records.map((record) =>
                              h(
                                  "li",
                                  {},
                                  record.title,
                                  " ",
                                  record.badge && h("span", { class: "p-badge" }, record.badge),
                                  record.subtitle && h("p", { class: "p-sub" }, record.subtitle)
                              )
                          )
                      ),
                  !section.facts.length &&
                      !section.records.length &&
                      h("p", { class: "p-empty" }, section.empty),
              ])
          )
        : [];
}

// -- keyboard ------------------------------------------------------------------------------------

function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
        return;
    }
    const isTyping = event.target.closest("input, textarea");
    if (event.key === "/" && !isTyping && state.data) {
        event.preventDefault();
        openFind();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        step(event);
    } else if (event.key === "Escape") {
        escape(event);
    }
}

/** From a search to what it found, and on from one to the next. */
function step(event) {
    const section = event.target.closest("section");
    if (!section || event.target.closest("textarea")) {
        return;
    }
    const steps = [
        ...section.querySelectorAll("input[type=search]"),
        ...section.querySelectorAll("[data-step]"),
    ];
    const at = steps.indexOf(event.target);
    const next = steps[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (at >= 0 && next) {
        event.preventDefault();
        next.focus();
    }
}

function escape(event) {
    if (event.target.closest("#note")) {
        closeNote();
    } else if (event.target.closest("#find")) {
        closeFind();
        (byId("find").hidden ? byId("who").querySelector("[data-key]") : byId("find-term"))?.focus();
    } else if (event.target.closest("#answers")) {
        byId("answers-term").value = "";
        byId("answers-term").focus();
        loadAnswers();
    } else {
        hush();
    }
}

// -- start ---------------------------------------------------------------------------------------

function search(id, label, placeholder, submit) {
    return h(
        "form",
        { class: "p-search", role: "search", onsubmit: submit },
        h("input", {
            id: `${id}-term`,
            type: "search",
            "aria-label": label,
            placeholder,
            maxlength: 120,
            autocomplete: "off",
            spellcheck: "false",
        }),
        h("button", { id: `${id}-go`, type: "submit" }, T.search)
    );
}

function build() {
    let typing;
    const answers = h("input", {
        id: "answers-term",
        type: "search",
        "aria-label": T.answers_term,
        placeholder: T.answers_term,
        maxlength: 120,
        autocomplete: "off",
        oninput: () => {
            clearTimeout(typing);
            typing = setTimeout(loadAnswers, TYPING);
        },
    });
    byId("panel").replaceChildren(
        h("div", { id: "stale", class: "p-stale", role: "status", hidden: true }),
        h("div", { id: "wait", class: "p-wait" }),
        h("section", { id: "who", "aria-label": T.who, hidden: true }),
        h(
            "section",
            { id: "find", "aria-label": T.find, hidden: true },
            h("h2", {}, T.find),
            search("find", T.find_term, T.find_term, find),
            h("div", { id: "found", "aria-live": "polite" })
        ),
        h("section", { id: "orders", "aria-label": T.orders, hidden: true }),
        h(
            "section",
            { id: "answers", "aria-label": T.answers, hidden: true },
            h("h2", {}, T.answers),
            answers,
            h("div", { id: "answers-shown" })
        ),
        h(
            "section",
            { id: "ticket", "aria-label": T.ticket, hidden: true },
            h("div", { id: "ticket-shown" }),
            h(
                "form",
                { id: "note", hidden: true, onsubmit: saveNote },
                h("label", { for: "note-text" }, T.note_label),
                h("textarea", {
                    id: "note-text",
                    rows: 3,
                    maxlength: 5000,
                    onkeydown: (event) => {
                        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                            saveNote(event);
                        }
                    },
                }),
                h(
                    "div",
                    { class: "p-actions" },
                    h("button", { id: "note-save", type: "submit", class: "p-primary" }, T.note_save),
                    h("button", { type: "button", onclick: closeNote }, T.cancel)
                )
            )
        ),
        h(
            "section",
            { id: "articles", "aria-label": T.articles, hidden: true },
            h(
                "details",
                {},
                h("summary", {}, T.articles),
                search("articles", T.articles_term, T.articles_term, findArticles),
                h("div", { id: "articles-shown", "aria-live": "polite" })
            )
        ),
        h("section", { id: "more", "aria-label": T.more, hidden: true }),
        h("p", { id: "keys", class: "p-keys", hidden: true }, T.keys)
    );
    document.body.append(
        h("div", { id: "message", class: "p-message", role: "status", hidden: true })
    );
    document.addEventListener("keydown", onKey);
    document.addEventListener("visibilitychange", () => {
        if (!document.hidden && state.client && state.updated) {
            look();
        }
    });
}

async function start() {
    loading(T.loading);
    try {
        if (!window.idzCpa) {
            throw new Trouble(T.no_library);
        }
        state.client = await inTime(window.idzCpa.init(), PATIENCE / 2, T.no_desk);
        const { conversationId, language } = state.client.context;
        state.conversation = conversationId;
        state.language = language;
    } catch (error) {
        state.client = null;
        gone(error instanceof Trouble ? error : new Trouble(T.no_desk));
        return;
    }
    await look();
}

// the token of the address has done its duty: nobody is to find it there
history.replaceState(null, "", location.pathname);
build();
start();
