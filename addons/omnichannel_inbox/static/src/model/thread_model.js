import { Reactive } from "@web/core/utils/reactive";

import { errorText, isGone } from "./errors";
import { Newest } from "./live_requests";

const { DateTime } = luxon;
export const MESSAGES_PER_PAGE = 50;
/** Somebody not heard of for so long has gone (seconds). */
const VIEWER_TTL = 60;

/** What was unfolded here stays so, although the server sends older messages folded. */
function withoutUnknown(message, old) {
    if (message.html !== null || message.allow_remote !== old.allow_remote) {
        return message;
    }
    const { html, quote, has_remote, ...known } = message;
    return known;
}

function canAnswer(conversation) {
    return Boolean(conversation?.capabilities.can_send && !conversation.blocked);
}

/**
 * What can be begun instead of conversations that are over, as conversations that are not there
 * yet: their ids are negative.
 */
function startsOf(conversations) {
    const starts = new Map();
    for (const { next_channel: next, identity } of conversations) {
        if (next && !next.conversation_id) {
            starts.set(next.channel_id, {
                id: -next.channel_id,
                channel: next,
                identity,
                capabilities: next.capabilities,
                signature: next.signature,
                blocked: "",
                to: next.to,
                cc: [],
                reply_subject: next.subject,
            });
        }
    }
    return [...starts.values()];
}

/** One ticket with its conversations, as it is on the screen. */
export class ThreadModel extends Reactive {
    /**
     * @param {(method: string, args?: any[]) => Promise} call of `omni.inbox`
     * @param {number} caseId
     * @param {Object|undefined} item what the list knows of it already
     */
    constructor(call, caseId, item) {
        super();
        this.call = call;
        this.requests = new Newest();
        this.caseId = caseId;
        this.item = item || null;
        /** @type {"loading"|"ready"|"error"|"gone"} */
        this.status = "loading";
        this.error = "";
        this.conversations = [];
        /** Conversations that can be begun where the others have come to their end. */
        this.starts = [];
        this.joins = { joined: [], suggested: [] };
        /** A copy of the database: nothing leaves. */
        this.isNeutralized = false;
        this.messages = [];
        this.hasMore = false;
        this.isLoadingOlder = false;
        this.draft = false;
        this.basis = "";
        this.signature = "";
        this.activities = [];
        /** The last joining or splitting of it, when it can be taken back. */
        this.undo = false;
        this.viewers = [];
        /** Grows whenever something of it was read anew; the customer card follows it. */
        this.revision = 0;
    }

    get isReady() {
        return this.status === "ready";
    }

    async load() {
        if (!this.isReady) {
            this.status = "loading";
        }
        const isNewest = this.requests.begin();
        try {
            const data = await this.call("get_thread", [this.caseId, false, MESSAGES_PER_PAGE]);
            if (isNewest()) {
                this.receive(data);
            }
        } catch (error) {
            if (isNewest()) {
                this.fail(error);
            }
        }
    }

    fail(error) {
        if (isGone(error)) {
            this.status = "gone";
        } else if (!this.isReady) {
            // what is on the screen stays there when only its refresh failed
            this.status = "error";
            this.error = errorText(error);
        }
    }

    receive(data) {
        this.item = data.item;
        this.conversations = data.conversations;
        this.starts = startsOf(data.conversations);
        this.joins = data.joins || { joined: [], suggested: [] };
        this.isNeutralized = Boolean(data.is_neutralized);
        this.draft = data.draft;
        this.basis = data.basis;
        this.signature = data.signature || "";
        this.activities = data.activities || [];
        this.mergeMessages(data);
        this.undo = data.undo;
        this.meet(data.viewers);
        this.revision++;
        this.status = "ready";
    }

