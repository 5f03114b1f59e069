import { Component, useEffect, useRef, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { useDebounced } from "@web/core/utils/timing";

import { BulkBar } from "./bulk_bar";
import { Item } from "./item";

/** What an empty folder says, and what to do about it. */
function emptyText(folder) {
    switch (folder) {
        case "mine":
            return [
                _t("Nothing is waiting for you."),
                _t("What nobody has taken yet is in “Unassigned”."),
            ];
        case "unassigned":
            return [_t("Everything has been taken."), ""];
        case "team":
            return [_t("Your teams have nothing open."), ""];
        case "waiting":
            return [_t("No customer owes us an answer."), ""];
        case "snoozed":
            return [
                _t("Nothing is snoozed."),
                _t("Snooze a ticket to have it back when it is time."),
            ];
        case "scheduled":
            return [
                _t("No answer is to leave later."),
                _t("The clock beside “Send” has one leave when you say."),
            ];
        case "done":
            return [_t("Nothing has been closed yet."), ""];
        case "spam":
            return [_t("No spam."), ""];
        default:
            return [
                _t("There are no tickets yet."),
                _t("They come by themselves when a customer writes."),
            ];
    }
}

/** The tickets of a folder, with search, order and what can be done with several of them. */
export class TicketList extends Component {
    static template = "omnichannel_inbox.TicketList";
    static components = { BulkBar, Dropdown, DropdownItem, Item };
    static props = {
        model: Object,
        commands: Object,
        onOpen: Function,
        onMerge: Function,
        onFolders: { type: Function, optional: true },
    };

    setup() {
        this.root = useRef("list");
        this.input = useRef("search");
        this.end = useRef("end");
        /** Where one was when one began to look for something. */
        this.origin = null;
        this.state = useState({ text: this.model.search });
        this.props.commands.search = () => this.focusSearch();
        this.searchLater = useDebounced(() => this.search(), 300);
        useEffect(
            (search) => {
                if (!search) {
                    // a folder was chosen instead
                    this.state.text = "";
                    this.origin = null;
                }
            },
            () => [this.model.search]
        );
        // more of them when the end comes near
        useEffect(
            (end) => {
                if (!end) {
                    return;
                }
                const observer = new IntersectionObserver(
                    ([entry]) => entry.isIntersecting && this.model.loadMore(),
                    { root: this.root.el, rootMargin: "400px 0px" }
                );
                observer.observe(end);
                return () => observer.disconnect();
            },
            () => [this.end.el, this.model.items.length]
        );
        useEffect(
            (id) => {
                if (id) {
                    const row = this.root.el.querySelector(`[data-id="${id}"]`);
                    row?.scrollIntoView({ block: "nearest" });
                }
            },
            () => [this.model.activeId]
        );
    }

    get model() {
        return this.props.model;
    }

    get orders() {
        return [
            { key: "newest", label: _t("Newest first") },
            { key: "oldest", label: _t("Oldest first") },
            { key: "priority", label: _t("Most urgent first") },
        ];
    }

    get orderLabel() {
        const { actualOrder } = this.model;
        return this.orders.find(({ key }) => key === actualOrder)?.label || _t("Soonest first");
    }

    get total() {
        const { total } = this.model;
        return total > 10_000 ? _t("more than 10,000") : total;
    }

    get title() {
        return this.model.folders.find(({ key }) => key === this.model.folder)?.name || "";
    }

    get channel() {
        return this.model.channels.find(({ id }) => id === this.model.channelId);
    }

    get empty() {
        if (this.model.search) {
            return [
                _t("Nothing is found for “%s”.", this.model.search),
                _t("Names, addresses, order numbers and words of the messages are looked for."),
            ];
        }
        return emptyText(this.model.folder);
    }

    /** What nobody has taken yet, to whoever has nothing left to do. */
    get unassigned() {
        const { folder, folders, search } = this.model;
        const isDone = folder === "mine" && !search;
        return (isDone && folders.find(({ key }) => key === "unassigned")?.count) || 0;
    }

    get unassignedText() {
        return _t("Look at what is unassigned (%s)", this.unassigned);
    }

    focusSearch() {
        this.input.el?.focus();
        this.input.el?.select();
    }

    search() {
        const search = this.state.text.trim();
        if (search === this.model.search) {
            return;
        }
        const { folder, channelId } = this.model;
        const view = { search };
        if (!this.model.search && (folder !== "all" || channelId)) {
            // what one looks for is rarely where one is
            this.origin = { folder, channelId };
            Object.assign(view, { folder: "all", channelId: false });
        } else if (!search && this.origin) {
            if (folder === "all" && !channelId) {
                Object.assign(view, this.origin);
            }
            this.origin = null;
        }
        this.model.show(view);
    }

    searchEverywhere() {
        this.model.show({ folder: "all", channelId: false });
    }

    clear() {
        this.state.text = "";
        this.search();
        this.input.el?.focus();
    }

    onSearchKeydown(ev) {
        if (ev.key === "Escape") {
            ev.stopPropagation();
            if (this.state.text) {
                this.clear();
            } else {
                this.input.el.blur();
            }
        } else if (ev.key === "Enter") {
            this.search();
        }
    }
}
