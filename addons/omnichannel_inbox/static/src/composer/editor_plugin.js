import { ShortCutPlugin } from "@html_editor/core/shortcut_plugin";
import { FeffPlugin } from "@html_editor/main/feff_plugin";
import { ColorPlugin } from "@html_editor/main/font/color_plugin";
import { HintPlugin } from "@html_editor/main/hint_plugin";
import { LinkPastePlugin } from "@html_editor/main/link/link_paste_plugin";
import { LinkPlugin } from "@html_editor/main/link/link_plugin";
import { ListPlugin } from "@html_editor/main/list/list_plugin";
import { TabulationPlugin } from "@html_editor/main/tabulation_plugin";
import { Plugin } from "@html_editor/plugin";
import { CORE_PLUGINS } from "@html_editor/plugin_sets";
import { baseContainerGlobalSelector } from "@html_editor/utils/base_container";
import { isEmptyBlock } from "@html_editor/utils/dom_info";
import { parseHTML } from "@html_editor/utils/html";
import { withSequence } from "@html_editor/utils/resource";

import { findTrigger } from "./triggers";

/** Files, triggers and keys of the composer; what is written is Odoo's editor. */
export class InboxEditorPlugin extends Plugin {
    static id = "omni_inbox";
    static dependencies = ["clipboard", "delete", "dom", "hint", "history", "input", "selection"];
    static shared = ["insertAnswer", "replaceTrigger"];

    resources = {
        before_paste_handlers: (selection, ev) => this.onPaste(ev),
        bypass_paste_image_files: () => true,
        create_link_handlers: (link) => (link.target = "_blank"),
        input_handlers: () => this.look(),
        selectionchange_handlers: () => this.look(),
        hints: [
            withSequence(1, {
                selector: `.odoo-editor-editable > ${baseContainerGlobalSelector}:only-child`,
                text: this.config.placeholder,
            }),
        ],
        hint_targets_providers: (selectionData, editable) => {
            const element = editable.firstElementChild;
            const isBlank =
                editable.childNodes.length === 1 &&
                element?.matches(baseContainerGlobalSelector) &&
                isEmptyBlock(element);
            return isBlank ? [element] : [];
        },
    };

    setup() {
        const { onKeydown } = this.config.inbox;
        // before the editor's own: the arrows belong to the list that is open
        this.addDomListener(this.editable, "keydown", onKeydown, true);
    }

    /** Files become attachments; a table copied from a sheet brings a picture that nobody wants. */
    onPaste(ev) {
        const files = [...ev.clipboardData.files];
        if (files.length && !ev.clipboardData.getData("text/html")) {
            this.config.inbox.onFiles(files);
        }
    }

    /** Where one writes, as a place in a text: the editor may name the element around it. */
    caret() {
        const { anchorNode, anchorOffset, isCollapsed } =
            this.dependencies.selection.getEditableSelection();
        const inElement = anchorNode.nodeType === Node.ELEMENT_NODE && anchorOffset;
        const node = inElement ? anchorNode.childNodes[anchorOffset - 1] : anchorNode;
        const isText = isCollapsed && node?.nodeType === Node.TEXT_NODE;
        return isText ? { node, offset: inElement ? node.length : anchorOffset } : null;
    }

    before() {
        const caret = this.caret();
        return caret ? caret.node.textContent.slice(0, caret.offset) : "";
    }

    look() {
        const { documentSelectionIsInEditable } = this.dependencies.selection.getSelectionData();
        const trigger = documentSelectionIsInEditable ? findTrigger(this.before()) : null;
        this.config.inbox.onTrigger(trigger);
    }

    /** The word that opened the list makes place for what was chosen. */
    replaceTrigger(html) {
        this.dependencies.selection.focusEditable();
        const trigger = findTrigger(this.before());
        if (trigger) {
            const { node, offset } = this.caret();
            this.dependencies.selection.setSelection({
                anchorNode: node,
                anchorOffset: offset - trigger.length,
                focusNode: node,
                focusOffset: offset,
            });
            this.dependencies.delete.deleteSelection();
        }
        this.insertAnswer(html);
    }

    insertAnswer(html) {
        this.dependencies.selection.focusEditable();
        this.dependencies.dom.insert(parseHTML(this.document, DOMPurify.sanitize(html)));
        this.dependencies.history.addStep();
    }
}

export const INBOX_PLUGINS = [
    ...CORE_PLUGINS,
    ColorPlugin,
    FeffPlugin,
    HintPlugin,
    InboxEditorPlugin,
    LinkPastePlugin,
    LinkPlugin,
    ListPlugin,
    ShortCutPlugin,
    TabulationPlugin,
];
