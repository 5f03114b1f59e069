import { reactive } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { session } from "@web/session";

/**
 * What the user's extension does, and which missed calls wait for him. The page comes with it;
 * afterwards the bus tells what changes, also what changed on another computer.
 */
export const statusService = {
    dependencies: ["bus_service", "threecx"],
    start(env, { bus_service, threecx }) {
        const { extension, missed, presence } = session.threecx || {};
        const state = reactive({
            /** @type {Set<number>} */
            missed: new Set(missed || []),
            /** @type {"idle"|"ringing"|"talking"} */
            presence: presence || "idle",
        });
        if (threecx.isEnabled) {
            bus_service.subscribe("threecx_bridge/missed", ({ added, removed }) => {
                removed.forEach((id) => state.missed.delete(id));
                added.forEach((id) => state.missed.add(id));
            });
            bus_service.subscribe("threecx_bridge/presence", (told) => {
                // a user may have several: this is the one he calls with
                if (told.extension === extension) {
                    state.presence = told.state;
                }
            });
        }
        return {
            state,
            /** @param {number[]} ids as they were just read */
            setMissed(ids) {
                state.missed = new Set(ids);
            },
        };
    },
};

registry.category("services").add("threecx_status", statusService);
