import { registry } from "@web/core/registry";

import { PASS_MARK } from "./threecx_service";

const LINK = `:is(a[href^="tel:" i], a[href^="callto:" i]):not([${PASS_MARK}])`;
/** What says which record a number belongs to; a conversation belongs to none. */
const CONTEXT = "[data-threecx-model], .o-mail-ChatWindow, .o-mail-Discuss, .o-mail-MessagingMenu";

/** The closest ancestor, also outside of the shadow or the frame in which a text is shown. */
function closest(element, selector) {
    while (element) {
        const found = element.closest(selector);
        if (found) {
            return found;
        }
        const root = element.getRootNode();
        element = root === document ? null : root.host || root.defaultView?.frameElement;
    }
    return null;
}

function linkOf(ev) {
    // no "instanceof": in a frame, elements are of other classes
    const link = ev.composedPath()[0].closest?.(LINK);
    return link && !link.isContentEditable ? link : null;
}

function numberOf(link) {
    const [, text] = /^[a-z]+:(?:\/\/)?([^;?]*)/i.exec(link.getAttribute("href"));
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

/**
 * Every `tel:` link of the page calls through 3CX: in fields, cards, previews and messages alike.
 * One listener, in the capture phase: nothing else hears the click, so that the record the number
 * stands in does not open.
 *
 * Any element may say with `data-threecx-model` and `data-threecx-id` what the numbers inside it
 * are about; otherwise it is the record of the open form.
 */
export const telLinksService = {
    dependencies: ["action", "threecx"],
    start(env, { action, threecx }) {
        if (!threecx.isEnabled) {
            return { listen() {} };
        }

        function recordOf(link) {
            const context = closest(link, CONTEXT);
            const { threecxModel: resModel, threecxId: resId } = context?.dataset || {};
            if (resModel && Number(resId)) {
                return { resModel, resId: Number(resId) };
            }
            if (context && !resModel) {
                return {};
            }
            const { props, currentState } = action.currentController || {};
            const openId = currentState?.resId || props?.resId;
            return Number.isInteger(openId) ? { resModel: props.resModel, resId: openId } : {};
        }

        function onClick(ev) {
            const link = linkOf(ev);
            // with a modifier the link is the browser's, as everywhere
            if (!link || ev.button || ev.altKey || ev.ctrlKey || ev.metaKey || ev.shiftKey) {
                return;
            }
            ev.preventDefault();
            ev.stopPropagation();
            threecx.call(numberOf(link), recordOf(link));
        }

        function onKeydown(ev) {
            // a list opens its record on Enter; on a link Enter is a click
            if (ev.key === "Enter" && linkOf(ev)) {
                ev.stopPropagation();
            }
        }

        /** @param {Document|Element} root of a page or a frame; told twice, it listens once */
        function listen(root) {
            root.addEventListener("click", onClick, { capture: true });
            root.addEventListener("keydown", onKeydown, { capture: true });
        }

        listen(document);
        return { listen };
    },
};

registry.category("services").add("threecx_tel_links", telLinksService);
