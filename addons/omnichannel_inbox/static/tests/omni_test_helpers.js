import { defineMailModels } from "@mail/../tests/mail_test_helpers";

import { animationFrame, tick } from "@odoo/hoot-mock";

import { defineModels, models, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { Inbox } from "@omnichannel_inbox/inbox/inbox";

/** @param {...string} names of models, beside that of the inbox, on which methods are called */
export function defineInboxModels(...names) {
    defineMailModels();
    defineModels(
        ["omni.inbox", ...names].map(
            (name) =>
                class extends models.Model {
                    _name = name;
                }
        )
    );
}

export function makeItem(values = {}) {
    const id = values.id || 1;
    return {
        id,
        model: "crm.ticket",
        number: `T${String(id).padStart(5, "0")}`,
        subject: `Subject ${id}`,
        partner: false,
        author: `customer${id}@example.com`,
        preview: "Good morning, where is my sofa?",
        date: `2026-11-20T${String(id % 24).padStart(2, "0")}:00:00Z`,
        channels: [{ provider: "demo", icon: "fa-envelope-o", name: "Shop" }],
        user: false,
        team: false,
        category: false,
        unread: false,
        state: "open",
        priority: "0",
        score: 0,
        reasons: [],
        sla: false,
        orders: [],
        tags: [],
        has_attachment: false,
        has_draft: false,
        failed: 0,
        scheduled: false,
        reply_until: false,
        is_elsewhere: false,
        snoozed_until: false,
        merged_into: false,
        viewers: [],
        ...values,
    };
}

export function makeMessage(values = {}) {
    const id = values.id || 1;
    return {
        key: `m${id}`,
        id,
        kind: "in",
        conversation_id: 10,
        provider: "demo",
        author: { name: "Anne Tourneur", email: "anne@example.com", partner_id: false },
        date: "2026-11-20T08:00:00Z",
        html: "",
        quote: "",
        text: `Text ${id}`,
        has_remote: false,
        allow_remote: false,
        attachments: [],
        state: "received",
        failure: "",
        failure_type: false,
        advice: "",
        can: [],
        to: ["shop@example.com"],
        cc: [],
        automatic: false,
        doubtful: false,
        subject: "Subject",
        send_after: false,
        is_scheduled: false,
        reply_to: false,
        edited: false,
        edits: [],
        reactions: [],
        ...values,
    };
}

export function makeConversation(values = {}) {
    return {
        id: 10,
        channel: { id: 3, name: "Shop", provider: "demo", icon: "fa-envelope-o" },
        subject: "Subject",
        identity: {
            id: 20,
            name: "Anne Tourneur",
            address: "anne@example.com",
            level: "none",
            evidence: [],
            partner: false,
            candidates: [],
        },
        window: { until: false, human_until: false, kind: false, text: "" },
        blocked: "",
        next_channel: false,
        desk: "",
        desk_url: false,
        elsewhere: false,
        controlled_by: "",
        waits: false,
        preview: "",
        satisfaction: 0,
        tags: [],
        to: [{ email: "anne@example.com", name: "Anne Tourneur" }],
        cc: [],
        reply_subject: "Re: Subject",
        ...values,
        capabilities: {
            html: true,
            subject: true,
            cc: true,
            text_limit: 0,
            parts: false,
            parts_limit: 1,
            desk: false,
            attachment_limit: 1000,
            attachment_types: [],
            total_limit: 1500,
            can_send: true,
            ...values.capabilities,
        },
    };
}

export function makeThread(values = {}) {
    return {
        item: makeItem(),
        conversations: [makeConversation()],
        messages: [makeMessage()],
        has_more: false,
        draft: false,
        viewers: [],
        basis: "b1",
        signature: "",
        activities: [],
        joins: { joined: [], suggested: [], orders: [] },
        is_neutralized: false,
        undo: false,
        ...values,
    };
}

const FOLDERS = ["Mine", "Unassigned", "Team", "Waiting", "Snoozed", "Done", "Spam", "All"];

export function makeFolders(values = {}) {
    return FOLDERS.map((name) => {
        const key = name.toLowerCase();
        return { key, name, count: 0, unread: 0, ...values[key] };
    });
}

export function makeInbox(items = [makeItem()], values = {}) {
    return {
        folders: makeFolders({ mine: { count: items.length } }),
        channels: [{ id: 3, name: "Shop", provider: "demo", icon: "fa-envelope-o", count: 1 }],
        items,
        total: items.length,
        me: { id: 7, name: "Mitchell", is_leader: false },
        users: [
            { id: 7, name: "Mitchell", partner_id: 70 },
            { id: 8, name: "Zoé Dupont", partner_id: 80 },
        ],
        teams: [{ id: 2, name: "Service" }],
        categories: [
            { id: 5, name: "Delivery" },
            { id: 6, name: "Return" },
        ],
        can_compose: [{ id: 3, name: "Shop" }],
        ...values,
    };
}

/**
 * What the server answers, by method; what is not given answers something harmless.
 *
 * @param {Object<string, Function>} handlers
 * @returns {any[][]} the calls: method, then its arguments
 */
export function mockServer(handlers = {}) {
    const calls = [];
    const defaults = {
        get_inbox: () => makeInbox(),
        get_items: () => ({ items: [], folders: makeFolders(), channels: [], total: 0 }),
        get_counts: () => ({ folders: makeFolders(), channels: [] }),
        get_thread: () => makeThread(),
        get_canned: () => [],
    };
    const answer = (method, args) => {
        calls.push([method, ...args]);
        const handler = handlers[method] || defaults[method];
        return handler ? handler(...args) : { message: "", undo: false, ids: [] };
    };
    onRpc("omni.inbox", "*", ({ method, args }) => answer(method, args));
    onRpc("res.partner", "get_customer_card", ({ args }) => ({
        id: args[0][0],
        name: "Card",
        subtitle: "",
        sections: [],
    }));
    calls.of = (method) => calls.filter(([name]) => name === method).map(([, ...args]) => args);
    calls.answer = answer;
    return calls;
}

export function mountInbox(props = {}) {
    return mountWithCleanup(Inbox, {
        props: { action: { id: 1, context: {} }, actionId: 1, ...props },
    });
}

/** Until what was asked of the server is there, and drawn. */
export async function settle() {
    await tick();
    await animationFrame();
    await animationFrame();
}

/**
 * The inbox with a ticket open.
 *
 * @param {Object} thread what is special about it, see `makeThread`
 * @param {Object<string, Function>} handlers see `mockServer`
 * @returns {any[][]} the calls, see `mockServer`
 */
export async function openThread(thread = {}, handlers = {}) {
    const calls = mockServer({ get_thread: () => makeThread(thread), ...handlers });
    await mountInbox({ resId: 1 });
    await settle();
    return calls;
}
