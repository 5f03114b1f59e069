import { reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

import { TabOwner } from "./tab_owner";

const MAX_CALLS = 3;
/** How long the end of a call that asks for nothing stays readable. */
const LINGER_MS = 6000;
const MODEL = "threecx.call";

/**
 * The calls of the user that are going on, as the server tells them by the bus, and what can be
 * done with them. Every tab knows them all; `isOwner` says whether this one shows them.
 *
 * @typedef {Object} Entry one call on the screen
 * @property {Object} data payload of the server
 * @property {boolean} isOpen unfolded; the others show their head only
 * @property {boolean} isHidden put away by the user, until there is something to wrap up
 * @property {boolean} isOnPage shown by a page of its own, hence in no corner
 * @property {{ note: string, date: string }} draft what was typed for the wrap-up
 */
export const callsService = {
    dependencies: ["bus_service", "mail.store", "orm", "threecx"],
    start(env, { bus_service, "mail.store": store, orm, threecx }) {
        const state = reactive({ entries: [], isOwner: false });
        if (!threecx.isEnabled) {
            return { state };
        }
        const timers = new Map();
        const owner = new TabOwner(state, {
            isKnown: (key) => Boolean(find(key)),
            onHidden: putAway,
            onDone: remove,
        });

        function find(key) {
            return state.entries.find((entry) => entry.data.key === key);
        }

        function makeEntry(data) {
            return {
                data,
                isOpen: false,
                isHidden: false,
                isOnPage: false,
                draft: { note: "", date: "" },
            };
        }

        function open(entry) {
            for (const other of state.entries) {
                other.isOpen = other.data.key === entry.data.key;
            }
            entry.isHidden = false;
        }

        function putAway(key) {
            const entry = find(key);
            if (entry) {
                entry.isHidden = true;
            }
        }

        function remove(key) {
            browser.clearTimeout(timers.get(key));
            timers.delete(key);
            const index = state.entries.findIndex((entry) => entry.data.key === key);
            if (index >= 0) {
                state.entries.splice(index, 1);
            }
        }

        /** Room for one more: what was put away goes first, then what is over, then the oldest. */
        function makeRoom() {
            while (state.entries.length >= MAX_CALLS) {
                const hidden = state.entries.findLast(({ isHidden }) => isHidden);
                const over = state.entries.findLast(({ data }) => data.state === "ended");
                remove((hidden || over || state.entries.at(-1)).data.key);
            }
        }

        function removeLater(key) {
            browser.clearTimeout(timers.get(key));
            timers.set(
                key,
                browser.setTimeout(() => remove(key), LINGER_MS)
            );
        }

        function isOver(data) {
            return ["ended", "attempted"].includes(data.state) && !data.wrap_up;
        }

        /** A number that rings without a call being known has no revisions: it rings again. */
        function isNews(data, known) {
            return data.id
                ? data.revision > known.revision || !known.id
                : data.started > known.started;
        }

        /** The line and the activity of a call, in the chatter that the user has before him. */
        async function refreshChatter({ partner, record }) {
            const places = [partner && { model: "res.partner", id: partner.id }, record];
            for (const { model, id } of places.filter(Boolean)) {
                const thread = store.Thread.get({ model, id });
                if (thread?.isLoaded) {
                    // the line may be there already, and say more now; one reading at a time
                    await thread.fetchMessages();
                    await thread.fetchThreadData(["activities", "messages"]);
                }
            }
        }

        /** @param {Object} data payload; older than what is known, or known already: ignored */
        function receive(data) {
            let entry = find(data.key) || (data.pop_key && find(data.pop_key));
            if (entry && !isNews(data, entry.data)) {
                owner.announce(data.key);
                return entry;
            }
            if (entry && entry.data.wrap_up && isOver(data)) {
                // wrapped up elsewhere: on another computer, or before this page was opened
                entry.data = data;
                remove(data.key);
                return entry;
            }
            if (entry) {
                const asksAnew = (data.wrap_up && !entry.data.wrap_up) || !data.id;
                entry.data = data;
                if (asksAnew) {
                    open(entry);
                }
            } else if (isOver(data)) {
                return null;
            } else {
                makeRoom();
                state.entries.unshift(makeEntry(data));
                entry = state.entries[0];
                // who is busy with another call is not disturbed: this one comes folded
                const isBusy = document.activeElement?.closest(".o_threecx_popup");
                if (!isBusy || state.entries.length === 1) {
                    open(entry);
                }
            }
            if (isOver(data)) {
                removeLater(data.key);
            }
            if (data.state === "ended") {
                refreshChatter(data);
            }
            owner.announce(data.key);
            return entry;
        }

        /** What goes on, or waits for a word, while this page is opened or loaded anew. */
        async function restore() {
            const calls = await orm.silent.call(MODEL, "open_popups", []);
            calls.forEach(receive);
        }

        function hide(entry) {
            putAway(entry.data.key);
            owner.post({ type: "hidden", key: entry.data.key });
        }

        function done(key) {
            remove(key);
            owner.post({ type: "done", key });
        }

        /**
         * A call known only from the page the 3CX client opened becomes a call of the database as
         * soon as somebody does something with it.
         */
        async function idOf(entry) {
            const { id, key, number, caller_name } = entry.data;
            if (id) {
                return id;
            }
            const callId = await orm.call(MODEL, "from_pop", [number, caller_name || ""]);
            owner.post({ type: "done", key });
            entry.data.id = callId;
            return callId;
        }

        async function act(entry, method, ...args) {
            const id = await idOf(entry);
            await orm.call(MODEL, method, [[id], ...args]);
            return id;
        }

        /** Do something with the call, then show what it has become. */
        async function change(entry, method, ...args) {
            const id = await act(entry, method, ...args);
            const data = await orm.call(MODEL, "popup_data", [[id]]);
            if (data.key !== entry.data.key) {
                // the bus may have been quicker, under the key the call has now
                remove(data.key);
            }
            entry.data = data;
        }

        bus_service.subscribe("threecx_bridge/call", receive);
        bus_service.start();
        if (session.threecx.calls) {
            restore();
        }

        return {
            state,
            receive,
            makeEntry,
            open,
            hide,
            linkRecord: (entry, model, id) => change(entry, "link_record", model, id),
            createContact: (entry, name) => change(entry, "create_contact", name),
            /** @returns {Promise<{ state: "done"|"refused", message: string|false }>} */
            control: (entry, action, destination = false) =>
                orm.call(MODEL, "control", [[entry.data.id], action, destination]),
            searchRecords(entry, text) {
                const { id } = entry.data;
                return orm.silent.call(MODEL, "search_records", [id ? [id] : [], text]);
            },
            async wrapUp(entry, result, note, callback) {
                const { key } = entry.data;
                await act(entry, "wrap_up", result, note || false, callback || false);
                entry.data.wrap_up = false;
                done(key);
                refreshChatter(entry.data);
            },
            async dismiss(entry) {
                const { id, key, wrap_up } = entry.data;
                if (id && wrap_up) {
                    await orm.silent.call(MODEL, "dismiss_wrap_up", [[id]]);
                }
                entry.data.wrap_up = false;
                done(key);
            },
        };
    },
};

registry.category("services").add("threecx_calls", callsService);
