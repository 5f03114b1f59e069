import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { Deferred } from "@odoo/hoot-mock";

import { allowTranslations } from "@web/../tests/web_test_helpers";
import { InboxModel } from "@omnichannel_inbox/model/inbox_model";
import { ThreadModel } from "@omnichannel_inbox/model/thread_model";

import { makeInbox, makeItem, makeThread } from "./omni_test_helpers";

describe.current.tags("headless");
beforeEach(allowTranslations);

test("a thread that is read twice at once: the later answer counts, and both readers go on", async () => {
    const answers = [new Deferred(), new Deferred()];
    let asked = 0;
    const thread = new ThreadModel(() => answers[asked++], 1);
    const first = thread.load();
    const second = thread.load();
    answers[1].resolve(makeThread({ item: makeItem({ name: "new" }) }));
    answers[0].resolve(makeThread({ item: makeItem({ name: "old" }) }));
    await Promise.all([first, second]);
    expect(thread.item.name).toBe("new");
});

test("a failure that comes too late is none", async () => {
    const answers = [new Deferred(), new Deferred()];
    let asked = 0;
    const thread = new ThreadModel(() => answers[asked++], 1);
    const loads = [thread.load(), thread.load()];
    answers[1].resolve(makeThread());
    answers[0].reject(new Error("too late"));
    await Promise.all(loads);
    expect(thread.status).toBe("ready");
});

test("a list that is read twice at once: whoever waits for the first goes on", async () => {
    const answers = [new Deferred(), new Deferred()];
    let asked = 0;
    const model = new InboxModel({ call: () => answers[asked++] });
    const loads = [model.load(), model.load()];
    answers[1].resolve(makeInbox([makeItem({ id: 2 })]));
    answers[0].resolve(makeInbox([makeItem({ id: 1 })]));
    await Promise.all(loads);
    expect(model.items.map(({ id }) => id)).toEqual([2]);
});
