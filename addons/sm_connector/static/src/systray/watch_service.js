import { registry } from "@web/core/registry";
import { session } from "@web/session";

import { makeWatchService } from "@integration_base/watch/watch_service";

const POLL_MS = 10 * 60 * 1000;

/** Whether something is wrong with the synchronisation; operators are told. */
export const watchService = makeWatchService({
    model: "sm.backend",
    pollMs: POLL_MS,
    isTold: () => session.sm_is_operator,
});

registry.category("services").add("sm_watch", watchService);
