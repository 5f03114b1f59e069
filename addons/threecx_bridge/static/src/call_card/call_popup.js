import {
    Component,
    onMounted,
    onPatched,
    onWillUnmount,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { useCommand } from "@web/core/commands/command_hook";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

import { nameOf, phaseText } from "../calls/call_text";
import { CallCard } from "./call_card";
import { findCorner } from "./placement";

const TYPED_IN = "input, textarea, select, [contenteditable='true'], .o_input";
const OVERLAYS = ".o_dialog, .o_popover, .o-dropdown--menu, .o_command_palette";
const SMALL = "o_threecx_popup_small";

/**
 * The calls of the user, in a corner. It never takes the focus, and gives way to what the user
 * types in: another corner, and where there is none only the heads of the calls.
 */
export class CallPopup extends Component {
    static template = "threecx_bridge.CallPopup";
    static components = { CallCard };
    static props = {};

    setup() {
        this.calls = useService("threecx_calls");
        this.data = useState(this.calls.state);
        this.rootRef = useRef("root");
        this.corner = "bottom-end";
        this.frame = null;
        const placeSoon = () => {
            if (this.rootRef.el) {
                this.frame ??= browser.requestAnimationFrame(() => {
                    this.frame = null;
                    this.place();
                });
            }
        };
        useExternalListener(document, "focusin", placeSoon);
        useExternalListener(document, "focusout", placeSoon);
        useExternalListener(document, "input", placeSoon);
        useExternalListener(window, "resize", placeSoon);
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
        onMounted(() => this.place());
        onPatched(() => this.place());
        onWillUnmount(() => browser.cancelAnimationFrame(this.frame));
        useCommand(_t("Telephone: go to the call"), () => this.focusFirst(), {
            global: true,
            hotkey: "alt+shift+p",
            hotkeyOptions: { bypassEditableProtection: true },
            isAvailable: () => this.entries.length > 0,
        });
    }

    get entries() {
        const { entries, isOwner } = this.data;
        return isOwner ? entries.filter(({ isHidden, isOnPage }) => !isHidden && !isOnPage) : [];
    }

    /** What a screen reader says: who, and what happens; not the seconds. */
    get announcement() {
        const [entry] = this.entries;
        return entry ? `${phaseText(entry.data)}: ${nameOf(entry.data)}` : "";
    }

    /** What the user types in, if anything, and not in a call. */
    get typedIn() {
        const active = document.activeElement;
        const inside = this.rootRef.el?.contains(active);
        return active?.matches(TYPED_IN) && !inside ? active.getBoundingClientRect() : null;
    }

    /** Written to the page at once, before it is drawn: a call never appears and then jumps. */
    place() {
        const root = this.rootRef.el;
        if (!root) {
            return;
        }
        root.classList.remove(SMALL);
        const { width, height } = root.getBoundingClientRect();
        const navbar = document.querySelector(".o_main_navbar")?.getBoundingClientRect();
        const corner = findCorner({
            current: this.corner,
            size: { width, height },
            area: {
                left: 0,
                top: navbar?.bottom || 0,
                right: window.innerWidth,
                bottom: window.innerHeight,
                isRtl: localization.direction === "rtl",
            },
            focus: this.typedIn,
        });
        this.corner = corner || this.corner;
        root.dataset.corner = this.corner;
        root.classList.toggle(SMALL, !corner);
    }

    focusFirst() {
        this.rootRef.el?.querySelector("button").focus();
    }

    hideFirst() {
        const entry = this.entries.find(({ isOpen }) => isOpen) || this.entries[0];
        this.calls.hide(entry);
    }

    onKeydown(ev) {
        if (ev.key !== "Escape" || ev.defaultPrevented || !this.entries.length) {
            return;
        }
        // somewhere else Escape belongs to what is there: an input, a dialog, a menu
        if (document.activeElement === document.body && !document.querySelector(OVERLAYS)) {
            this.hideFirst();
        }
    }

    onInnerKeydown(ev) {
        if (ev.key === "Escape") {
            ev.stopPropagation();
            this.hideFirst();
        }
    }
}

registry
    .category("main_components")
    .add("threecx_bridge.CallPopup", { Component: CallPopup }, { sequence: 90 });
