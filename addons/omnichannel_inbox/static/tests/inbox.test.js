import { describe, expect, test } from "@odoo/hoot";
import { click, press, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";

import { contains } from "@web/../tests/web_test_helpers";

import { defineInboxModels, makeInbox, makeItem, mockServer, mountInbox } from "./omni_test_helpers";

describe.current.tags("desktop");
defineInboxModels();

test("folders, list, and nothing opened by itself", async () => {
    const calls = mockServer({
        get_inbox: () =>
            makeInbox([makeItem({ id: 1, unread: true }), makeItem({ id: 2, author: "Bob" })]),
    });
    await mountInbox();
    await animationFrame();
    expect(".o_omni_folder").toHaveCount(8);
    expect(queryAllTexts(".o_omni_who")).toEqual(["customer1@example.com", "Bob"]);
    expect(".o_omni_item:first").toHaveClass("o_omni_unread");
    expect(".o_omni_none").toHaveCount(1);
    expect(calls.of("get_thread")).toEqual([]);
});

test("a ticket opens, is read, and its answer can be written", async () => {
    const calls = mockServer({
        get_inbox: () => makeInbox([makeItem({ id: 1, unread: true }), makeItem({ id: 2 })]),
    });
    await mountInbox();
    await animationFrame();
    await click(".o_omni_item:first");
    await animationFrame();
    await animationFrame();
    expect(".o_omni_message").toHaveCount(1);
    expect(".o_omni_item:first").not.toHaveClass("o_omni_unread");
    expect(calls.of("mark_read")).toEqual([[[1]]]);
    await press("r");
    await animationFrame();
    expect(".o_omni_composer .odoo-editor-editable").toHaveCount(1);
    expect(".o_omni_composer .odoo-editor-editable").toBeFocused();
    await contains(".o_omni_tab_note").click();
    expect(".o_omni_composer").toHaveClass("o_omni_composer_note");
});
