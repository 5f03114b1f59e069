import { Component, useEffect, useRef, useState } from "@odoo/owl";

import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";

import { Composer } from "../composer/composer";
import { ThreadHeader } from "./header";
import { Message } from "./message";
import { Strips } from "./strips";

/** How near to the end one has to be to be taken there by a new message (pixels). */
const AT_END = 120;

/** The open ticket: what can be done with it, what was said, and the answer. */
export class Thread extends Component {
    static template = "omnichannel_inbox.Thread";
    static components = { Composer, Message, Strips, ThreadHeader };
    static props = {
        model: Object,
        commands: Object,
        onMerge: Function,
        onKeydown: Function,
        onBack: { type: Function, optional: true },
        onSide: { type: Function, optional: true },
        isSideOpen: { type: Boolean, optional: true },
    };

    setup() {
        this.scroll = useRef("scroll");
        this.state = useState({ hasNew: false });
        this.assignState = useDropdownState();
        this.snoozeState = useDropdownState();
        Object.assign(this.props.commands, {
            assign: () => this.assignState.open(),
            snooze: () => this.snoozeState.open(),
        });
        this.isAtEnd = true;
        useEffect(
            () => {
                this.isAtEnd = true;
                this.state.hasNew = false;
            },
            () => [this.thread.caseId]
        );
        useEffect(
            (last, isReady) => this.place(last, isReady),
            () => [this.thread.messages.at(-1)?.key, this.thread.isReady, this.thread.caseId]
        );
        // frames grow when they are loaded, and a composer takes room: whoever is at the end stays
        useEffect(
            (list) => {
                if (!list) {
                    return;
                }
                const observer = new ResizeObserver(() => this.isAtEnd && this.toEnd());
                observer.observe(list);
                observer.observe(list.parentElement);
                return () => observer.disconnect();
            },
            () => [this.scroll.el?.firstElementChild]
        );
    }

    get thread() {
        return this.props.model.thread;
    }

    get showChannel() {
        return this.thread.conversations.length > 1;
    }

    /** Where to look after messages have come: the end, or where one was with a word of the news. */
    place(last, isReady) {
        const { el } = this.scroll;
        if (!el || !isReady) {
            return;
        }
        const sameThread = this.placed?.caseId === this.thread.caseId;
        if (!sameThread || this.isAtEnd) {
            this.toEnd();
        } else if (last !== this.placed.last) {
            this.state.hasNew = true;
        }
        this.placed = { caseId: this.thread.caseId, last };
    }

    toEnd() {
        const { el } = this.scroll;
        if (el) {
            el.scrollTop = el.scrollHeight;
            this.state.hasNew = false;
        }
    }

    /** The browser keeps what is on the screen in its place, unless that is the very top. */
    async loadOlder() {
        this.isAtEnd = false;
        const { el } = this.scroll;
        el.scrollTop = Math.max(el.scrollTop, 1);
        await this.thread.loadOlder();
    }

    onScroll() {
        const { el } = this.scroll;
        this.isAtEnd = el.scrollHeight - el.scrollTop - el.clientHeight < AT_END;
        if (this.isAtEnd) {
            this.state.hasNew = false;
        }
    }
}
