import { reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

const POLL_MS = 10 * 60 * 1000;

/**
 * Asks the server every ten minutes whether something is wrong with the synchronisation. Only
 * operators are told; for everybody else the service asks nothing.
 */
export const watchService = {
    dependencies: ["orm"],
    start(env, { orm }) {
        const watch = reactive({ problems: [] });
        const ask = async () => {
            try {
                watch.problems = await orm.silent.call("sm.backend", "get_watch", []);
            } catch {
                // the server restarts, or the session has ended: the web client says so itself
            }
        };
        if (session.sm_is_operator) {
            ask();
            // a tab that nobody looks at asks nothing
            browser.setInterval(() => document.visibilityState === "visible" && ask(), POLL_MS);
        }
        return { watch, ask };
    },
};

registry.category("services").add("sm_watch", watchService);
