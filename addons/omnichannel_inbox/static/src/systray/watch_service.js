import { registry } from "@web/core/registry";
import { session } from "@web/session";

import { makeWatchService } from "@integration_base/watch/watch_service";

export const POLL_MS = 2 * 60 * 1000;

/** Whether something is wrong with the channels; leaders and administrators are told. */
export const watchService = makeWatchService({
    model: "omni.channel",
    pollMs: POLL_MS,
    isTold: () => session.omni_is_leader,
});

registry.category("services").add("omni_watch", watchService);
