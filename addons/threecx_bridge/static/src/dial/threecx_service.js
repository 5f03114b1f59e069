import { browser } from "@web/core/browser/browser";
import { isIOS } from "@web/core/browser/feature_detection";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

const WINDOW_NAME = "threecx_webclient";
const FRAME_NAME = "threecx_tel";
const NOTICE_KEY = "threecx_bridge.notice";
/** A second click within this time is the same wish. */
const REPEAT_MS = 3000;
/** Links the operating system is to open: the listener of this page leaves them alone. */
export const PASS_MARK = "data-threecx-pass";

/**
 * Calls a number, in the way the server says is possible now: by the telephone system itself, by
 * its web client, or by the program of the computer that takes `tel:` links.
 */
export const threecxService = {
    dependencies: ["dialog", "notification", "orm"],
    start(env, { dialog, notification, orm }) {
        /** @type {Map<string, number>} when each number was last asked for */
        const asked = new Map();

        function isRepeat(number) {
            const now = Date.now();
            for (const [other, at] of asked) {
                if (now - at >= REPEAT_MS) {
                    asked.delete(other);
                }
            }
            if (asked.has(number)) {
                return true;
            }
            asked.set(number, now);
            return false;
        }

        function openWebClient(url) {
            if (!/^https?:\/\//i.test(url)) {
                return;
            }
            // one window, used again; it has to be reachable by its name, hence no "noopener"
            const opened = browser.open(url, WINDOW_NAME);
            if (opened) {
                opened.focus?.();
                return;
            }
            const close = notification.add(
                _t("Your browser kept the 3CX web client from opening. Allow pop-ups for Odoo to spare this step."),
                {
                    title: _t("One more click"),
                    type: "warning",
                    sticky: true,
                    buttons: [
                        {
                            name: _t("Call in the web client"),
                            onClick: () => {
                                close();
                                browser.open(url, WINDOW_NAME);
                            },
                        },
                    ],
                }
            );
        }

        function openTel(url) {
            if (!/^(?:tel|callto|sip):/i.test(url)) {
                return;
            }
            // A frame takes the link: in the page itself it would make forms believe that they are
            // being left, and in a new tab an empty page would stay behind. iOS knows no such
            // question, and opens nothing from a frame.
            const frame = document.createElement("iframe");
            frame.name = FRAME_NAME;
            const link = document.createElement("a");
            link.href = url;
            link.target = isIOS() ? "_self" : FRAME_NAME;
            link.setAttribute(PASS_MARK, "");
            frame.hidden = link.hidden = true;
            document.body.append(frame, link);
            link.click();
            link.remove();
            browser.setTimeout(() => frame.remove(), REPEAT_MS);
        }

        function tellOnce(notice) {
            if (notice && browser.sessionStorage.getItem(NOTICE_KEY) !== notice) {
                browser.sessionStorage.setItem(NOTICE_KEY, notice);
                notification.add(notice, { type: "info" });
            }
        }

        function confirm(message) {
            return new Promise((resolve) => {
                dialog.add(
                    ConfirmationDialog,
                    {
                        title: _t("Call anyway?"),
                        body: message || _t("This customer asked not to be called."),
                        confirmLabel: _t("Call"),
                        confirm: () => resolve(true),
                        cancelLabel: _t("Do not call"),
                        cancel: () => resolve(false),
                    },
                    { onClose: () => resolve(false) }
                );
            });
        }

        async function dial(number, options, confirmed) {
            const answer = await orm.silent.call("threecx.call", "dial", [number], {
                res_model: options.resModel || false,
                res_id: options.resId || false,
                device: options.device || false,
                confirmed,
            });
            const shown = answer.display || number;
            switch (answer.state) {
                case "confirm":
                    return (await confirm(answer.message)) ? dial(number, options, true) : answer;
                case "refused":
                    notification.add(answer.message || _t("This number cannot be called."), {
                        title: _t("Not called: %s", shown),
                        type: "danger",
                    });
                    break;
                case "server":
                    notification.add(answer.message || _t("Your telephone rings: pick it up."), {
                        title: _t("Calling %s", shown),
                        type: "info",
                    });
                    break;
                case "webclient":
                    openWebClient(answer.url);
                    break;
                case "tel":
                    openTel(answer.url);
                    break;
            }
            tellOnce(answer.notice);
            return answer;
        }

        /**
         * @param {string} number as it is written
         * @param {Object} [options]
         * @param {string} [options.resModel] record the call is about
         * @param {number} [options.resId]
         * @param {string} [options.device] other than the user's usual one
         * @returns {Promise<Object|null>} the answer of `threecx.call.dial`; null: already asked
         */
        async function call(number, options = {}) {
            number = (number || "").trim();
            if (!number || isRepeat(number)) {
                return null;
            }
            try {
                const answer = await dial(number, options, false);
                if (["refused", "confirm"].includes(answer.state)) {
                    asked.delete(number);
                }
                return answer;
            } catch (error) {
                asked.delete(number);
                throw error;
            }
        }

        return {
            call,
            get isEnabled() {
                return Boolean(session.threecx?.enabled);
            },
        };
    },
};

registry.category("services").add("threecx", threecxService);
