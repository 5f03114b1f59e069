import { Component, useEffect, useRef } from "@odoo/owl";

import { htmlToText, textToHtml } from "../model/html_text";
import { findTrigger } from "./triggers";

/** The text of a channel that knows no form. It speaks like `RichEditor`. */
export class PlainEditor extends Component {
    static template = "omnichannel_inbox.PlainEditor";
    static props = {
        html: String,
        placeholder: String,
        api: Object,
        onChange: Function,
        onFiles: Function,
        onKeydown: Function,
        onTrigger: Function,
    };

    setup() {
        this.input = useRef("input");
        this.start = htmlToText(this.props.html);
        Object.assign(this.props.api, {
            focus: () => this.focus(),
            insert: (html) => this.insert(htmlToText(html), 0),
            replaceTrigger: (html) =>
                this.insert(htmlToText(html), findTrigger(this.before)?.length || 0),
            hasFocus: () => document.activeElement === this.input.el,
        });
        useEffect(
            () => this.grow(),
            () => []
        );
    }

    get before() {
        const { value, selectionStart } = this.input.el;
        return value.slice(0, selectionStart);
    }

    focus() {
        const { el } = this.input;
        el.focus();
        el.setSelectionRange(el.value.length, el.value.length);
    }

    insert(text, replaced) {
        const { el } = this.input;
        el.focus();
        el.setRangeText(text, el.selectionStart - replaced, el.selectionEnd, "end");
        this.onInput();
    }

    grow() {
        const { el } = this.input;
        el.style.height = "auto";
        el.style.height = `${el.scrollHeight}px`;
    }

    onInput() {
        this.grow();
        this.props.onChange(textToHtml(this.input.el.value));
        this.look();
    }

    look() {
        this.props.onTrigger(findTrigger(this.before));
    }

    onPaste(ev) {
        const files = [...ev.clipboardData.files];
        if (files.length) {
            ev.preventDefault();
            this.props.onFiles(files);
        }
    }
}