    /** The newest page beside what was loaded before; objects stay, so that nothing flickers. */
    mergeMessages({ messages, has_more }) {
        const known = new Map(this.messages.map((message) => [message.key, message]));
        const first = messages.findIndex((message) => known.has(message.key));
        const keepsOlder = first >= 0;
        const fresh = new Set(messages.map((message) => message.key));
        let older = [];
        if (keepsOlder) {
            const end = this.messages.findIndex(({ key }) => key === messages[first].key);
            older = this.messages.slice(0, end).filter(({ key }) => !fresh.has(key));
            // those of the page's span that are not in it any more have been taken away
            older = messages[0].key === this.messages[0]?.key ? [] : older;
        }
        const newest = messages.map((message) => {
            const old = known.get(message.key);
            return old ? Object.assign(old, withoutUnknown(message, old)) : message;
        });
        const hadOlder = older.length > 0;
        this.messages = [...older, ...newest];
        this.hasMore = hadOlder ? this.hasMore : has_more;
    }

    async loadOlder() {
        if (!this.hasMore || this.isLoadingOlder) {
            return;
        }
        this.isLoadingOlder = true;
        try {
            const before = this.messages[0]?.key || false;
            const data = await this.call("get_thread", [this.caseId, before, MESSAGES_PER_PAGE]);
            const known = new Set(this.messages.map(({ key }) => key));
            const older = data.messages.filter(({ key }) => !known.has(key));
            this.messages = [...older, ...this.messages];
            this.hasMore = data.has_more;
        } finally {
            this.isLoadingOlder = false;
        }
    }

    conversation(id) {
        return [...this.conversations, ...this.starts].find((one) => one.id === id);
    }

    /** Where an answer may be sent now. */
    get answerable() {
        return this.conversations.filter(canAnswer);
    }

    /** Where the customer wrote last, whether he can be answered there or not. */
    get lastConversation() {
        const lastIn = this.messages.findLast(({ kind }) => kind === "in");
        return lastIn && this.conversation(lastIn.conversation_id);
    }

    /** The one to answer on: where the customer wrote last, of those that can send. */
    get defaultConversation() {
        const lastIn = this.messages.findLast(
            ({ kind, conversation_id }) =>
                kind === "in" && canAnswer(this.conversation(conversation_id))
        );
        return (
            (lastIn && this.conversation(lastIn.conversation_id)) ||
            this.answerable[0] ||
            this.conversations[0]
        );
    }

    /** Conversations in which the customer waits, but for one. */
    waitingBeside(id) {
        return this.conversations.filter((one) => one.waits && one.id !== id);
    }

    /** Remote images of one message, once or (remember) whenever this sender writes. */
    async showRemote(message, remember) {
        const rendered = await this.call("get_message_html", [message.id, true, remember]);
        Object.assign(message, rendered, { allow_remote: true });
        if (remember) {
            // his other messages too, which the server renders with their pictures now
            await this.load();
        }
    }

    /** An older message comes as text; its form is fetched when somebody unfolds it. */
    async unfold(message) {
        Object.assign(message, await this.call("get_message_html", [message.id]));
    }

    // -- who else is here ----------------------------------------------------------------------

    /** @param {{id, name, typing}[]} viewers as the server knows them */
    meet(viewers) {
        const seen = DateTime.now().toSeconds();
        this.viewers = viewers.map((viewer) => ({ ...viewer, seen }));
    }

    /** @param {{ user: {id, name}, typing: boolean, left: boolean }} presence */
    hear({ user, typing, left }) {
        const others = this.viewers.filter(({ id }) => id !== user.id);
        if (!left) {
            others.push({ ...user, typing: Boolean(typing), seen: DateTime.now().toSeconds() });
        }
        this.viewers = others;
    }

    /** Those who closed their computer without a word are forgotten. */
    forgetAbsent() {
        const limit = DateTime.now().toSeconds() - VIEWER_TTL;
        if (this.viewers.some(({ seen }) => seen < limit)) {
            this.viewers = this.viewers.filter(({ seen }) => seen >= limit);
        }
    }
}
