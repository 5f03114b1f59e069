import { Component, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";

import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";

import { Composer } from "../composer/composer";
import { ThreadHeader } from "./header";
import { Message } from "./message";

/** How near to the end one has to be to be taken there by a new message (pixels). */
const AT_END = 120;

/** The open ticket: what can be done with it, what was said, and the answer. */
export class Thread extends Component {
    static template = "omnichannel_inbox.Thread";
    static components = { Composer, Message, ThreadHeader };
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
        onWillUpdateProps(() => {
            const { el } = this.scroll;
            this.height = el?.scrollHeight || 0;
        });
        useEffect(
            () => {
                this.isAtEnd = true;
                this.state.hasNew = false;
            },
            () => [this.thread.caseId]
        );
        useEffect(
            (last, first, isReady) => this.place(last, first, isReady),
            () => [this.thread.messages.at(-1)?.key, this.thread.messages[0]?.key, this.thread.isReady]
        );
        // frames grow when they are loaded: whoever is at the end stays there
        useEffect(
            (list) => {
                if (!list) {
                    return;
                }
                const observer = new ResizeObserver(() => this.isAtEnd && this.toEnd());
                observer.observe(list);
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

    /** Where to look after messages have come: the end, the news, or where one was. */
    place(last, first, isReady) {
        const { el } = this.scroll;
        if (!el || !isReady) {
            return;
        }
        const sameThread = this.placed?.caseId === this.thread.caseId;
        if (!sameThread || this.isAtEnd) {
            this.toEnd();
        } else if (first !== this.placed.first && last === this.placed.last) {
            // older ones were put above
            el.scrollTop += el.scrollHeight - this.placed.height;
        } else if (last !== this.placed.last) {
            this.state.hasNew = true;
        }
        this.placed = { caseId: this.thread.caseId, first, last, height: el.scrollHeight };
    }

    toEnd() {
        const { el } = this.scroll;
        el.scrollTop = el.scrollHeight;
        this.state.hasNew = false;
    }

    onScroll() {
        const { el } = this.scroll;
        this.isAtEnd = el.scrollHeight - el.scrollTop - el.clientHeight < AT_END;
        if (this.isAtEnd) {
            this.state.hasNew = false;
        }
        if (this.placed) {
            this.placed.height = el.scrollHeight;
        }
    }
}
