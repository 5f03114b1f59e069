import { reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

export const POLL_MS = 2 * 60 * 1000;

/**
 * Asks the server every two minutes whether something is wrong with the channels. Only leaders and
 * administrators are told; for everybody else the service asks nothing.
 */
export const watchService = {
    dependencies: ["orm"],
    start(env, { orm }) {
        const watch = reactive({ problems: [] });
        const ask = async () => {
            try {
                watch.problems = await orm.silent.call("omni.channel", "get_watch", []);
            } catch {
                // the server restarts, or the session has ended: the web client says so itself
            }
        };
        if (session.omni_is_leader) {
            ask();
            // a tab that nobody looks at asks nothing
            browser.setInterval(() => document.visibilityState === "visible" && ask(), POLL_MS);
        }
        return { watch, ask };
    },
};

registry.category("services").add("omni_watch", watchService);
