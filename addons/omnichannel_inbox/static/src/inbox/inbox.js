import { Component, onMounted, onWillStart, onWillUnmount, useEffect, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useBus, useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { NewMessageDialog } from "../composer/new_message_dialog";
import { uploadFile } from "../composer/upload";
import { Side } from "../customer/side";
import { Folders } from "../folders/folders";
import { TicketList } from "../list/list";
import { InboxModel } from "../model/inbox_model";
import { parse } from "../model/times";
import { MergeDialog } from "../thread/merge_dialog";
import { Thread } from "../thread/thread";
import { HelpDialog } from "./help_dialog";
import { useKeyboard } from "./keyboard";

const TICK_MS = 30_000;
const PRESENCE_MS = 25_000;
/** From here on all four panes have room (pixels). */
const WIDE_ENOUGH = 1200;
const CHANGED = "omnichannel_inbox/changed";
const PRESENCE = "omnichannel_inbox/presence";

/**
 * The inbox: folders, tickets, the conversation and the customer. On a telephone one of them at a
 * time.
 */
export class Inbox extends Component {
    static template = "omnichannel_inbox.Inbox";
    static components = { Folders, Side, Thread, TicketList };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.bus = useService("bus_service");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.title = useService("title");
        this.ui = useState(useService("ui"));
        this.storageKey = `omnichannel_inbox.view.${user.userId}`;
        this.model = useState(
            new InboxModel({
                call: (method, args = []) => this.orm.silent.call("omni.inbox", method, args),
                notify: (result) => this.notify(result),
                upload: uploadFile,
                view: this.rememberedView(),
            })
        );
        /** @type {"list"|"thread"|"side"} which pane a telephone shows */
        this.state = useState({
            pane: "list",
            showFolders: false,
            isSideOpen: browser.innerWidth >= WIDE_ENOUGH,
        });
        /** What panes offer to keys. */
        this.commands = {};
        this.timers = [];
        this.onChanged = ({ ids }) => this.model.changed(ids);
        this.onPresence = (presence) => this.model.hear(presence);
        this.onKeydown = useKeyboard(this.bindings);
        useSetupAction({
            getLocalState: () => ({ view: this.model.view, search: this.model.search }),
            beforeVisibilityChange: () => this.onVisibilityChange(),
            beforeUnload: () => this.flush(),
        });
        onWillStart(() => {
            // not awaited: the panes are there at once and fill when the answers come
            this.start();
        });
        onMounted(() => this.listen());
        onWillUnmount(() => this.unlisten());
        useBus(this.bus, "BUS:RECONNECT", () => this.model.refresh());
        useEffect(
            (id) => {
                this.props.updateActionState?.({ resId: id });
            },
            () => [this.model.activeId]
        );
        useEffect(
            (count) => {
                this.title.setCounters({ omnichannel_inbox: count });
            },
            () => [this.model.attention]
        );
        useEffect(
            (folder, order, channelId) => {
                const view = JSON.stringify({ folder, order, channelId });
                browser.localStorage.setItem(this.storageKey, view);
            },
            () => [this.model.folder, this.model.order, this.model.channelId]
        );
        useEffect(
            (isSmall, id) => {
                if (isSmall) {
                    this.state.pane = id ? "thread" : "list";
                }
            },
            () => [this.ui.isSmall, this.model.activeId]
        );
    }

    // -- life ----------------------------------------------------------------------------------

    /** Where one was: on the way back from a record, else the last time. */
    rememberedView() {
        if (this.props.state?.view) {
            return this.props.state.view;
        }
        try {
            return JSON.parse(browser.localStorage.getItem(this.storageKey)) || {};
        } catch {
            return {};
        }
    }

    start() {
        this.model.search = this.props.state?.search || "";
        this.model.load();
        const { resId } = this.props;
        if (resId) {
            this.model.open(resId);
        }
    }

    listen() {
        this.bus.subscribe(CHANGED, this.onChanged);
        this.bus.subscribe(PRESENCE, this.onPresence);
        this.bus.start();
        this.timers = [
            browser.setInterval(() => this.model.tick(), TICK_MS),
            browser.setInterval(() => this.sayThatWeAreHere(), PRESENCE_MS),
        ];
    }

    unlisten() {
        this.bus.unsubscribe(CHANGED, this.onChanged);
        this.bus.unsubscribe(PRESENCE, this.onPresence);
        this.timers.forEach((timer) => browser.clearInterval(timer));
        this.title.setCounters({ omnichannel_inbox: 0 });
        this.model.stop();
    }

    sayThatWeAreHere() {
        if (!document.hidden && this.model.thread?.isReady) {
            this.model.announce(Boolean(this.commands.isTyping?.()));
        }
    }

    flush() {
        this.model.composers.forEach((composer) => composer.flush());
    }

    onVisibilityChange() {
        if (document.hidden) {
            this.flush();
        } else if (this.model.thread?.isReady) {
            this.model.announce(false);
            this.model.markRead();
        }
    }

    notify({ message, undo, until }) {
        const buttons = [];
        if (undo) {
            buttons.push({
                name: _t("Undo"),
                onClick: () => {
                    close();
                    this.model.undo(undo);
                },
            });
        }
        const close = this.notification.add(message, {
            type: "info",
            className: "o_omni_toast",
            autocloseDelay: until ? this.millisecondsTo(until) : undo ? 8000 : 4000,
            buttons,
        });
    }

    /** As long as something can be taken back, and long enough to be read. */
    millisecondsTo(moment) {
        return Math.max(3000, parse(moment).diffNow().as("milliseconds"));
    }

    // -- panes ---------------------------------------------------------------------------------

    get isSmall() {
        return this.ui.isSmall;
    }

    shows(pane) {
        return !this.isSmall || this.state.pane === pane;
    }

    get hasSide() {
        const { thread } = this.model;
        return (
            thread?.isReady && (this.isSmall ? this.state.pane === "side" : this.state.isSideOpen)
        );
    }

    open(id) {
        this.state.pane = "thread";
        return this.model.open(id);
    }

    back() {
        this.state.pane = "list";
        this.model.close();
    }

    toggleSide() {
        if (this.isSmall) {
            this.state.pane = this.state.pane === "side" ? "thread" : "side";
        } else {
            this.state.isSideOpen = !this.state.isSideOpen;
        }
    }

    show(view) {
        this.state.showFolders = false;
        const isFolder = "folder" in view;
        return this.model.show(isFolder ? { ...view, search: "" } : view);
    }

    compose() {
        this.dialog.add(NewMessageDialog, {
            model: this.model,
            onSent: async (answer) => {
                await this.open(answer.case_id);
                await this.model.sent(answer.case_id, answer);
            },
        });
    }

    merge(ids) {
        this.dialog.add(MergeDialog, { model: this.model, ids });
    }

    // -- keys ----------------------------------------------------------------------------------

    get bindings() {
        const { model } = this;
        const ready = (command) => () => model.thread?.isReady && command();
        const compose = (mode) => ready(() => this.commands.write?.(mode));
        return {
            j: () => model.openNext(1),
            k: () => model.openNext(-1),
            r: compose("reply"),
            n: compose("note"),
            a: ready(() => this.commands.assign?.()),
            s: ready(() => this.commands.snooze?.()),
            e: () => model.targets.length && model.closeCases(),
            x: () => model.activeId && model.find(model.activeId) && model.toggle(model.activeId),
            u: () => model.undo(),
            "/": () => {
                this.state.pane = "list";
                this.commands.search?.();
            },
            "?": () => this.dialog.add(HelpDialog, {}),
            Escape: () => model.selected.clear(),
        };
    }
}

registry.category("actions").add("omnichannel_inbox.inbox", Inbox);
