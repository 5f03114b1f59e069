import { toRaw } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { Reactive } from "@web/core/utils/reactive";

import { ComposerModel } from "./composer_model";
import { errorText } from "./errors";
import { Coalescer, Newest } from "./live_requests";
import { clock } from "./times";
import { ThreadModel } from "./thread_model";

const { DateTime } = luxon;
export const ITEMS_PER_PAGE = 40;
const LIVE_DELAY = 250;
/** More changes than this at once: the list is read anew instead of one by one. */
const MANY = 100;

/** Folders of work to do: the most urgent first, unless somebody wants it otherwise. */
const WORK_FOLDERS = ["mine", "unassigned", "team"];
/** The same orders as the server's. */
const ORDERS = {
    newest: (a, b) => compare(b.date, a.date) || b.id - a.id,
    oldest: (a, b) => compare(a.date, b.date) || a.id - b.id,
    priority: (a, b) => b.score - a.score || compare(a.date, b.date) || a.id - b.id,
    snoozed: (a, b) => compare(a.snoozed_until, b.snoozed_until) || a.id - b.id,
};

function compare(a, b) {
    return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Everything the inbox shows and does, without a screen.
 *
 * @param {Object} services
 * @param {(method: string, args?: any[]) => Promise} services.call a method of `omni.inbox`
 * @param {(result: {message: string, undo: string|false}) => void} services.notify
 * @param {(data: FormData) => Promise<Object>} services.upload
 */
export class InboxModel extends Reactive {
    constructor({ call, notify = () => {}, upload = null, view = {} }) {
        super();
        this.call = call;
        this.notify = notify;
        this.upload = upload;
        this.requests = new Newest();
        this.folder = view.folder || "mine";
        this.channelId = view.channelId || false;
        /** False: as the folder is sorted by itself. */
        this.order = view.order || false;
        this.search = "";
        /** @type {"loading"|"ready"|"error"} */
        this.status = "loading";
        this.error = "";
        this.isLoadingMore = false;
        this.folders = [];
        this.channels = [];
        this.items = [];
        this.total = 0;
        this.me = null;
        this.users = [];
        this.teams = [];
        this.categories = [];
        this.canCompose = [];
        this.selected = new Set();
        this.thread = null;
        /** Place of the open ticket in the list, kept when it leaves it. */
        this.cursor = -1;
        this.composers = new Map();
        this.undoToken = false;
        this.isBusy = false;
        /** What ages are counted from. */
        this.now = DateTime.local();
        this.live = new Coalescer((ids) => this.refreshChanged(ids), LIVE_DELAY);
    }

    // -- list ----------------------------------------------------------------------------------

    get view() {
        const { folder, channelId, order } = this;
        return { folder, channelId, order };
    }

    /** What the list is sorted by now. */
    get actualOrder() {
        if (this.order) {
            return this.order;
        }
        if (WORK_FOLDERS.includes(this.folder)) {
            return "priority";
        }
        return this.folder === "snoozed" ? "snoozed" : "newest";
    }

    get activeId() {
        return this.thread?.caseId || false;
    }

    get hasMore() {
        return this.items.length < this.total;
    }

    /** Unread things that are mine or nobody's: what the title of the page counts. */
    get attention() {
        return this.folders
            .filter(({ key }) => key === "mine" || key === "unassigned")
            .reduce((sum, { unread }) => sum + (unread || 0), 0);
    }

    listArgs(offset, limit) {
        return [this.folder, this.channelId, this.search, offset, limit, this.order];
    }

    /** Read the list from its top; what is shown stays until the answer is here. */
    async load(limit = ITEMS_PER_PAGE) {
        const isNewest = this.requests.begin();
        try {
            const data = await this.call("get_inbox", this.listArgs(0, limit));
            if (!isNewest()) {
                return;
            }
            const { folders, channels, items, total, me, users, teams } = data;
            Object.assign(this, { folders, channels, items, total, me, users, teams });
            this.categories = data.categories;
            this.canCompose = data.can_compose;
            this.status = "ready";
            this.error = "";
            this.placeCursor();
        } catch (error) {
            if (!isNewest()) {
                return;
            }
            // an older list is better than none
            if (this.status !== "ready") {
                this.status = "error";
            }
            this.error = errorText(error);
        }
    }

    reload() {
        return this.load(Math.min(Math.max(this.items.length, ITEMS_PER_PAGE), 5 * ITEMS_PER_PAGE));
    }

    /** @param {{ folder?: string, channelId?: number|false, search?: string, order?: string }} view */
    show(view) {
        if ("folder" in view && view.folder !== this.folder) {
            this.order = false;
        }
        Object.assign(this, view);
        this.selected.clear();
        this.items = [];
        this.total = 0;
        this.cursor = -1;
        this.status = "loading";
        return this.load();
    }

    async loadMore() {
        if (!this.hasMore || this.isLoadingMore || this.status !== "ready") {
            return;
        }
        this.isLoadingMore = true;
        const args = this.listArgs(this.items.length, ITEMS_PER_PAGE);
        try {
            const { items, total } = await this.call("get_inbox", args);
            if (args[0] === this.folder && args[2] === this.search && args[1] === this.channelId) {
                const known = new Set(this.items.map(({ id }) => id));
                this.items = [...this.items, ...items.filter(({ id }) => !known.has(id))];
                // tickets may have come and gone meanwhile: an empty page is the end
                this.total = items.length ? total : this.items.length;
            }
        } catch (error) {
            this.error = errorText(error);
        } finally {
            this.isLoadingMore = false;
        }
    }

    find(id) {
        return this.items.find((item) => item.id === id);
    }

    placeCursor() {
        const index = this.items.findIndex(({ id }) => id === this.activeId);
        if (index >= 0) {
            this.cursor = index;
        }
    }

    // -- live ----------------------------------------------------------------------------------

    /** The bus said that these tickets are different now. */
    changed(ids) {
        this.live.add(ids);
    }

    async refreshChanged(ids) {
        const isOpen = ids.includes(this.activeId);
        await Promise.all([
            ids.length > MANY ? this.reload() : this.refreshItems(ids),
            isOpen && this.refreshThread(),
        ]);
    }

    /** Look at these tickets again: they change, come or leave. */
    async refreshItems(ids) {
        const { folder, channelId, search } = this;
        let data;
        try {
            data = await this.call("get_items", [ids, folder, channelId, search]);
        } catch (error) {
            this.error = errorText(error);
            return;
        }
        if (folder !== this.folder || channelId !== this.channelId || search !== this.search) {
            return;
        }
        this.folders = data.folders;
        this.channels = data.channels;
        this.applyItems(ids, data.items, data.total);
    }

    applyItems(ids, items, total) {
        const touched = new Set(ids);
        const isWhole = !this.hasMore;
        const last = this.items.at(-1);
        const stay = this.items.filter(({ id }) => !touched.has(id));
        const compareItems = ORDERS[this.actualOrder];
        const arriving = items
            .map((item) => Object.assign(this.find(item.id) || item, item))
            // what belongs below what is loaded comes when one gets there
            .filter((item) => isWhole || this.find(item.id) || compareItems(item, last) < 0);
        this.items = [...stay, ...arriving].sort(compareItems);
        this.total = Math.max(total ?? 0, this.items.length);
        for (const id of touched) {
            if (!this.find(id)) {
                this.selected.delete(id);
            }
        }
        this.placeCursor();
    }

    /** The connection was away: anything may have happened. */
    async refresh() {
        await Promise.all([this.reload(), this.thread && this.refreshThread()]);
    }

    tick() {
        this.now = DateTime.local();
        this.thread?.forgetAbsent();
    }

    hear(presence) {
        if (presence.user.id === this.me?.id) {
            return;
        }
        if (presence.case_id === this.activeId) {
            this.thread.hear(presence);
        }
        const item = this.find(presence.case_id);
        if (item) {
            const others = item.viewers.filter((name) => name !== presence.user.name);
            item.viewers = presence.left ? others : [...others, presence.user.name];
        }
    }

    // -- one ticket ----------------------------------------------------------------------------

    async open(id) {
        if (id === this.activeId && this.thread.status !== "error") {
            return;
        }
        this.leave();
        const thread = new ThreadModel(this.call, id, this.find(id));
        this.thread = thread;
        this.placeCursor();
        this.announce(false);
        await thread.load();
        if (this.isOpen(thread)) {
            await this.markRead();
        }
    }

    /** Proxies of one thread differ: compare what is behind them. */
    isOpen(thread) {
        return toRaw(this.thread) === toRaw(thread);
    }

    /** Drafts are kept, the others see that we left. */
    leave() {
        if (!this.thread) {
            return;
        }
        const { caseId } = this.thread;
        const composer = this.composers.get(caseId);
        if (composer) {
            composer.flush();
            if (!composer.isOpen) {
                this.composers.delete(caseId);
            }
        }
        this.call("leave", [caseId]).catch(() => {});
    }

    close() {
        this.leave();
        this.thread = null;
    }

    async refreshThread() {
        const { thread } = this;
        const wasMerged = Boolean(thread.item?.merged_into);
        await thread.load();
        if (!this.isOpen(thread)) {
            return;
        }
        const target = thread.item?.merged_into;
        if (target && !wasMerged) {
            await this.follow(thread, target.id);
        } else {
            await this.markRead();
        }
    }

    /** The open ticket has become part of another one: on with that, and with what was begun. */
    async follow(thread, id) {
        await this.composers.get(thread.caseId)?.flush();
        this.composers.delete(thread.caseId);
        if (this.isOpen(thread)) {
            await this.open(id);
        }
    }

    async markRead() {
        const { thread } = this;
        const item = this.find(thread.caseId);
        if (thread.isReady && (thread.item.unread || item?.unread) && !document.hidden) {
            thread.item.unread = false;
            if (item) {
                item.unread = false;
            }
            try {
                await this.call("mark_read", [[thread.caseId]]);
                const { folders, channels } = await this.call("get_counts");
                Object.assign(this, { folders, channels });
            } catch {
                // unread a little longer: the next refresh says so
            }
        }
    }

    /** Says that we look at the open ticket, and whether we write. */
    async announce(typing) {
        const { thread } = this;
        if (thread) {
            try {
                const answer = await this.call("presence", [thread.caseId, typing]);
                thread.meet(answer?.viewers || []);
            } catch {
                // who else is here is nice to know, and no more
            }
        }
    }

    /** @param {1|-1} step */
    async openNext(step) {
        const isListed = Boolean(this.find(this.activeId));
        // the one that was open has left: the next one has moved to its place
        let index = isListed || step < 0 ? this.cursor + step : this.cursor;
        index = Math.max(index, 0);
        if (index >= this.items.length && this.hasMore) {
            await this.loadMore();
        }
        const item = this.items[index] || (isListed ? null : this.items.at(-1));
        if (item) {
            await this.open(item.id);
        }
        return Boolean(item);
    }

    get composer() {
        const { thread } = this;
        if (!thread?.isReady) {
            return null;
        }
        if (!this.composers.has(thread.caseId)) {
            this.composers.set(
                thread.caseId,
                new ComposerModel({ call: this.call, upload: this.upload, thread })
            );
        }
        const composer = this.composers.get(thread.caseId);
        composer.thread = thread;
        return composer;
    }

    // -- acting --------------------------------------------------------------------------------

    /** The tickets an action is about: those marked, else the open one. */
    get targets() {
        return this.selected.size ? [...this.selected] : this.activeId ? [this.activeId] : [];
    }

    /**
     * Do something to tickets, say so, and go on with the next one when the open one has left.
     *
     * @param {string} method of `omni.inbox`, taking ids first
     */
    async perform(method, ids, args = [], { advance = false } = {}) {
        const result = await this.act(method, [ids, ...args]);
        const touched = [...new Set([...ids, ...(result.ids || [])])];
        this.selected.clear();
        await this.refreshItems(touched);
        if (touched.includes(this.activeId)) {
            if (advance && !this.find(this.activeId)) {
                if (!(await this.openNext(1))) {
                    this.close();
                }
            } else {
                await this.refreshThread();
            }
        }
        return result;
    }

    async act(method, args) {
        this.isBusy = true;
        try {
            const result = (await this.call(method, args)) || {};
            if (result.undo) {
                this.undoToken = result.undo;
            }
            if (result.message) {
                this.notify({ message: result.message, undo: result.undo });
            }
            return result;
        } finally {
            this.isBusy = false;
        }
    }

    claim(ids = this.targets) {
        return this.perform("claim", ids);
    }

    assign(ids, userId, teamId = false) {
        return this.perform("assign", ids, [userId, teamId]);
    }

    snooze(ids, until) {
        return this.perform("snooze", ids, [until], { advance: true });
    }

    wake(ids) {
        return this.perform("wake", ids);
    }

    wait(ids) {
        return this.perform("wait", ids, [], { advance: true });
    }

    closeCases(ids = this.targets) {
        return this.perform("close", ids, [], { advance: true });
    }

    reopen(ids) {
        return this.perform("reopen", ids);
    }

    spam(ids) {
        return this.perform("spam", ids, [], { advance: true });
    }

    notSpam(ids) {
        return this.perform("not_spam", ids);
    }

    async markUnread(ids) {
        await this.call("mark_unread", [ids]);
        this.selected.clear();
        if (ids.includes(this.activeId)) {
            this.close();
        }
        await this.refreshItems(ids);
    }

    async markSeen(ids) {
        await this.call("mark_read", [ids]);
        this.selected.clear();
        await this.refreshItems(ids);
    }

    async merge(targetId, ids) {
        const result = await this.act("merge", [targetId, ids]);
        this.selected.clear();
        await this.refreshItems([...new Set([targetId, ...ids])]);
        if (ids.includes(this.activeId)) {
            await this.follow(this.thread, targetId);
        } else if (this.activeId === targetId) {
            await this.refreshThread();
        }
        return result;
    }

    async split(conversationIds) {
        const { activeId } = this;
        const result = await this.act("split", [activeId, conversationIds]);
        await Promise.all([
            this.refreshItems([activeId, ...(result.ids || [])]),
            this.refreshThread(),
        ]);
    }

    async setValues(values) {
        await this.call("set_values", [this.activeId, values]);
        await this.refreshCase(this.activeId);
    }

    async undo(token = this.undoToken) {
        if (!token) {
            return false;
        }
        if (token === this.undoToken) {
            this.undoToken = false;
        }
        if (token.id) {
            await this.takeBack(token);
            return true;
        }
        const result = await this.act("undo", [token]);
        await this.reload();
        if (result.ids?.length && !result.ids.includes(this.activeId)) {
            await this.open(result.ids[0]);
        } else if (this.thread) {
            await this.refreshThread();
        }
        return true;
    }

    /**
     * An answer is on its way: for a moment it can still be taken back, wherever one is by then.
     *
     * @param {{ message_id: number, send_after: string }} answer of `send`
     */
    async sent(caseId, answer) {
        // the ticket may have become part of another one while it was answered
        const [now] = answer.ids || [];
        const token = { caseId: now || caseId, id: answer.message_id };
        this.undoToken = token;
        this.notify(
            answer.is_scheduled
                ? { message: _t("Your answer leaves: %s", clock(answer.send_after)), undo: token }
                : {
                      message: _t("Your answer is on its way."),
                      undo: token,
                      until: answer.send_after,
                  }
        );
        if (now && now !== caseId && this.activeId === caseId) {
            await this.open(now);
        }
        await this.refreshCase(token.caseId);
    }

    /** An answer or a note has been written: the thread and the list show it. */
    async refreshCase(caseId) {
        await Promise.all([
            this.refreshItems([caseId]),
            this.activeId === caseId && this.refreshThread(),
        ]);
    }

    /** Retry, check, send again or cancel what was sent. */
    async messageAction(message, action) {
        const { caseId } = this.thread;
        const result = await this.call("message_action", [message.id, action]);
        if (result.draft) {
            this.composer.restore(result.draft);
        }
        await this.refreshCase(caseId);
    }

    /** What has not left yet is a draft again, open before its author. */
    async takeBack({ caseId, id }) {
        const { draft } = await this.call("message_action", [id, "cancel"]);
        this.composers.delete(caseId);
        if (this.activeId === caseId) {
            await this.refreshThread();
        } else {
            await this.open(caseId);
        }
        if (draft) {
            this.composer.restore(draft);
        }
        await this.refreshItems([caseId]);
    }

    /** Joining, not joining, and joining undone: the ticket may be another one afterwards. */
    async joinAction(method, ...args) {
        const { caseId } = this.thread;
        const result = await this.act(method, args);
        const ids = result.ids || [];
        await this.refreshItems([...new Set([caseId, ...ids])]);
        // the one that stays is named first
        if (ids.length && ids[0] !== caseId && this.activeId === caseId) {
            await this.follow(this.thread, ids[0]);
        } else if (this.activeId === caseId) {
            await this.refreshThread();
        }
    }

    async identify(method, ...args) {
        await this.act(method, args);
        await Promise.all([this.refreshItems([this.activeId]), this.refreshThread()]);
    }

    // -- marking -------------------------------------------------------------------------------

    /** @param {boolean} range everything from the last one marked on */
    toggle(id, range = false) {
        const last = this.lastToggled;
        if (range && last && this.find(last)) {
            const index = (one) => this.items.findIndex((item) => item.id === one);
            const [from, to] = [index(last), index(id)].sort((a, b) => a - b);
            this.items.slice(from, to + 1).forEach((item) => this.selected.add(item.id));
        } else if (!this.selected.delete(id)) {
            this.selected.add(id);
        }
        this.lastToggled = id;
    }

    toggleAll() {
        if (this.selected.size === this.items.length) {
            this.selected.clear();
        } else {
            this.items.forEach(({ id }) => this.selected.add(id));
        }
    }

    stop() {
        this.live.stop();
        this.leave();
    }
}
