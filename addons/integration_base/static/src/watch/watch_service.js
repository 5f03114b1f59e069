import { reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";

/**
 * A service that asks the server from time to time whether something is wrong with an integration:
 * what is shown in the corner of whoever can put it right. For everybody else it asks nothing.
 *
 * @param {Object} options
 * @param {string} options.model its `get_watch` returns the problems, as a list of objects
 * @param {number} options.pollMs milliseconds between two questions
 * @param {() => boolean} options.isTold whether whoever is signed in is told of problems
 * @returns {Object} service: `watch.problems` is reactive, `ask` asks at once
 */
export function makeWatchService({ model, pollMs, isTold }) {
    return {
        dependencies: ["orm"],
        start(env, { orm }) {
            const watch = reactive({ problems: [] });
            const ask = async () => {
                try {
                    watch.problems = await orm.silent.call(model, "get_watch", []);
                } catch {
                    // the server restarts, or the session has ended: the web client says so itself
                }
            };
            if (isTold()) {
                ask();
                // a tab that nobody looks at asks nothing
                browser.setInterval(() => document.visibilityState === "visible" && ask(), pollMs);
            }
            return { watch, ask };
        },
    };
}
