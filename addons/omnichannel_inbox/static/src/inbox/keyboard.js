import { useExternalListener } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

const EDITABLE = "input, textarea, select, [contenteditable='true'], .odoo-editor-editable";
const OVERLAYS = ".o-dropdown--menu, .o_popover, .o-overlay-item .popover, .modal";

export function keyHelp() {
    return [
        ["j", _t("Next ticket")],
        ["k", _t("Previous ticket")],
        ["r", _t("Reply")],
        ["n", _t("Internal note")],
        ["a", _t("Assign")],
        ["s", _t("Snooze")],
        ["e", _t("Close")],
        ["x", _t("Select")],
        ["u", _t("Undo")],
        ["/", _t("Search")],
        ["Ctrl + Enter", _t("Send")],
        ["::", _t("Canned answer, while writing")],
        ["Esc", _t("Leave what one is in")],
        ["?", _t("This help")],
    ];
}

function isTyping(target) {
    return Boolean(target?.closest?.(EDITABLE)) || Boolean(target?.isContentEditable);
}

/**
 * One key, one command; never while somebody types, a menu is open or a dialog waits.
 *
 * @param {Object<string, () => any>} bindings by key
 * @returns {(ev: KeyboardEvent) => void} to be given the keys that a frame swallows
 */
export function useKeyboard(bindings) {
    const ui = useService("ui");

    function onKeydown(ev) {
        if (
            ev.defaultPrevented ||
            ev.ctrlKey ||
            ev.metaKey ||
            ev.altKey ||
            ev.isComposing ||
            ev.repeat ||
            isTyping(ev.target) ||
            ui.isBlocked ||
            ui.activeElement !== document ||
            document.querySelector(OVERLAYS)
        ) {
            return;
        }
        // letters are the same with the caps lock on, "?" and "/" need shift on many keyboards
        const key = ev.key.length === 1 ? ev.key.toLowerCase() : ev.key;
        const command = bindings[key];
        if (command && !(ev.shiftKey && /^[a-z]$/.test(key))) {
            ev.preventDefault();
            command();
        }
    }

    useExternalListener(window, "keydown", onKeydown);
    return onKeydown;
}
