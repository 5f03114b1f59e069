import { Component, markup, onWillUnmount } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { Wysiwyg } from "@html_editor/wysiwyg";

import { INBOX_PLUGINS } from "./editor_plugin";

const BLANK = "<p><br></p>";

/**
 * The text with its form: Odoo's editor, with as little as a letter needs.
 *
 * It starts with `html` and tells `onChange`; another `t-key` makes it start anew.
 */
export class RichEditor extends Component {
    static template = "omnichannel_inbox.RichEditor";
    static components = { Wysiwyg };
    static props = {
        html: String,
        placeholder: String,
        api: Object,
        showFormats: { type: Boolean, optional: true },
        onChange: Function,
        onFiles: Function,
        onKeydown: Function,
        onTrigger: Function,
    };

    setup() {
        const { api } = this.props;
        Object.assign(api, {
            focus: () => this.focus(),
            insert: (html) => this.editor?.shared.omni_inbox.insertAnswer(html),
            replaceTrigger: (html) => this.editor?.shared.omni_inbox.replaceTrigger(html),
            hasFocus: () => Boolean(this.editor?.editable?.contains(document.activeElement)),
        });
        onWillUnmount(() => {
            this.editor = null;
        });
        this.config = {
            // markup: it is cleaned here, whatever the server has made of it
            content: markup(DOMPurify.sanitize(this.props.html || BLANK)),
            placeholder: this.props.placeholder,
            Plugins: INBOX_PLUGINS,
            classList: ["o_omni_editable"],
            baseContainers: ["P"],
            onChange: () => this.editor && this.props.onChange(this.editor.getContent()),
            inbox: {
                onFiles: (files) => this.props.onFiles(files),
                onKeydown: (ev) => this.props.onKeydown(ev),
                onTrigger: (trigger) => this.props.onTrigger(trigger),
            },
        };
    }

    get formats() {
        return [
            { command: "formatBold", icon: "fa-bold", title: _t("Bold") },
            { command: "formatItalic", icon: "fa-italic", title: _t("Italic") },
            { command: "formatUnderline", icon: "fa-underline", title: _t("Underline") },
            { command: "toggleListUL", icon: "fa-list-ul", title: _t("Bullets") },
            { command: "toggleListOL", icon: "fa-list-ol", title: _t("Numbers") },
            { command: "openLinkTools", icon: "fa-link", title: _t("Link") },
            { command: "removeFormat", icon: "fa-eraser", title: _t("Without form") },
        ];
    }

    onLoad(editor) {
        this.editor = editor;
    }

    focus() {
        const { selection } = this.editor?.shared || {};
        if (selection) {
            selection.focusEditable();
            selection.setCursorEnd(this.editor.editable.lastElementChild || this.editor.editable);
        }
    }

    run(command) {
        this.editor.shared.selection.focusEditable();
        this.editor.shared.userCommand.getCommand(command).run();
    }
}
